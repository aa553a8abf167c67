#!/usr/bin/env python3
"""The house rules as a test.

    scripts/tidy.py [--root DIR]

Checks who may include whom, sizes, that every test file is built, that methods have their four
files, that documents link to files that exist, and the words that the code does not use. Prints one
line for each finding, `file:line: what`, and exits 1 when there is any.
"""

import argparse
import pathlib
import re
import subprocess
import sys

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 600
MAX_BASE_FILES = 16

# Folder -> our folders that its files may include. The longest matching prefix applies.
MAY_INCLUDE = {
    "base": [],
    "record": ["base"],
    "sharing": ["base"],
    "schemas": ["base", "record"],
    "engine/video": ["base"],
    "engine/tensors": ["base", "record"],
    "engine/device": ["base", "engine/tensors"],
    "engine/parallel": ["base", "record", "engine/tensors", "engine/device"],
    "engine/checkpoint": ["base", "engine/tensors"],
    "engine/nn": ["base", "engine/tensors", "engine/device", "engine/checkpoint"],
    "engine/vae": ["base", "engine/vae", "engine/tensors", "engine/device", "engine/checkpoint",
                   "engine/nn"],
    "engine/text": ["base", "engine/tensors", "engine/device", "engine/checkpoint", "engine/nn"],
    "engine/vision": ["base", "engine/tensors", "engine/device", "engine/checkpoint"],
    "engine/backbones": ["base", "record", "schemas", "engine/tensors", "engine/device",
                         "engine/parallel", "engine/checkpoint", "engine/nn", "engine/backbones"],
    "engine/diffusion": ["base", "record", "engine/tensors", "engine/checkpoint", "engine/backbones"],
    "engine/families": ["base", "record", "schemas", "engine/tensors", "engine/parallel", "engine/checkpoint", "engine/nn",
                        "engine/vae", "engine/text", "engine/vision", "engine/backbones",
                        "engine/diffusion", "engine/families", "engine/parameters.h"],
    "engine/metrics": ["base", "record", "schemas", "engine/video", "engine/tensors",
                       "engine/checkpoint", "engine/nn", "engine/text", "engine/vision"],
    "engine/adaptation": ["base", "record", "sharing", "engine/tensors", "engine/device", "engine/parallel",
                          "engine/checkpoint", "engine/backbones", "engine/diffusion",
                          "engine/steering", "engine/adaptation",
                          "engine/parameters.h", "engine/monitor.h",
                          "engine/stopwatch.h"],
    "engine": ["base", "record", "sharing", "engine", "schemas"],
    "tools/clips": ["base", "engine/video"],
    "tools": ["base", "record", "engine", "schemas", "tools"],
    "coordinator/core": ["base", "record"],
    "coordinator/dataset": ["base", "record", "engine/video"],
    "coordinator/sweep": ["base", "record", "sharing", "schemas", "coordinator/dataset"],
    "coordinator/store": ["base", "record", "schemas", "coordinator/core"],
    "coordinator/report/statistics": ["base", "record"],
    "coordinator/report/data": ["base", "record", "schemas", "coordinator/store",
                                "coordinator/report/statistics",
                                "coordinator/report/set_metrics"],
    "coordinator/report/set_metrics": ["base"],
    "coordinator/report/compare": ["base", "record", "coordinator/report/data",
                                   "coordinator/report/statistics"],
    "coordinator/report/figures": ["base", "coordinator/report"],
    "coordinator/report/vbench": ["base", "coordinator/store", "coordinator/report/print"],
    "coordinator/report/print": ["base", "record", "coordinator/store", "coordinator/report"],
    "coordinator/web": ["base", "record", "coordinator/web", "coordinator/store", "coordinator/report", "engine/video"],
    "proto": ["base", "record", "proto", "cox/v1"],
    "coordinator/cluster": ["base", "record", "coordinator/sweep"],
    "coordinator/service": ["base", "record", "schemas", "proto", "coordinator", "cox/v1"],
    "coordinator/watch": ["base", "record", "coordinator/core", "coordinator/service",
                          "proto/loopback_pages.h"],
    "worker/engine_executor": ["base", "record", "proto", "worker", "cox/v1", "engine/engine.h"],
    "worker/convert": ["base", "record", "proto", "worker", "cox/v1", "engine/engine.h"],
    "worker/main": ["base", "record", "worker", "cox/v1", "engine/engine.h"],
    "worker/state_folder": ["base", "sharing/state_store.h"],
    "worker": ["base", "record", "schemas", "proto", "worker", "cox/v1"],
    "cli": ["base", "record", "schemas", "proto", "cli", "coordinator", "cox/v1", "engine/video"],
}

