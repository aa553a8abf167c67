#!/usr/bin/env python3
"""No-op jobs through our coordinator and through Optuna, Dask and HyperQueue, in one run.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r tests/bench/peers/requirements.txt
    /tmp/peers/bin/python tests/bench/peers/peers.py --bin build/bin [--small] [NAME ...]

Prints one row for each figure, in the form of docs/benchmarks.md, with what the figure leaves out: only ours and
Optuna's results are durable. NAME narrows to coxswain, optuna, dask or hyperqueue. --small is for trying the script.
"""

import argparse
import multiprocessing
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

PROCESSES = 2  # as many as the figures' machine has cores
rows = []


def row(who, what, figure):
    rows.append((who, what, figure))
    print(f"| {who} | {what} | {figure} |", flush=True)


def rate(count, seconds):
    return f"{count / seconds:,.0f} /s"


def own_memory():
    """Bytes that this process alone holds."""
    text = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) * 1024


def coxswain(programs, small):
    def ask(program, *words):
        return subprocess.run([str(programs / program), *map(str, words)], check=True, text=True,
                              capture_output=True).stdout

    jobs = 2_000 if small else 100_000
    for reports in (64, 1):
        said = ask("service_bench", jobs if reports > 1 else jobs // 5, 64, reports)
        row("coxswain", f"durable no-op jobs, 64 workers, at most {reports} results a call",
            re.search(r"(\d+) jobs/s", said)[1] + " /s")
    for line in ask("lease_bench", 50 if small else 1_000, 20 if small else 500).splitlines():
        row("coxswain", *line.split(": ", 1))
    for line in ask("store_bench", 10_000 if small else 1_000_000).splitlines():
        if line.strip():
            row("coxswain", "store_bench", line.strip())


def tell_trials(storage, study_name, count):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name=study_name, storage=storage)
    for _ in range(count):
        study.tell(study.ask(), 0.0)


def copy_last_trial(path, count):
    """Fills the database up to `count` trials that wait like the newest one: enqueuing them would take hours."""
    with sqlite3.connect(path) as database:
        last, = database.execute("SELECT max(trial_id) FROM trials").fetchone()
        first_number, = database.execute("SELECT max(number) + 1 FROM trials").fetchone()
        waiting, = database.execute("SELECT count(*) FROM trials WHERE state = 'WAITING'").fetchone()
        numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) "
        more = count - waiting
        database.execute(numbers + """INSERT INTO trials (trial_id, number, study_id, state, datetime_start)
            SELECT ? + 1 + i, ? + i, study_id, state, datetime_start FROM n, trials WHERE trial_id = ?""",
                         (more, last, first_number, last))
        database.execute(numbers + """INSERT INTO trial_system_attributes (trial_id, key, value_json)
            SELECT ? + 1 + i, key, value_json FROM n, trial_system_attributes WHERE trial_id = ?""",
                         (more, last, last))


def seconds_to_first_trial(storage, study_name):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    start = time.monotonic()
    optuna.load_study(study_name=study_name, storage=storage).ask()
    return time.monotonic() - start


def optuna(_, small):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    count = 100 if small else 500
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "study.db"
        storage = f"sqlite:///{path}"
        study = optuna.create_study(study_name="noop", storage=storage,
                                    sampler=optuna.samplers.RandomSampler())
        start = time.monotonic()
        processes = [multiprocessing.Process(target=tell_trials, args=(storage, "noop", count // PROCESSES))
                     for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        done = len(study.get_trials(deepcopy=False))
        row("optuna", f"durable no-op trials on SQLite, {PROCESSES} processes",
            rate(done, time.monotonic() - start))
        before = path.stat().st_size
        start = time.monotonic()
        for number in range(count):
            study.enqueue_trial({"x": number})
        took = time.monotonic() - start
        row("optuna", f"trials enqueued ({count:,})", rate(count, took))
        row("optuna", "a million enqueued, at that rate", f"{took / count * 1e6 / 3600:.1f} h")
        row("optuna", "file size for each waiting trial", f"{(path.stat().st_size - before) / count:,.0f} bytes")
        waiting = 2_000 if small else 100_000
        copy_last_trial(path, waiting)
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            took = fresh.apply(seconds_to_first_trial, (storage, "noop"))
        row("optuna", f"restart with {waiting:,} waiting trials, until one of them is handed out", f"{took:.1f} s")


def dask(_, small):
    import logging

    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    count = 1_000 if small else 20_000
    with LocalCluster(n_workers=PROCESSES, threads_per_worker=32, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(abs, range(100), pure=False))
            start = time.monotonic()
            client.gather(client.map(abs, range(count), pure=False))
            row("dask", f"no-op tasks in memory, {PROCESSES} workers of 32 threads",
                rate(count, time.monotonic() - start))


def hyperqueue(_, small):
    from hyperqueue import Job, LocalCluster
    from hyperqueue.cluster import WorkerConfig

    count = 200 if small else 4_000
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with LocalCluster(folder) as cluster:
            client = cluster.client()

            def tasks():
                job = Job()
                for _ in range(count):
                    job.program(["true"], stdout=None, stderr=None)
                return job

            before = own_memory()
            start = time.monotonic()
            waiting = client.submit(tasks())
            row("hyperqueue", f"waiting tasks submitted ({count:,})", rate(count, time.monotonic() - start))
            row("hyperqueue", "memory for each waiting task, server and client",
                f"{(own_memory() - before) / count:,.0f} bytes")
            start = time.monotonic()
            cluster.start_worker(WorkerConfig(cores=64))
            client.wait_for_jobs([waiting])
            row("hyperqueue", "no-op programs (/bin/true) in memory, a worker of 64 slots",
                rate(count, time.monotonic() - start))
        os.chdir("/")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--small", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    measures = {measure.__name__: measure for measure in (coxswain, optuna, dask, hyperqueue)}
    names = options.names or list(measures)
    if len(names) > 1:  # each in a process of its own: memory is measured
        for name in names:
            subprocess.run([sys.executable, __file__, "--bin", options.bin, name, *["--small"] * options.small],
                           check=True)
        return
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    measures[names[0]](options.bin, options.small)
    print("\n| program | what | measured |\n| --- | --- | ---: |")  # again, without what the peer said between
    print("\n".join(f"| {who} | {what} | {figure} |" for who, what, figure in rows))


if __name__ == "__main__":
    main()
