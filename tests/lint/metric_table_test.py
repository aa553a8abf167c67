"""Plants one fault of each kind in a registry of metrics and checks what metric_table.py says of it."""

import pathlib
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "metric_table.py"
GOOD = """name: blur
title: Blur
unit: "1"
better: lower
digits: 3
min: 0
max: 1.5
scope: frame
reference: true
weights: true
definition: A "quoted" text with a \\ in it.
"""

# What is changed in GOOD, or the lines of metrics.def, and a part of the message.
FAULTS = [
    (("unit:", "units:"), "unknown key 'units'"),
    (("digits: 3\n", ""), "missing key 'digits'"),
    (("digits: 3", "digits: true"), "digits: expected 0 or 1"),
    (("digits: 3", "digits: 10"), "digits: expected 0 or 1"),
    (("digits: 3", "digits: 3\ndigits: 4"), "duplicate key 'digits'"),
    (("better: lower", "better: less"), "better: expected higher or lower, got 'less'"),
    (("scope: frame", "scope: set"), "its line of metrics.def says frame or video, got set"),
    (("reference: true\n", ""), "missing key 'reference'"),
    (("reference: true", "reference: often"), "reference: expected True or False, got 'often'"),
    (("weights: true", "weights: 1"), "weights: expected True or False, got 1"),
    (("min: 0", "min: 2"), "min 2 is not below max 1.5"),
    (("min: 0", "min: .nan"), "min: expected a finite number"),
    (("max: 1.5", "max: high"), "max: expected a finite number, got 'high'"),
    (("name: blur", "name: Blur"), "name: expected lower-case letters"),
    (("name: blur", "name: other"), "expected 'blur' as the file is called"),
    (("title: Blur", "title: ' '"), "title: expected a non-empty string"),
    (("weights: true", "weights: false\nrandom_weights: {name: a, title: b, definition: c}"),
     "random_weights: the metric has no weights"),
    (("digits: 3", "digits: 3\nmin_side: 0"), "min_side: expected 1 or 2"),
    (("digits: 3", "digits: 3\nmin_side: big"), "min_side: expected 1 or 2"),
    (("digits: 3", "digits: 3\nmin_frames: 0"), "min_frames: expected 1 or 2"),
    (("digits: 3", "digits: 3\nprompt: needed"), "prompt: expected True or False, got 'needed'"),
    (("weights: true", "weights: false\nweights_file: {name: a, source: b, script: c}"),
     "weights_file: the metric has no weights"),
    (("weights: true", "weights: true\nweights_file: {name: a, source: b}"), "missing key 'script'"),
    (("weights: true", "weights: true\nweights_file: {name: a, source: b, script: c, bytes: -1}"),
     "bytes: expected a positive whole number, got -1"),
    (("weights: true", "weights: true\nweights_file: {name: a, source: b, script: c, sha256: abc}"),
     "sha256: expected 64 hexadecimal digits, got 'abc'"),
    (("weights: true", "weights: true\nrandom_weights: {name: blur, title: b, definition: c}"),
     "two metrics are recorded as 'blur'"),
    ("COX_METRIC(blur)\nCOX_METRIC(ghost)\n", "'ghost' has no ghost.yaml"),
    ("COX_METRIC(blur)\nCOX_METRIC(blur)\n", "'blur' is listed twice"),
    ("COX_METHOD(blur)\n", "expected COX_METRIC(name) or COX_SET_METRIC(name)"),
    ("// nothing\n", "has no line for it"),
]


def run(listing, schema):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "metrics.def").write_text(listing)
        (root / "blur.yaml").write_text(schema)
        output = root / "table.cpp"
        done = subprocess.run([sys.executable, str(SCRIPT), "--list", str(root / "metrics.def"),
                               "--output", str(output), str(root)], capture_output=True, text=True)
        return done, output.read_text() if output.exists() else None


def main():
    problems = []
    done, table = run("COX_METRIC(blur)  // a comment\n", GOOD)
    expected = ('{"blur", "Blur", "", false, 3, 0.0, 1.5, MetricScope::kFrame, true, true, "", '
                '"A \\"quoted\\" text with a \\\\ in it.", 0, 1, false, ""},')
    if done.returncode != 0 or expected not in table or '{"blur_random_weights", ' not in table:
        problems.append(f"a good registry: {done.stderr}{table}")
    for fault, message in FAULTS:
        if isinstance(fault, str):
            done, table = run(fault, GOOD)
        else:
            assert fault[0] in GOOD, fault
            done, table = run("COX_METRIC(blur)\n", GOOD.replace(*fault))
        if done.returncode != 1 or message not in done.stderr or table is not None:
            problems.append(f"{fault!r}: expected '{message}', got '{done.stderr.strip()}'")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