# Third party -> the prefixes of its includes, and the folders that may use it.
THIRD_PARTY = {
    "LibTorch": (("ATen/", "torch/", "c10/"), ("engine", "tools")),
    "gRPC": (("grpc/", "grpcpp/"), ("proto", "coordinator/service", "worker", "cli")),
    "protobuf": (("google/protobuf/", "cox/v1/"), ("proto", "coordinator/service", "worker", "cli")),
    "Eigen": (("Eigen/",), ("coordinator/report/set_metrics",)),
    "SQLite": (("sqlite3.h",), ("coordinator/store", "coordinator/report")),
    "yaml-cpp": (("yaml-cpp/",), ("coordinator/sweep",)),
    "librsvg": (("librsvg/", "cairo"), ("cli/output",)),
    "cpp-httplib": (("httplib.h",), ("coordinator/web", "proto/loopback_pages")),
    "FFmpeg": (("libav", "libsw"), ("engine/video", "tools/clips")),
    "SentencePiece": (("sentencepiece",), ("engine/text", "tools")),
}
TORCH_FREE = ("record/", "engine/engine.h", "engine/parameters.h", "engine/video/", "tools/clips/")

BANNED = {
    r"#include <torch/torch\.h>": "costs 20 s a file: include engine/tensors/torch.h",
    r"\.detach\(\)\s*;\s*//\s*thread|\bstd::thread\b": "use std::jthread",
    r"\busing namespace (?!std::(string_|chrono_)?literals)": "no using-directives outside tests",
    r"\bFIXME\b|\bXXX\b|\bHACK\b": "finish it or write TODO(name, issue)",
    r"\bcatch \(\.\.\.\)": "catch what is expected; the only catch-all is Engine::run",
}
CATCH_ALL_ALLOWED = ("engine/engine.cpp",)

CPP = (".h", ".cpp", ".cu")
SOURCE_FOLDERS = ("base", "record", "sharing", "proto", "engine", "tools", "coordinator", "worker", "cli", "schemas", "tests")


class Findings:
    def __init__(self):
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path}:{line}: {text}")


