#!/usr/bin/env python3
"""`cox slurm` on a real Slurm: job arrays, limits, cancelled tasks, a node that drains.

    slurm_test.py --bin build/bin --source . [--junit FILE] [NAME ...]

Needs root, and Debian's slurmctld, slurmd, slurm-client and munge.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import runner  # noqa: E402
from small_slurm import SmallSlurm, wait_for  # noqa: E402
from study import Study  # noqa: E402

WAIT_S = 240  # for what a busy machine may take long over


class SlurmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cox-slurm-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.slurm = SmallSlurm(cls.folder / "slurm")
        cls.slurm.__enter__()
        cls.addClassCleanup(cls.slurm.stop)

    def begin(self, job_s, **settings):
        """A study in a folder of its own, with settings for `cox slurm`."""
        folder = self.folder / self._testMethodName
        folder.mkdir()
        study = Study(folder, runner.options.bin, runner.options.source)
        study.start()
        self.addCleanup(study.stop)
        self.addCleanup(self.slurm.command, "scancel", "--user=root", check=False)
        milliseconds = str(round(job_s * 1000))
        lines = {"name": "t", "worker": study.worker, "out": str(folder / "out"), "time": 30, "max_idle": 5,
                 "worker_options": ["--shortest-ms", milliseconds, "--longest-ms", milliseconds, "--max-jobs", "2"],
                 **settings}
        (folder / "slurm.yaml").write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items()))
        return study

    def cox(self, study, *words, **more):
        environment = {**self.slurm.environment, **more.pop("environment", {})}
        return study.ask("slurm", *words, "--settings", study.folder / "slurm.yaml", environment=environment, **more)

    def tasks(self, study):
        rows = json.loads(self.cox(study, "status", "--json").stdout)["rows"]
        return {row["task"]: row for row in rows}

    def wait_until_done(self, study, series, jobs):
        def seen():
            return f"{study.counts(series)} {self.slurm.queue()}\n{self.task_logs(study)}\n{self.slurm.logs()}"
        wait_for(f"{jobs} jobs of {series} are done", lambda: study.counts(series) == {"done": jobs}, WAIT_S, seen)

    def task_logs(self, study):
        logs = sorted((study.folder / "out" / "slurm" / "t" / "logs").glob("*"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1000:]}" for log in logs)

    def computed(self, study):
        return [line.split()[0] for line in (study.folder / "out" / "ledger").read_text().splitlines()]

    def wait_for_running(self, study, count):
        wait_for(f"{count} tasks run and some jobs are done",
                 lambda: list(self.slurm.queue().values()).count("RUNNING") == count
                 and (study.folder / "out" / "ledger").exists(), WAIT_S,
                 lambda: f"{self.slurm.queue()} {self.task_logs(study)}")

    def test_a_sweep_longer_than_the_limit_of_a_task(self):
        study = self.begin(1.0, time="1:00", margin=50)
        study.submit("long", runs=1, videos=11)  # 11 s, of which a task has 10
        scaled = self.cox(study, "scale", "--every", "1", timeout=WAIT_S)
        self.assertEqual(study.counts("long"), {"done": 11}, scaled.stderr + self.task_logs(study))
        tasks = self.tasks(study)
        self.assertGreaterEqual(len(tasks), 2, scaled.stderr)
        wait_for("every task left normally",
                 lambda: {row["story"] for row in self.tasks(study).values()} == {"left normally"}, WAIT_S,
                 lambda: f"{self.tasks(study)} {self.task_logs(study)}")
        # Nothing was cut off: each job was computed once, and no attempt was lost or failed.
        self.assertEqual(len(self.computed(study)), 11)
        self.assertEqual(set(study.outcomes("long")) - {"done", "returned"}, set())
        self.assertIn("within the time limit of", self.reasons(study))

    def reasons(self, study):
        return " ".join(str(row["message"]) for row in study.rows("SELECT message FROM v_events WHERE kind = 'worker_left'"))

    def wait_for_done(self, study, series):
        wait_for("a job is done", lambda: study.counts(series).get("done", 0) > 0, WAIT_S,
                 lambda: self.task_logs(study))

    def test_b_cancelled_task_draining_node_everything_cancelled_and_up_again(self):
        study = self.begin(0.2, cpus=2, min=2, max=2)  # one task fills a node
        study.submit("hard", runs=2, videos=1000)  # more than this test waits for
        self.cox(study, "up")
        self.wait_for_running(study, 2)
        self.wait_for_done(study, "hard")
        running = sorted(task for task, state in self.slurm.queue().items() if state == "RUNNING")

        self.slurm.command("scancel", running[0])
        wait_for("the cancelled task is gone", lambda: running[0] not in self.slurm.queue(), WAIT_S, self.slurm.logs)
        self.assertEqual(self.tasks(study)[running[0]]["state"], "CANCELLED")

        self.slurm.command("scontrol", "update", "nodename=n1", "state=drain", "reason=test")
        self.addCleanup(self.slurm.command, "scontrol", "update", "nodename=n1", "state=resume", check=False)
        self.slurm.command("scancel", "--user=root")
        wait_for("no task is left", lambda: self.slurm.queue() == {}, WAIT_S, self.slurm.logs)
        before = study.counts("hard")
        self.assertEqual(set(before), {"done", "queued"})

        self.cox(study, "up")
        wait_for("further jobs are done", lambda: study.counts("hard")["done"] > before["done"] + 5, WAIT_S,
                 lambda: f"{study.counts('hard')} {self.slurm.queue()} {self.task_logs(study)}")
        nodes = {row["node"] for row in self.tasks(study).values() if row["state"] == "RUNNING"}
        self.assertEqual(nodes, {"n2"})  # n1 takes no work
        self.finish_with_what_is_done(study, "hard")

    def finish_with_what_is_done(self, study, series):
        """Each job that was computed counts, was computed once, and none failed or was lost."""
        self.cox(study, "down")
        wait_for("no task is left", lambda: self.slurm.queue() == {}, WAIT_S, self.slurm.logs)
        outcomes = study.outcomes(series)
        self.assertEqual(set(outcomes) - {"done", "returned"}, set())
        self.assertEqual(outcomes["done"], len(self.computed(study)))

    def test_c_a_coordinator_that_was_killed_finds_its_tasks_again(self):
        study = self.begin(0.2, max=1)
        study.submit("kept", runs=1, videos=1000)  # more than this test waits for
        first = self.cox(study, "up").stdout.strip()
        self.wait_for_running(study, 1)
        self.wait_for_done(study, "kept")
        study.kill()
        study.start()
        again = self.cox(study, "up")
        self.assertEqual(again.stdout, "")  # nothing to add
        self.assertIn("there are 1 running and 0 waiting", again.stderr)
        self.assertEqual([task.split("_")[0] for task in self.tasks(study)], [first])
        before = study.counts("kept")["done"]
        wait_for("the worker goes on", lambda: study.counts("kept")["done"] > before + 5, WAIT_S,
                 lambda: self.task_logs(study))
        self.finish_with_what_is_done(study, "kept")

    def test_d_down_finishes_the_jobs_in_flight_and_takes_waiting_tasks_out(self):
        study = self.begin(0.5, cpus=2, min=3, max=3)  # two run, the third waits for a node
        study.submit("down", runs=1, videos=1000)
        self.cox(study, "up")
        self.wait_for_running(study, 2)
        done = self.cox(study, "down")
        self.assertIn("asked 3 tasks to finish the jobs in flight and exit", done.stderr)
        wait_for("no task is left", lambda: self.slurm.queue() == {}, WAIT_S, self.slurm.logs)
        stories = sorted(row["story"] for row in self.tasks(study).values())
        self.assertEqual(stories, ["cancelled", "left normally", "left normally"], self.task_logs(study))
        self.assertEqual(set(study.outcomes("down")) - {"done", "returned"}, set())
        self.assertEqual(study.outcomes("down")["done"], len(self.computed(study)))

    def test_e_what_cannot_work_is_told_at_once(self):
        study = self.begin(1.0)
        study.submit("bad", runs=1, videos=2)
        for options, exit_code, words in [
                (("--partition", "mian"), 3, "this cluster has no 'mian'; did you mean 'main'?; it has: main, closed"),
                (("--partition", "closed"), 2, "partition 'closed' is down"),
                (("--time", "2:00:00"), 2, "02:00:00 is more than partition 'main' allows (01:00:00)"),
                (("--account", "a b"), 2, "account: 'a b' has a character that cannot be part of it: ' '")]:
            told = self.cox(study, "up", *options, check=False)
            self.assertIn(words, told.stderr)
            self.assertEqual(told.returncode, exit_code, told.stderr)
        self.settings(study, gpus=1, gpu_type="h100")
        self.assertIn("no node of partition 'main' has 1 h100 GPUs; it has: 1 h200 in a node",
                      self.cox(study, "up", check=False).stderr)
        self.settings(study, gpus=0, gpu_type=None, memory="9999G")
        self.assertIn("Slurm would refuse such tasks", self.cox(study, "up", check=False).stderr)
        self.settings(study, memory=None, worker="/nowhere/cox-worker")
        self.assertIn("'/nowhere/cox-worker' is not a program here", self.cox(study, "up", check=False).stderr)
        self.assertEqual(self.slurm.queue(), {})

        self.settings(study, worker=study.worker)
        self.cox(study, "up")
        self.wait_until_done(study, "bad", 2)
        study.submit("bad", runs=2, videos=2)  # now a job is known to take a second
        self.settings(study, time="1:00", margin=59)
        told = self.cox(study, "up", check=False)
        self.assertEqual(told.returncode, 2)
        self.assertIn("an open job takes about 1 s, but a task has only 1 s for it", told.stderr)

    def settings(self, study, **changed):
        path = study.folder / "slurm.yaml"
        lines = dict(line.split(": ", 1) for line in path.read_text().splitlines())
        lines.update((key, json.dumps(value)) for key, value in changed.items())
        lines = {key: value for key, value in lines.items() if value != "null"}
        path.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))

    def test_f_without_an_answer_nothing_is_done_and_nothing_hangs(self):
        study = self.begin(0.2)
        study.submit("silent", runs=1, videos=3)
        notes = study.folder / "out" / "slurm" / "t" / "tasks"
        notes.mkdir(parents=True)
        (notes / "999_0.0").write_text(f"node n1\nbegan {int(time.time())}\n")
        fake = study.folder / "fake"
        fake.mkdir()
        path = {"PATH": f"{fake}:{os.environ['PATH']}"}

        # This cluster keeps no accounts: what became of the task cannot be known.
        status = self.cox(study, "status")
        self.assertIn("no record of tasks that Slurm no longer lists: 'env' ended with exit code 1", status.stderr)
        self.assertIn("ended without a record", status.stdout)
        (fake / "sacct").write_text("#!/bin/sh\nexec sleep 1000\n")
        (fake / "sacct").chmod(0o755)
        status = self.cox(study, "status", environment=path)
        self.assertIn("did not end within 10000 ms", status.stderr)
        self.assertIn("UNKNOWN", status.stdout)

        (fake / "squeue").write_text("#!/bin/sh\necho 'slurm_load_jobs error: Unable to contact' >&2; exit 1\n")
        (fake / "squeue").chmod(0o755)
        for verb in (["up"], ["scale", "--once"], ["status"]):
            refused = self.cox(study, *verb, environment=path, check=False)
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn("Unable to contact", refused.stderr)
        self.assertEqual(self.slurm.queue(), {})

    def test_g_a_node_on_which_tasks_fail_is_left_out(self):
        study = self.begin(0.2, worker=self.failing_worker())
        study.submit("sick", runs=1, videos=3)
        self.cox(study, "up")
        wait_for("the task failed", lambda: self.slurm.queue() == {} and [
            row["story"] for row in self.tasks(study).values()] == ["a file that a job needs is missing on its node"],
                 WAIT_S, lambda: f"{self.slurm.queue()} {self.tasks(study)} {self.task_logs(study)}")
        sick = list(self.tasks(study).values())[0]["node"]
        self.assertIn(f"node {sick} is excluded for", self.cox(study, "status").stderr)
        self.settings(study, worker=study.worker)
        self.assertIn(f"not on {sick}", self.cox(study, "up").stderr)
        self.wait_until_done(study, "sick", 3)
        nodes = [row["node"] for row in self.tasks(study).values()]
        self.assertEqual(nodes[0], sick)
        self.assertNotEqual(nodes[1], sick)

    def failing_worker(self):
        program = self.folder / "failing-worker"
        program.write_text("#!/bin/sh\nexit 78\n")
        program.chmod(0o755)
        return str(program)


if __name__ == "__main__":
    runner.main(__doc__)
