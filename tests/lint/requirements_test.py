"""Every test that docs/reliability.md names exists, and each of its 20 requirements names one."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = 20
LITERALS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'


def known_names():
    """Cases of Catch2 and of Python, stories, and programs that ctest runs."""
    names = set()
    for path in (ROOT / "tests").rglob("*"):
        if path.suffix == ".cpp" and path.is_file():
            for literals in re.findall(r"TEST_CASE\(\s*" + LITERALS, path.read_text()):
                names.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"'))
        elif path.suffix == ".py":
            names.update(re.findall(r"def (test_\w+)", path.read_text()))
        elif path.name == "CMakeLists.txt":
            names.update(re.findall(r"(?:cox_test\(|NAME )(\w+)", path.read_text()))
        elif path.parent.name == "stories":
            names.add(path.stem)
    return names


def problems(text, names):
    found = []
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    if [int(number) for number, _ in rows] != list(range(1, REQUIREMENTS + 1)):
        found.append(f"expected requirements 1 to {REQUIREMENTS}, got {[number for number, _ in rows]}")
    for number, tests in rows:
        named = re.findall(r"`([^`]+)`", tests)
        if not named:
            found.append(f"requirement {number} names no test")
        found += [f"requirement {number}: there is no test '{name}'" for name in named if name not in names]
    for name in re.findall(r'`[^`]*"([^"`]+)\*"`', text):  # a case of a command, its end left out
        if not any(known.startswith(name) for known in names):
            found.append(f"there is no test '{name}*'")
    return found


def main():
    names = known_names()
    text = (ROOT / "docs" / "reliability.md").read_text()
    found = problems(text, names)
    # It notices what it is for.
    if not problems(text.replace("`replicates repeat", "`replicas repeat"), names):
        found.append("a name that no test has is not noticed")
    if not problems(re.sub(r"^\| 7 \|.*\n", "", text, flags=re.MULTILINE), names):
        found.append("a requirement that is left out is not noticed")
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