def tracked_files(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(name for name in listed if (root / name).is_file())


def rule_for(name, table):
    """Returns the entry of `table` whose key is the longest prefix of `name`."""
    fits = [key for key in table if name == key or name.startswith((key + "/", key + "."))]
    return table[max(fits, key=len)] if fits else None


def check_includes(name, lines, findings):
    if name.startswith("tests/"):
        check_no_mixture(name, lines, findings)
        return
    allowed = rule_for(name, MAY_INCLUDE)
    own_folder = name.rsplit("/", 1)[0]
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if not match:
            continue
        quoted, target = match.group(1) == '"', match.group(2)
        for library, (prefixes, folders) in THIRD_PARTY.items():
            if target.startswith(prefixes) and not name.startswith(folders):
                findings.add(name, number, f"{library} must not be included here")
        if target.startswith(THIRD_PARTY["LibTorch"][0]) and name.startswith(TORCH_FREE):
            findings.add(name, number, "this header is torch-free by contract")
        if quoted and allowed is not None and not target.startswith(own_folder + "/"):
            if target != "cox_version.h" and not target.startswith(tuple(allowed)):
                findings.add(name, number, f"'{target}' is outside what {own_folder} may include")
    check_no_mixture(name, lines, findings)


def check_no_mixture(name, lines, findings):
    text = "\n".join(lines)
    torch = re.search(r'#include [<"](ATen|torch|c10)/', text)
    wire = re.search(r'#include [<"](grpcpp|google/protobuf|cox/v1)/', text)
    if torch and wire:
        findings.add(name, 1, "LibTorch and protobuf headers meet in one file: they cannot")


def functions(lines):
    """Yields (first line number, length, header) of each function body, by its indentation."""
    stack = []
    for number, line in enumerate(lines, 1):
        opens = re.match(r"^( *)(?! )(?!//|\*|#).*\{$", line)
        if opens:
            stack.append((len(opens.group(1)), number, line.strip()))
        closes = re.match(r"^( *)\}", line)
        if closes and not opens:
            while stack and stack[-1][0] > len(closes.group(1)):
                stack.pop()
            if stack and stack[-1][0] == len(closes.group(1)):
                indent, start, header = stack.pop()
                yield start, number - start + 1, header


NOT_A_FUNCTION = re.compile(r"^(namespace|class|struct|enum|union|extern|template <.*> (class|struct))\b")


def check_sizes(name, lines, findings):
    if len(lines) > MAX_FILE_LINES:
        findings.add(name, len(lines), f"{len(lines)} lines; split the file at {MAX_FILE_LINES}")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and "http" not in line and 'R"' not in line:
            findings.add(name, number, f"{len(line)} columns; the limit is {MAX_COLUMNS}")
    for start, length, header in functions(lines):
        is_function = "(" in header and not NOT_A_FUNCTION.match(header)
        if is_function and length > MAX_FUNCTION_LINES:
            findings.add(name, start, f"function of {length} lines; the limit is {MAX_FUNCTION_LINES}")


def check_words(name, lines, findings):
    in_tests = name.startswith("tests/")
    for number, line in enumerate(lines, 1):
        for pattern, advice in BANNED.items():
            if not re.search(pattern, line):
                continue
            if "using-directives" in advice and in_tests:
                continue
            if "catch-all" in advice and name in CATCH_ALL_ALLOWED:
                continue
            findings.add(name, number, advice)


def check_tests_are_built(root, files, findings):
    for name in files:
        if not (name.startswith("tests/") and name.endswith("_test.cpp")):
            continue
        folder, base = name.rsplit("/", 1)
        listing = root / folder / "CMakeLists.txt"
        if not listing.exists() or not names_test(root, listing.read_text(), base):
            findings.add(name, 1, "no CMakeLists.txt beside it names this test: it is never run")


def names_test(root, listing, base):
    """Returns whether a CMakeLists.txt names a test, directly or through a list that it reads."""
    if base in listing:
        return True
    lists = [root / path.lstrip("/") for path in re.findall(r"[\w/]+\.def", listing)]
    return any(base == f"{name}_test.cpp"
               for path in lists if path.exists() for name in registered(path))


def registered(path, macro="COX_[A-Z_]+"):
    """Returns the names in a .def file."""
    return re.findall(rf"^{macro}\((\w+)", path.read_text(), re.MULTILINE)


# Code that may name a single method: the contract of external parity checks, and the benchmark.
METHOD_NAMES_ALLOWED = ("tools/check/parts_check.cpp", "tools/parity/trained.cpp", "tools/verbs/bench.cpp")
# Method names with other meanings: parameter values, kinds of files, parts of tensor names,
# operations of `cox-engine parity`.
COMMON_WORDS = ("none", "full", "norm", "hidden", "lora", "stas")

# What may know one metric by name: choices that a person did not make, and the dimensions of VBench.
METRIC_NAMES_ALLOWED = ("coordinator/report/vbench/dimensions.cpp", "coordinator/sweep/tasks.cpp",
                        "record/retention.h", "tools/verbs/metrics.cpp")
PRODUCT = ("base/", "cli/", "coordinator/", "engine/", "proto/", "record/", "tools/", "worker/")


def check_named_once(root, files, findings):
    """A method or metric is four paths and a verb of cox-engine three: no other code names one."""
    methods = root / "engine/adaptation/methods.def"
    verbs = root / "tools/verbs/verbs.def"
    patterns = []
    if methods.exists():
        for name in registered(methods):
            word = "" if name in COMMON_WORDS else rf'"{name}"|'
            own = (f"engine/adaptation/methods/{name}.", f"tests/unit/adaptation/{name}_test.cpp")
            patterns.append((name, rf"{word}\bmake_{name}\b|\b{name}_test\.cpp|methods/{name}\.",
                             own + METHOD_NAMES_ALLOWED,
                             ("engine/", "tools/", "tests/unit/adaptation/support.h",
                              "tests/unit/adaptation/gradient_test.cpp",
                              "tests/unit/adaptation/CMakeLists.txt")))
    if verbs.exists():
        patterns += [(name, rf"add_{name}_verb\b|\bverbs/{name}\.cpp",
                      (f"tools/verbs/{name}.cpp",), ("engine/", "tools/", "tests/"))
                     for name in registered(verbs)]
    metrics = root / "schemas/metrics.def"
    if metrics.exists():
        patterns += [(name, rf'^(?!\s*//).*"{name}"',
                      (f"engine/metrics/{name}.", f"coordinator/report/set_metrics/{name}.")
                      + METRIC_NAMES_ALLOWED, PRODUCT)
                     for name in registered(metrics)]
    for file in files:
        if not file.endswith((".cpp", ".h", ".txt", ".def")):
            continue
        text = None
        for name, pattern, own, searched in patterns:
            if not file.startswith(searched) or file.startswith(own):
                continue
            text = (root / file).read_text() if text is None else text
            for match in re.finditer(pattern, text, re.MULTILINE):
                findings.add(file, text.count("\n", 0, match.start()) + 1,
                             f"names '{name}' outside its own files: a list has it")


def check_registries(root, findings):
    """A method is one line in methods.def, one file, one test, one schema; a metric likewise."""
    kinds = {
        "engine/adaptation/methods.def":
            ("engine/adaptation/methods/{}.cpp", "schemas/methods/{}.yaml",
             "tests/unit/adaptation/{}_test.cpp"),
        "tools/verbs/verbs.def": ("tools/verbs/{}.cpp",),
        "schemas/metrics.def": ("engine/metrics/{}.cpp", "schemas/metrics/{}.yaml"),
    }
    for listing, needed in kinds.items():
        path = root / listing
        if not path.exists():
            findings.add(listing, 1, "missing")
            continue
        for name in registered(path):
            for pattern in needed:
                if not (root / pattern.format(name)).exists():
                    findings.add(listing, 1, f"'{name}' lacks {pattern.format(name)}")
    metrics = root / "schemas/metrics.def"
    for name in registered(metrics, "COX_SET_METRIC") if metrics.exists() else []:
        source = f"coordinator/report/set_metrics/{name}.cpp"
        if not (root / source).exists():
            findings.add("schemas/metrics.def", 1, f"'{name}' lacks {source}")


def check_method_table(root, findings):
    """Each row of the table in docs/methods.md names an existing method."""
    page, methods = root / "docs/methods.md", root / "engine/adaptation/methods.def"
    if not page.exists() or not methods.exists():
        return
    known = registered(methods)
    table = page.read_text().split("## Methods", 1)[-1].split("\n## ", 1)[0]
    for name in re.findall(r"^\| `(\w+)`", table, re.MULTILINE):
        if name not in known:
            findings.add("docs/methods.md", 1, f"has a row of '{name}', which methods.def lacks")


def check_links(root, files, findings):
    for name in files:
        if not name.endswith(".md"):
            continue
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
                if not (root / name).parent.joinpath(target).exists():
                    findings.add(name, number, f"link to '{target}', which does not exist")


def check_base_cap(files, findings):
    held = [name for name in files if name.startswith("base/") and not name.endswith(".txt")]
    if len(held) > MAX_BASE_FILES:
        findings.add("base", 1, f"{len(held)} files; the cap is {MAX_BASE_FILES}")


def check_proto_tags(root, files, findings):
    """Within a message, each tag is used only once."""
    for name in files:
        if not name.endswith(".proto"):
            continue
        seen = {}
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            if re.match(r"^\s*(message|enum|oneof)\b", line) and "oneof" not in line:
                seen = {}
            field = re.match(r"^\s*(?:repeated )?(?:map<.*>|[\w.]+) (\w+) = (\d+);", line)
            if field and field.group(2) in seen:
                findings.add(name, number, f"tag {field.group(2)} is taken by {seen[field.group(2)]}")
            elif field:
                seen[field.group(2)] = field.group(1)


def check_tree(root):
    findings = Findings()
    files = tracked_files(root)
    for name in files:
        if name.startswith(SOURCE_FOLDERS) and name.endswith(CPP):
            lines = (root / name).read_text().splitlines()
            check_includes(name, lines, findings)
            check_sizes(name, lines, findings)
            check_words(name, lines, findings)
    check_tests_are_built(root, files, findings)
    check_registries(root, findings)
    check_named_once(root, files, findings)
    check_method_table(root, findings)
    check_links(root, files, findings)
    check_base_cap(files, findings)
    check_proto_tags(root, files, findings)
    return findings.lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    findings = check_tree(parser.parse_args().root)
    for line in findings:
        print(line)
    print(f"tidy: {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
