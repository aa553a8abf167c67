"""Runs the cases of a test program and writes one entry for each, as scripts/summarize_tests.py reads them."""

import argparse
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case_record  # noqa: E402

options = None


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
    sys.exit(case_record.run_cases(unittest.TestSuite(cases), options.junit))
