#!/usr/bin/env python3
"""Counts the test cases of one run and prints those that failed.

    scripts/summarize_tests.py FOLDER

FOLDER holds ctest.junit (one entry for each program) and, for programs that count their own cases,
PROGRAM.xml. A program that died without a complete file counts as one failure more than it wrote.
Prints `N passed, N failed` last and exits 1 when anything failed.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    """Returns [(name, failure or None)] from a program's report, or None if it is incomplete."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    cases = []
    for case in root.iter("testcase"):
        problems = case.findall("failure") + case.findall("error")
        text = "\n".join((p.get("message") or "") + (p.text or "") for p in problems)
        cases.append((case.get("name"), text if problems else None))
    return cases


def summarize(folder):
    passed, failures = 0, []
    programs = ElementTree.parse(folder / "ctest.junit").getroot()
    for program in programs.iter("testcase"):
        name = program.get("name")
        ran_well = program.get("status") == "run"
        cases = cases_of(folder / f"{name}.xml") if (folder / f"{name}.xml").exists() else None
        if cases is None:
            if ran_well:
                passed += 1
            else:
                failures.append((name, program.findtext("system-out") or "no output"))
            continue
        passed += sum(1 for _, failure in cases if failure is None)
        failed = [(f"{name}: {case}", failure) for case, failure in cases if failure is not None]
        if not ran_well and not failed:
            failed = [(name, program.findtext("system-out") or "died or timed out")]
        failures += failed
    return passed, failures


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    passed, failures = summarize(pathlib.Path(sys.argv[1]))
    for name, text in failures:
        print(f"FAILED {name}\n{text.strip()}\n")
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures or passed == 0 else 0)


if __name__ == "__main__":
    main()
