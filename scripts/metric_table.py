#!/usr/bin/env python3
"""Turns the registry of metrics into a C++ table.

    scripts/metric_table.py --list metrics.def --output FILE.cpp FOLDER...

Reads NAME.yaml from the folders for each line of metrics.def and writes cox::metric_schemas(). Exits
1 with one line per fault, `file: what`: an unknown, missing or duplicate key, a value of the wrong
type, a name that two entries have, a schema without a line or a line without a schema.
"""

import argparse
import math
import pathlib
import re
import sys

import yaml

REQUIRED = ("name", "title", "unit", "better", "digits", "scope", "reference", "weights",
            "definition")
OPTIONAL = ("min", "max", "weights_file", "random_weights", "min_side", "min_frames", "prompt")
WEIGHTS_FILE = ("name", "source", "script")
WEIGHTS_FILE_FACTS = ("bytes", "sha256")
SHA256 = re.compile(r"[0-9a-f]{64}")
SCOPES = {"frame": "kFrame", "video": "kVideo", "set": "kSet"}
SCOPES_OF_LINE = {"COX_METRIC": ("frame", "video"), "COX_SET_METRIC": ("set",)}
NAME = re.compile(r"[a-z][a-z0-9_]*")
MAX_DIGITS = 9
MAX_SIDE = 4096
MAX_FRAMES = 1024


class Fault(Exception):
    pass


