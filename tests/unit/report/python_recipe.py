#!/usr/bin/env python3
"""Runs the Python blocks of docs/python.md, in order, on a database.

    python_recipe.py docs/python.md DATABASE

Blocks that need a package which is not installed are named and left out, with what follows from them; --all makes
that an error. Prints `ran N of M blocks`.
"""

import importlib.util
import os
import pathlib
import re
import sys
import tempfile

PACKAGES = ("pandas", "duckdb")


def blocks_of(document):
    return re.findall(r"^```python\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    document, database = pathlib.Path(arguments[0]), str(pathlib.Path(arguments[1]).resolve())
    blocks = blocks_of(document.read_text(encoding="utf-8"))
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing and "--all" in sys.argv:
        sys.exit(f"not installed: {', '.join(missing)}")
    names = {"DATABASE": database, "__name__": "recipe"}
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number, block in enumerate(blocks, 1):
            needs = [name for name in missing if re.search(rf"\b{name}\b", block)]
            if needs:
                print(f"block {number} left out: {', '.join(needs)} is not installed")
                continue
            exec(compile(block, f"{document.name}, block {number}", "exec"), names)
            ran += 1
    print(f"ran {ran} of {len(blocks)} blocks")


if __name__ == "__main__":
    main()
