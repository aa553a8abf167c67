"""Plants one breach of each house rule in a scratch tree and checks that tidy.py reports it."""

import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import tidy  # noqa: E402

PLANTED = {
    "coordinator/core/a.cpp": ("#include <sqlite3.h>\n", "SQLite must not be included here"),
    "coordinator/core/b.cpp": ('#include "engine/engine.h"\n', "outside what coordinator/core may include"),
    "engine/engine.h": ("#include <ATen/core/Tensor.h>\n", "torch-free by contract"),
    "worker/mixed.cpp": ('#include <ATen/core/Tensor.h>\n#include "cox/v1/job.pb.h"\n', "meet in one file"),
    "cli/wide.cpp": ("int x = " + "1 + " * 40 + "1;\n", "columns"),
    "cli/long.cpp": ("int f() {\n" + "  g();\n" * 80 + "}\n", "function of 82 lines"),
    "cli/swallow.cpp": ("void f() {\n  try {\n    g();\n  } catch (...) {\n  }\n}\n", "catch-all"),
    "tests/unit/x/lost_test.cpp": ("int x;\n", "never run"),
    "docs/a.md": ("[gone](missing.md)\n", "does not exist"),
    "engine/adaptation/methods.def": ("COX_METHOD(ghost)\n", "'ghost' lacks engine/adaptation/methods/ghost.cpp"),
    "tools/verbs/verbs.def": ("COX_VERB(spin)\n", "'spin' lacks tools/verbs/spin.cpp"),
    "tools/list.cpp": ("void f() { add_spin_verb(app); }\n", "names 'spin' outside its own files"),
    "engine/list.cpp": ('const char* const kOne = "ghost";\n', "names 'ghost' outside its own files"),
    "cli/metric.cpp": ('// "blur" is\nbool is_best = metric == "blur";\n', "names 'blur' outside its own files"),
    "docs/methods.md": ("## Methods\n\n| method | trains |\n| --- | --- |\n| `gone` | x |\n", "has a row of 'gone'"),
    "schemas/metrics.def": ("COX_SET_METRIC(blur)\n", "'blur' lacks schemas/metrics/blur.yaml"),
    "proto/a.proto": ("message A {\n  string x = 1;\n  string y = 1;\n}\n", "tag 1 is taken by x"),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        for name, (text, _) in PLANTED.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = tidy.check_tree(root)
    missed = [name for name, (_, expected) in PLANTED.items()
              if not any(line.startswith(name.split("/x/")[0]) and expected in line for line in found)]
    for name in missed:
        print(f"tidy.py did not report {name}: expected '{PLANTED[name][1]}'")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
