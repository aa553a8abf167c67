"""Keeps how each case of a Python test program ended, as scripts/summarize_tests.py reads it."""

import unittest
import xml.etree.ElementTree as ElementTree


class CaseRecord(unittest.TextTestResult):
    """`cases`: by name what went wrong, or ""."""

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

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.cases[test.id()] = self._exc_info_to_string(error, test)


def write_junit(path, cases):
    root = ElementTree.Element("testsuite")
    for name, problem in cases.items():
        case = ElementTree.SubElement(root, "testcase", name=name)
        if problem:
            ElementTree.SubElement(case, "failure", message=problem)
    ElementTree.ElementTree(root).write(path)


def run_cases(suite, junit=None):
    """Runs the cases and returns the exit code of the program: 1 when one failed or none ran."""
    result = unittest.TextTestRunner(resultclass=CaseRecord, verbosity=2).run(suite)
    if junit:
        write_junit(junit, result.cases)
    return 0 if result.wasSuccessful() and result.cases else 1