class StrictLoader(yaml.SafeLoader):
    """Rejects a duplicate key in a map; PyYAML would keep the last one."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise Fault(f"duplicate key '{key}'")
        return super().construct_mapping(node, deep)


def read_list(path):
    """Returns (line kind, metric) for each line of metrics.def."""
    lines = []
    for line in path.read_text().splitlines():
        code = line.split("//")[0].strip()
        if not code:
            continue
        match = re.fullmatch(r"(\w+)\((\w+)\)", code)
        if not match or match.group(1) not in SCOPES_OF_LINE:
            raise Fault(f"{path}: expected COX_METRIC(name) or COX_SET_METRIC(name), got '{code}'")
        lines.append(match.groups())
    names = [name for _, name in lines]
    for name in names:
        if names.count(name) > 1:
            raise Fault(f"{path}: '{name}' is listed twice")
    return lines


def check_keys(entry, required, optional):
    if not isinstance(entry, dict):
        raise Fault(f"expected a map, got {entry!r}")
    for key in entry:
        if key not in required + optional:
            raise Fault(f"unknown key '{key}'; expected {', '.join(required + optional)}")
    for key in required:
        if key not in entry:
            raise Fault(f"missing key '{key}'")


def check_text(entry, key):
    value = entry[key]
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Fault(f"{key}: expected a non-empty string of one line, got {value!r}")


def check_choice(entry, key, allowed):
    if entry[key] not in allowed or type(entry[key]) is not type(allowed[0]):
        raise Fault(f"{key}: expected {' or '.join(str(a) for a in allowed)}, got {entry[key]!r}")


def check_number(entry, key):
    value = entry.get(key)
    if value is None and key not in entry:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Fault(f"{key}: expected a finite number, got {value!r}")


def check_name(name):
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Fault(f"name: expected lower-case letters, digits and _, got {name!r}")


def check_weights_file(file):
    check_keys(file, WEIGHTS_FILE, WEIGHTS_FILE_FACTS)
    for key in WEIGHTS_FILE:
        check_text(file, key)
    if "bytes" in file and (type(file["bytes"]) is not int or file["bytes"] < 1):
        raise Fault(f"bytes: expected a positive whole number, got {file['bytes']!r}")
    if "sha256" in file and not SHA256.fullmatch(str(file["sha256"])):
        raise Fault(f"sha256: expected 64 hexadecimal digits, got {file['sha256']!r}")


def weights_source(entry):
    """Returns, for messages, the public file and the command that converts it."""
    if "weights_file" not in entry:
        return ""
    file = entry["weights_file"]
    facts = [f"{file['bytes']:,} bytes"] if "bytes" in file else []
    facts += [f"SHA-256 {file['sha256']}"] if "sha256" in file else []
    known = f" ({', '.join(facts)})" if facts else " (its publishers state no size and no digest)"
    return f"{file['script']} makes it from {file['name']}{known} of {file['source']}"


def check_entry(entry, stem, scopes):
    check_keys(entry, REQUIRED, OPTIONAL)
    check_name(entry["name"])
    if entry["name"] != stem:
        raise Fault(f"name: expected '{stem}' as the file is called, got '{entry['name']}'")
    for key in ("title", "unit", "definition"):
        check_text(entry, key)
    check_choice(entry, "better", ("higher", "lower"))
    check_choice(entry, "reference", (True, False))
    check_choice(entry, "weights", (True, False))
    check_choice(entry, "scope", tuple(SCOPES))
    check_choice(entry, "digits", tuple(range(MAX_DIGITS + 1)))
    if entry["scope"] not in scopes:
        raise Fault(f"scope: its line of metrics.def says {' or '.join(scopes)}, got {entry['scope']}")
    for key in ("min", "max"):
        check_number(entry, key)
    if "min" in entry and "max" in entry and not entry["min"] < entry["max"]:
        raise Fault(f"min {entry['min']} is not below max {entry['max']}")
    if "min_side" in entry:
        check_choice(entry, "min_side", tuple(range(1, MAX_SIDE + 1)))
    if "min_frames" in entry:
        check_choice(entry, "min_frames", tuple(range(1, MAX_FRAMES + 1)))
    if "prompt" in entry:
        check_choice(entry, "prompt", (True, False))
    for key in ("weights_file", "random_weights"):
        if key in entry and not entry["weights"]:
            raise Fault(f"{key}: the metric has no weights")
    if "weights_file" in entry:
        check_weights_file(entry["weights_file"])
    if "random_weights" in entry:
        check_keys(entry["random_weights"], ("name", "title", "definition"), ())
        check_name(entry["random_weights"]["name"])
        for key in ("title", "definition"):
            check_text(entry["random_weights"], key)


def variant_of(entry):
    """Returns the name of results with random weights; None for a metric without weights."""
    if not entry["weights"]:
        return None
    told = entry.get("random_weights", {
        "name": f"{entry['name']}_random_weights",
        "title": f"{entry['title']} (random weights)",
        "definition": f"{entry['title']} over random weights. Not comparable with {entry['title']}.",
    })
    return {**entry, **told, "variant_of": entry["name"]}


def read_entry(path, kind):
    try:
        entry = yaml.load(path.read_text(), StrictLoader)
        check_entry(entry, path.stem, SCOPES_OF_LINE[kind])
        return entry
    except (Fault, yaml.YAMLError) as error:
        raise Fault(f"{path}: {error}") from error


def read_metrics(listing, folders):
    files = {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}
    metrics = []
    for kind, name in read_list(listing):
        if name not in files:
            raise Fault(f"{listing}: '{name}' has no {name}.yaml in {', '.join(map(str, folders))}")
        entry = read_entry(files.pop(name), kind)
        metrics += [e for e in (entry, variant_of(entry)) if e is not None]
    for path in files.values():
        raise Fault(f"{path}: {listing} has no line for it")
    names = [entry["name"] for entry in metrics]
    for name in names:
        if names.count(name) > 1:
            raise Fault(f"{listing}: two metrics are recorded as '{name}'")
    return metrics


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(entry, key):
    return repr(float(entry[key])) if key in entry else "std::nullopt"


def table(metrics):
    rows = []
    for entry in metrics:
        fields = (quoted(entry["name"]), quoted(entry["title"]),
                  quoted("" if entry["unit"] == "1" else entry["unit"]),
                  "true" if entry["better"] == "higher" else "false", str(entry["digits"]),
                  number(entry, "min"), number(entry, "max"),
                  f"MetricScope::{SCOPES[entry['scope']]}",
                  "true" if entry["reference"] else "false", "true" if entry["weights"] else "false",
                  quoted(weights_source(entry)), quoted(entry["definition"]),
                  str(entry.get("min_side", 0)), str(entry.get("min_frames", 1)),
                  "true" if entry.get("prompt", False) else "false", quoted(entry.get("variant_of", "")))
        rows.append("    {" + ", ".join(fields) + "},\n")
    return ('#include "schemas/metric_schema.h"\n\nnamespace cox {\n\n'
            "std::span<const MetricSchema> metric_schemas() {\n"
            "  static const MetricSchema kMetrics[] = {\n" + "".join(rows) +
            "  };\n  return kMetrics;\n}\n\n}  // namespace cox\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--list", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    args = parser.parse_args()
    try:
        text = table(read_metrics(args.list, args.folders))
    except Fault as fault:
        sys.exit(str(fault))
    args.output.write_text(text)


if __name__ == "__main__":
    main()
