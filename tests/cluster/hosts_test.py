#!/usr/bin/env python3
"""`cox hosts` on two hosts with addresses of their own, over SSH, with TLS and tokens.

    hosts_test.py --bin build/bin --source . [--junit FILE] [NAME ...]

Needs root, and Debian's iproute2, openssh-server and openssh-client.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import runner  # noqa: E402
from small_network import SmallNetwork  # noqa: E402
from small_slurm import wait_for  # noqa: E402
from study import Study  # noqa: E402

WAIT_S = 240  # for what a busy machine may take long over
TOKENS = {role: f"{role}-token-0123456789" for role in ("submit", "work", "read")}


class HostsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cox-hosts-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.network = SmallNetwork(cls.folder / "network", ["h1", "h2"])
        cls.addClassCleanup(cls.network.stop)
        cls.network.start()
        cls.make_certificate()

    @classmethod
    def make_certificate(cls):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=head",
                        "-addext", f"subjectAltName=IP:{cls.network.address}", "-keyout", cls.folder / "server.key",
                        "-out", cls.folder / "server.pem"], check=True, capture_output=True)
        (cls.folder / "server.key").chmod(0o600)
        (cls.folder / "tokens").write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
        (cls.folder / "work.token").write_text(TOKENS["work"])
        for name in ("tokens", "work.token"):
            (cls.folder / name).chmod(0o600)

    def begin(self, job_s, options=()):
        folder = self.folder / self._testMethodName
        folder.mkdir()
        study = Study(folder, runner.options.bin, runner.options.source, listen=f"{self.network.address}:0",
                      options=["--tls-cert", self.folder / "server.pem", "--tls-key", self.folder / "server.key",
                               "--token-file", self.folder / "tokens", *options])
        study.environment.update(COX_TOKEN=TOKENS["submit"], COX_CA_FILE=str(self.folder / "server.pem"))
        study.start()
        self.addCleanup(study.stop)
        self.addCleanup(self.end_workers)
        milliseconds = str(round(job_s * 1000))
        self.write(study, {
            "coordinator": study.address, "ca_file": str(self.folder / "server.pem"),
            "token_file": str(self.folder / "work.token"), "worker": study.worker, "out": str(folder / "out"),
            "worker_options": ["--shortest-ms", milliseconds, "--longest-ms", milliseconds, "--max-jobs", "2"],
            "ssh": ["ssh", "-F", str(self.network.folder / "ssh_config"), "-o", "BatchMode=yes"],
            "health_port": 9430, "hosts": [{"name": "h1", "workers": 2}, {"name": "h2", "workers": 2}]})
        return study

    def end_workers(self):
        """Those that a failed case left behind."""
        for name in self.network.addresses:
            for pid in self.network.pids(name):
                if b"cox-test-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def write(self, study, settings):
        (study.folder / "hosts.yaml").write_text(json.dumps(settings))

    def hosts(self, study, verb, *options, check=True, exit_code=0):
        """{worker: (state, detail)}; a host that did not answer is there under its own name."""
        done = study.ask("hosts", verb, study.folder / "hosts.yaml", "--json", *options, check=False, timeout=WAIT_S)
        if check:
            self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        rows = json.loads(done.stdout)["rows"]
        return {row["worker"] or row["host"]: (row["state"], row["detail"]) for row in rows}

    def states(self, answer):
        return {worker: state for worker, (state, _) in answer.items()}

    def pid(self, answer, worker):
        return int(answer[worker][1].removeprefix("process ").split(",")[0])

    def logs(self, study):
        return "\n".join(f"--- {log}\n{log.read_text()[-1500:]}" for log in (study.folder / "out").rglob("*.log"))

    def test_two_hosts_from_up_to_down(self):
        workers = ["h1-0", "h1-1", "h2-0", "h2-1"]
        study = self.begin(0.2)
        study.submit("two", runs=1, videos=60, lost=3)
        first = self.hosts(study, "up")
        self.assertEqual(self.states(first), dict.fromkeys(workers, "started"), self.logs(study))
        # They are where they should be, and outlive the SSH connection.
        self.assertIn(self.pid(first, "h1-0"), self.network.pids("h1"))
        self.assertIn(self.pid(first, "h2-1"), self.network.pids("h2"))
        self.assertEqual(self.states(self.hosts(study, "up")), dict.fromkeys(workers, "running"))

        os.kill(self.pid(first, "h1-1"), signal.SIGKILL)
        wait_for("the killed worker is gone",
                 lambda: self.states(self.hosts(study, "status"))["h1-1"] == "stopped", WAIT_S)
        again = self.hosts(study, "up")
        self.assertEqual(self.states(again), {**dict.fromkeys(workers, "running"), "h1-1": "started"})

        renewed = self.hosts(study, "up", "--restart")
        self.assertEqual(self.states(renewed), dict.fromkeys(workers, "started"), self.logs(study))
        self.assertNotEqual(self.pid(renewed, "h2-0"), self.pid(first, "h2-0"))
        said = {worker: detail.split(", ")[1] for worker, (_, detail) in self.hosts(study, "status").items()}
        self.assertEqual(list(said), workers)
        self.assertLessEqual(set(said.values()), {"computing", "waiting"}, said)

        wait_for("all jobs are done", lambda: study.counts("two") == {"done": 60}, WAIT_S,
                 lambda: f"{study.counts('hosts')}\n{self.logs(study)}")
        machines = {row["worker"] for row in study.rows("SELECT DISTINCT worker FROM v_results")}
        self.assertTrue({name[:2] for name in machines} == {"h1", "h2"}, machines)

        study.ask("hosts", "logs", study.folder / "hosts.yaml", "--into", study.folder / "pulled")
        self.assertIn("==> h2-1 <==", (study.folder / "pulled" / "h2.log").read_text())
        self.assertEqual(self.states(self.hosts(study, "down")), dict.fromkeys(workers, "stopped"))
        self.assertEqual(self.states(self.hosts(study, "status")), dict.fromkeys(workers, "stopped"))

    def test_a_worker_is_drained_resumed_and_removed(self):
        study = self.begin(0.3)
        settings = json.loads((study.folder / "hosts.yaml").read_text())
        self.write(study, {**settings, "hosts": [{"name": "h1", "workers": 2}]})
        study.submit("named", runs=1, videos=40)
        self.assertIn("unknown worker 'h1-0'", study.ask("workers", "drain", "h1-0", check=False).stderr)
        self.hosts(study, "up")
        wait_for("both work", lambda: {row["worker"] for row in study.rows("SELECT worker FROM v_results")}
                 == {"h1-0", "h1-1"}, WAIT_S, lambda: self.logs(study))
        told = study.ask("workers", "drain", "h1-0").stderr
        self.assertIn("'h1-0' finishes its job in flight and leaves; drained now: h1-0", told)
        wait_for("the drained worker left", lambda: self.states(self.hosts(study, "status"))["h1-0"] == "stopped", WAIT_S,
                 lambda: self.logs(study))
        self.assertNotIn("lost", study.outcomes("named"))
        # It comes back in vain, until it is resumed.
        self.hosts(study, "up", check=False)
        wait_for("it left again", lambda: self.states(self.hosts(study, "status"))["h1-0"] == "stopped", WAIT_S,
                 lambda: self.logs(study))
        self.assertIn("drained now: none", study.ask("workers", "resume", "h1-0").stderr)
        self.assertEqual(study.ask("workers", "resume", "h1-0", check=False).returncode, 3)

        # One that stands still holds its job for a minute; removed, it loses it at once.
        answer = self.hosts(study, "status")
        os.kill(self.pid(answer, "h1-1"), signal.SIGSTOP)
        held = "SELECT count(*) AS jobs FROM v_attempts WHERE worker = 'h1-1' AND outcome = 'open'"
        study.ask("workers", "remove", "h1-1")
        self.assertEqual(study.rows(held)[0]["jobs"], 0)
        self.hosts(study, "up", check=False)
        wait_for("the other one does the rest", lambda: study.counts("named") == {"done": 40}, WAIT_S,
                 lambda: f"{study.counts('named')}\n{self.logs(study)}")
        os.kill(self.pid(answer, "h1-1"), signal.SIGCONT)
        self.assertEqual(self.states(self.hosts(study, "down")), {"h1-0": "stopped", "h1-1": "stopped"})

    def test_cuts_and_half_open_connections_lose_nothing_and_double_nothing(self):
        videos, lease_s, cut_s = 500, 5, 12
        study = self.begin(0.3, ["--lease", lease_s])
        self.hosts(study, "up")
        study.submit("cut", runs=1, videos=videos, lost=1000)
        of_h1 = "FROM v_attempts WHERE worker LIKE 'h1-%' AND "
        number = lambda sql: study.rows(f"SELECT count(*) AS n {sql}")[0]["n"]
        said = lambda: f"{study.counts('cut')} {study.outcomes('cut')}\n{self.logs(study)}"
        # Where only answers are lost, heartbeats arrive, and the leases rightly hold.
        for lose, expires in ((self.network.cut, True), (self.network.lose_answers, False),
                              (self.network.lose_calls, True)):
            # In the middle of a lease.
            wait_for("h1 computes", lambda: number(of_h1 + "outcome = 'open'") > 0, WAIT_S, said)
            lost = number(of_h1 + "outcome = 'lost'")
            lose("h1")
            self.addCleanup(self.network.heal, "h1")
            time.sleep(cut_s)
            self.assertGreater(study.counts("cut").get("queued", 0), 0, "the sweep is too short for the test")
            if expires:
                wait_for("its leases expire", lambda: number(of_h1 + "outcome = 'lost'") > lost, WAIT_S, said)
            self.network.heal("h1")
            healed = number(of_h1 + "outcome = 'done'")
            wait_for("h1 delivers again", lambda: number(of_h1 + "outcome = 'done'") > healed, WAIT_S, said)
        wait_for("all jobs are done", lambda: study.counts("cut") == {"done": videos}, WAIT_S, said)
        self.hosts(study, "down")

        # One accepted attempt and one result for each, and the ledger of the workers has no more than was given up.
        self.assertEqual(study.rows("SELECT count(*) AS results, count(DISTINCT video) AS videos FROM v_results"),
                         [{"results": videos, "videos": videos}])
        outcomes = study.outcomes("cut")
        self.assertEqual(outcomes["done"], videos)
        computed = [line.split()[0] for line in (study.folder / "out" / "ledger").read_text().splitlines()]
        self.assertEqual(len(set(computed)), videos)
        given_up = sum(outcomes.values()) - videos
        self.assertLessEqual(len(computed) - videos, given_up, outcomes)
        self.assertEqual(study.ask("db", "check", study.database, check=False).returncode, 0)

    def test_a_worker_with_the_wrong_token_and_a_host_that_is_away_are_told(self):
        study = self.begin(0.2)
        settings = json.loads((study.folder / "hosts.yaml").read_text())
        (study.folder / "wrong.token").write_text("not-a-token-of-anybody")
        settings["hosts"] = [{"name": "h1"}, {"name": "h9"}]
        self.write(study, {**settings, "token_file": str(study.folder / "wrong.token")})
        answer = self.hosts(study, "up", exit_code=1)
        self.assertEqual(answer["h1-0"][0], "failed")
        self.assertIn("token", answer["h1-0"][1])
        self.assertEqual(answer["h9"][0], "unreachable")
        self.assertIn("ended with exit code 255", answer["h9"][1])


if __name__ == "__main__":
    runner.main(__doc__)
