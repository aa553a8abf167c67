"""Runs the cases of a test program and writes one entry for each, as scripts/summarize_tests.py reads them."""

import argparse
import os
import sys
import unittest
import xml.etree.ElementTree as ElementTree

options = None


class Record(unittest.TextTestResult):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.cases = {}

    def addSuccess(self, test):
        super().addSuccess(test)
        self.cases.setdefault(test.id(), "")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.cases[test.id()] = self._exc_info_to_string(error, test)

    def addError(self, test, error):
        super().addError(test, error)
        self.cases[test.id()] = self._exc_info_to_string(error, test)


def main(usage):
    global options
    parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--junit")
    parser.add_argument("names", nargs="*", help="only cases whose name holds one of these")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("these tests start Slurm, mount and make networks: run them as root")
    sys.modules["runner"].options = options  # also where this file is the program
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    cases = [case for group in suite for case in group
             if not options.names or any(name in case.id() for name in options.names)]
    result = unittest.TextTestRunner(resultclass=Record, verbosity=2).run(unittest.TestSuite(cases))
    if options.junit:
        root = ElementTree.Element("testsuite")
        for name, problem in result.cases.items():
            case = ElementTree.SubElement(root, "testcase", name=name)
            if problem:
                ElementTree.SubElement(case, "failure", message=problem)
        ElementTree.ElementTree(root).write(options.junit)
    sys.exit(0 if result.wasSuccessful() and result.cases else 1)
