"""Hosts that are network namespaces of this machine, each with an address and an SSH server of its own, on
one bridge. As root. Everything it makes ends with it."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

NOBODY = "02:00:00:00:00:99"
SSHD = """\
Port 22
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
"""
SSH = """\
Host {names}
  User root
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  LogLevel ERROR
  ConnectTimeout 5
"""


def run(*words, check=True):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr}")
    return done.stdout


class SmallNetwork:
    """`start()` and `stop()`; `address` is this machine's on the bridge, `addresses` those of the hosts."""

    def __init__(self, folder, names):
        self.folder = pathlib.Path(folder)
        self.mark = f"{os.getpid() % 100000}"
        self.bridge = f"coxb{self.mark}"
        net = f"10.231.{os.getpid() % 250}"
        self.address = f"{net}.1"
        self.addresses = {name: f"{net}.{11 + index}" for index, name in enumerate(names)}
        self.processes = []

    def namespace(self, name):
        return f"cox{self.mark}{name}"

    def start(self):
        self.folder.mkdir()
        for key in ("host_key", "user_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / key)
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)  # where sshd confines itself
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "address", "add", f"{self.address}/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")
        lines = [SSH.format(names=" ".join(self.addresses), folder=self.folder)]
        for index, (name, address) in enumerate(self.addresses.items()):
            self.add_host(index, name, address)
            lines.append(f"Host {name}\n  HostName {address}\n")
        (self.folder / "ssh_config").write_text("".join(lines))

    def add_host(self, index, name, address):
        space, link = self.namespace(name), f"coxv{self.mark}{index}"
        run("ip", "netns", "add", space)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "set", link, "master", self.bridge, "up")
        for words in (["address", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                      ["link", "set", "lo", "up"]):
            run("ip", "-n", space, *words)
        config = self.folder / f"sshd_{name}"
        config.write_text(SSHD.format(address=address, folder=self.folder))
        sshd = shutil.which("sshd", path="/usr/sbin:/sbin")
        if sshd is None:
            raise AssertionError("sshd is missing: install scripts/cluster_packages.txt")
        log = open(self.folder / f"sshd_{name}.log", "ab")
        self.processes.append(subprocess.Popen(["ip", "netns", "exec", space, sshd, "-D", "-e", "-f", str(config)],
                                               stdout=log, stderr=log, start_new_session=True))
        log.close()

    # Frames to an address that nobody has are lost without a word to anybody, as behind a firewall that drops.

    def lose_answers(self, name):
        """What this machine sends to the host is lost; what the host sends arrives."""
        run("ip", "neigh", "replace", self.addresses[name], "lladdr", NOBODY, "dev", self.bridge, "nud", "permanent")

    def lose_calls(self, name):
        """What the host sends to this machine is lost; what this machine sends arrives."""
        run("ip", "-n", self.namespace(name), "neigh", "replace", self.address, "lladdr", NOBODY, "dev", "eth0",
            "nud", "permanent")

    def cut(self, name):
        self.lose_calls(name)
        self.lose_answers(name)

    def heal(self, name):
        run("ip", "neigh", "delete", self.addresses[name], "dev", self.bridge, check=False)
        run("ip", "-n", self.namespace(name), "neigh", "delete", self.address, "dev", "eth0", check=False)

    def pids(self, name):
        return [int(pid) for pid in run("ip", "netns", "pids", self.namespace(name), check=False).split()]

    def stop(self):
        deadline = time.monotonic() + 10
        for name in self.addresses:
            while self.pids(name) and time.monotonic() < deadline:
                for pid in self.pids(name):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(0.05)
            run("ip", "netns", "delete", self.namespace(name), check=False)
        for process in self.processes:
            process.kill()
            process.wait()
        run("ip", "link", "delete", self.bridge, check=False)
