"""A sweep over files that stand for videos, for workers that sleep instead of computing."""

import hashlib
import json
import os
import pathlib
import subprocess

from small_slurm import wait_for

SWEEP = """\
version: 1
series: {{name: {name}}}
dataset: {{manifest: {manifest}}}
backbone: {{name: longcat-video, model: {model}}}
params: {{height: 96, width: 160, cond_frames: 9, total_frames: 17, gen_start_frame: 21}}
retry: {{lost: {lost}}}
runs:
"""


class Study:
    """A coordinator over a database, and a sweep of `runs` runs on `videos` videos."""

    def __init__(self, folder, programs, source, listen="127.0.0.1:0", options=()):
        self.folder = pathlib.Path(folder)
        programs = pathlib.Path(programs).resolve()
        self.cox = str(programs / "cox")
        self.worker = str(programs / "cox-test-worker")
        self.model = str(pathlib.Path(source).resolve() / "models" / "tiny")
        self.database = self.folder / "cox.db"
        self.listen, self.options = listen, [str(option) for option in options]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("COX_")}
        self.process = None
        self.address = None

    def start(self):
        log = open(self.folder / "coordinator.log", "ab")
        self.process = subprocess.Popen(
            [self.cox, "coordinator", "--db", str(self.database), "--listen", self.address or self.listen,
             *self.options], stdout=log, stderr=log, env=self.environment, start_new_session=True)
        log.close()
        wait_for("the coordinator listens", self.listens, 60, self.log)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the coordinator ended with {self.process.returncode}: {self.log()}")
        said = [line for line in self.log().splitlines() if " listens on " in line]
        if said:
            self.address = said[-1].split(" listens on ")[1].strip()
        return bool(said)

    def log(self):
        return (self.folder / "coordinator.log").read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()
        (self.folder / "coordinator.log").write_text("")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def submit(self, name, runs, videos, lost=0):
        manifest = self.folder / f"{name}.json"
        manifest.write_text(json.dumps(self.manifest(name, videos)))
        sweep = self.folder / f"{name}.yaml"
        rows = "".join(f"  - {{id: r{i}, method: none, seed: {i}}}\n" for i in range(runs))
        sweep.write_text(SWEEP.format(name=name, manifest=manifest, model=self.model, lost=lost) + rows)
        return self.ask("submit", sweep)

    def manifest(self, name, count):
        videos = []
        for index in range(count):
            path = self.folder / f"{name}-{index}.mp4"
            path.write_text(f"stands for video {index} of {name}")
            videos.append({
                "id": f"v{index}", "path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "caption": "a clip", "caption_source": "test", "frames": 64, "frame_rate": 15.0,
                "variable_frame_rate": False, "width": 160, "height": 96, "rotation": 0, "pixel_format": "yuv420p",
                "color_matrix": "bt601", "color_range": "limited"})
        return {"format": "cox-manifest/1", "name": name, "layout": "folder", "seed": 0, "sample": 0, "min_frames": 1,
                "list_file": "", "list_sha256": "", "filters": [], "videos": videos, "rejected": []}

    def ask(self, *words, environment=None, check=True, timeout=60):
        """Runs `cox WORDS`; returns the finished process."""
        done = subprocess.run([self.cox, *map(str, words)], text=True, capture_output=True, timeout=timeout,
                              env={**self.environment, "COX_COORDINATOR": self.address, **(environment or {})})
        if check and done.returncode != 0:
            raise AssertionError(f"cox {words} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def rows(self, sql):
        return json.loads(self.ask("results", "--sql", sql, "--json").stdout)["rows"]

    def counts(self, series):
        """{state: jobs} of a series."""
        rows = self.rows(f"SELECT state, count(*) AS jobs FROM v_jobs WHERE series = '{series}' GROUP BY 1")
        return {row["state"]: row["jobs"] for row in rows}

    def outcomes(self, series):
        """{outcome: attempts} of a series."""
        rows = self.rows(f"SELECT outcome, count(*) AS tries FROM v_attempts WHERE series = '{series}' GROUP BY 1")
        return {row["outcome"]: row["tries"] for row in rows}
