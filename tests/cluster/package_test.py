#!/usr/bin/env python3
"""The installable folder in a root that has the C library of Debian 12 and nothing else: no shell, none of
the packages that the build needs.

    package_test.py --bin build/bin --source . [--junit FILE] [NAME ...]

Needs root, for chroot and mounts, which end with the process that makes them.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import runner  # noqa: E402

SWEEP = """\
version: 1
series: {name: bare}
dataset: {manifest: /work/clips.json}
backbone: {name: longcat-video, model: PACKAGE/share/models/tiny}
params: {height: 96, width: 160, cond_frames: 9, total_frames: 17, gen_start_frame: 21, inference_steps: 2,
         enhance_hf: false, guidance: 1.0, dtype: fp32}
runs:
  - {id: none, method: none}
"""


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cox-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        source = pathlib.Path(runner.options.source)
        made = subprocess.run([source / "scripts" / "package", "--build", pathlib.Path(runner.options.bin).parent,
                               "--out", cls.folder / "out", "--no-tar"], text=True, capture_output=True)
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        cls.package = pathlib.Path(made.stdout.strip())
        cls.root = cls.make_root()

    @classmethod
    def make_root(cls):
        root = cls.folder / "root"
        for name in ("dev", "proc", "tmp", "work", "opt/coxswain", "srv/moved/elsewhere", "lib64"):
            (root / name).mkdir(parents=True)
        listed = subprocess.run(["dpkg", "-L", "libc6"], check=True, text=True, capture_output=True).stdout
        for name in listed.split():
            path = pathlib.Path(name)
            if ".so" in path.name and path.is_file():
                target = root / "lib" / "x86_64-linux-gnu" / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
        shutil.copy2("/lib64/ld-linux-x86-64.so.2", root / "lib64" / "ld-linux-x86-64.so.2")
        return root

    def inside(self, place, program, *arguments, check=True):
        """Runs a program of the package, mounted read-only at `place`, with the bare root as its world."""
        script = ('set -e; mount --bind "$1" "$2$3"; mount -o remount,ro,bind "$2$3"; mount --bind /dev "$2/dev"; '
                  'mount -t proc proc "$2/proc"; root=$2; shift 3; exec chroot "$root" "$@"')
        done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script, "bash",
                               self.package, self.root, place, f"{place}/bin/{program}", *map(str, arguments)],
                              text=True, capture_output=True, timeout=400, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        if check and done.returncode != 0:
            raise AssertionError(f"{program} {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_every_program_starts_from_any_place(self):
        for place in ("/opt/coxswain", "/srv/moved/elsewhere"):
            for program in ("cox", "cox-worker", "cox-engine"):
                self.assertRegex(self.inside(place, program, "--version"), r"\d+\.\d+\.\d+")

    def test_a_sweep_runs_where_nothing_is_installed(self):
        place = "/srv/moved/elsewhere"
        self.inside(place, "cox-engine", "synth", "/work/clips", "--domain", "motion", "--clips", 2, "--seed", 5)
        self.inside(place, "cox", "dataset", "index", "/work/clips", "--layout", "folder", "-o", "/work/clips.json")
        (self.root / "work" / "bare.yaml").write_text(SWEEP.replace("PACKAGE", place))
        self.inside(place, "cox", "run", "/work/bare.yaml", "--workers", 1, "--device", "cpu", "--db", "/work/cox.db",
                    "--out", "/work/out")
        rows = self.inside(place, "cox", "results", "bare", "--jobs", "--db", "/work/cox.db", "--format", "csv")
        self.assertEqual(len(rows.splitlines()), 3, rows)

    def test_nothing_in_it_names_a_folder_of_the_build(self):
        for path in [*(self.package / "bin").iterdir(), *(self.package / "lib").glob("*.so*")]:
            listed = subprocess.run(["patchelf", "--print-rpath", path], check=True, text=True, capture_output=True)
            for place in listed.stdout.strip().split(":"):
                self.assertTrue(place.startswith("$ORIGIN/"), f"{path}: {place}")


if __name__ == "__main__":
    runner.main(__doc__)
