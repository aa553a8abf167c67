"""A Slurm cluster of this machine's own Debian packages: munged, slurmctld and two slurmd, in a folder
of its own, under ports of its own. Starts as root. Everything it starts ends with it."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

CONFIGURATION = """\
ClusterName=cox
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmctldPort={controller}
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
GresTypes=gpu
ReturnToService=2
KillWait=5
InactiveLimit=0
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=2 RealMemory=500
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=2 RealMemory=500 Gres=gpu:h200:1
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=closed Nodes=n2 MaxTime=60 State=DOWN
"""
READY_S = 60
END_S = 10


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for(what, condition, at_most_s, describe=lambda: ""):
    """Looks until `condition()` is true; fails with what was seen instead."""
    deadline = time.monotonic() + at_most_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {at_most_s} s: {what}\n{describe()}")
        time.sleep(0.1)


class SmallSlurm:
    """`with SmallSlurm(folder) as slurm`: ready on entry, gone on exit, also after a failure."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.environment = dict(os.environ, SLURM_CONF=str(self.folder / "slurm.conf"))

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        # munged insists on folders that nobody else can write to.
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        controller, n1, n2 = free_ports(3)
        text = CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=self.folder,
                                    controller=controller, n1=n1, n2=n2)
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "gres.conf").write_text("NodeName=n2 Name=gpu Type=h200 File=/dev/null\n")
        self.launch("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.sock",
                    f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/munge.log",
                    f"--seed-file={self.folder}/munge.seed")
        wait_for("munged listens", (self.folder / "munge.sock").exists, READY_S, self.logs)
        self.launch("slurmctld", "-D", "-f", self.folder / "slurm.conf")
        for node in ("n1", "n2"):
            self.launch("slurmd", "-D", "-N", node, "-f", self.folder / "slurm.conf")
        wait_for("both nodes are idle", lambda: self.node_states() == {"n1": "idle", "n2": "idle"}, READY_S, self.logs)

    def launch(self, program, *arguments):
        path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if path is None:
            raise AssertionError(f"{program} is missing: install scripts/cluster_packages.txt")
        with open(self.folder / f"{program}.out", "ab") as out:
            self.processes.append(subprocess.Popen([path, *map(str, arguments)], stdout=out, stderr=out,
                                                   env=self.environment, start_new_session=True))

    def stop(self):
        if (self.folder / "slurm.conf").exists() and len(self.processes) > 1:
            self.command("scancel", "--user=root", check=False)
            deadline = time.monotonic() + END_S
            while self.command("squeue", "--noheader", check=False).strip() and time.monotonic() < deadline:
                time.sleep(0.1)
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        self.end_strays()

    def end_strays(self):
        """slurmstepd and what it started are no children of ours: they carry our folder."""
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                seen = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"SLURM_CONF={self.folder}/".encode() in seen:
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def command(self, *words, check=True, timeout=60, **more):
        done = subprocess.run([str(word) for word in words], env=self.environment, text=True, capture_output=True,
                              timeout=timeout, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}\n{self.logs()}")
        return done.stdout

    def node_states(self):
        lines = self.command("sinfo", "--noheader", "--Node", "--format=%N %t", check=False).split("\n")
        return dict(line.split() for line in lines if line)

    def queue(self):
        """{task: state} of what is not over."""
        lines = self.command("squeue", "--noheader", "--array", "--format=%i %T").split("\n")
        return dict(line.split() for line in lines if line)

    def logs(self):
        texts = []
        for name in ("munge.log", "munged.out", "slurmctld.log", "slurmctld.out", "n1.log", "n2.log", "slurmd.out"):
            path = self.folder / name
            if path.exists():
                texts.append(f"--- {name}\n{path.read_text(errors='replace')[-1500:]}")
        return "\n".join(texts)
