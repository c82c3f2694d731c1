"""Machines as network namespaces, on one bridge, that can be cut off from one another."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Where clients are.
CLIENTS = "10.99.0.1"
#: Says that this process is in namespaces of its own.
INSIDE = "GATEHOUSE_CHAOS_INSIDE"
TABLE = """table inet cut {
    set away { type ipv4_addr; }
    chain input { type filter hook input priority 0; ip saddr @away drop; }
}
"""


@dataclass(frozen=True)
class Machine:
    name: str
    address: str

    def command(self, *words: str | Path) -> list[str]:
        """The command, on this machine; the process that is started becomes it."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, words)]


def enter() -> None:
    """Goes on in namespaces of its own for the network, mounts and processes, so that all of it ends with this script."""
    if INSIDE in os.environ:
        return
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork",
               "--kill-child", "--mount-proc", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    inside = subprocess.Popen([*command, sys.executable, "-B", *sys.argv], env={**os.environ, INSIDE: "1"})
    try:
        sys.exit(inside.wait())
    finally:
        inside.kill()


def run(*words: str, text: str | None = None) -> None:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")


def connect(machines: list[Machine]) -> None:
    """Makes the machines and the bridge."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "bridge", "type", "bridge")
    run("ip", "address", "add", f"{CLIENTS}/24", "dev", "bridge")
    run("ip", "link", "set", "bridge", "up")
    for machine in machines:
        name, port = machine.name, f"to-{machine.name}"
        run("ip", "netns", "add", name)
        run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", port, "master", "bridge", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "address", "add", f"{machine.address}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run(*machine.command("nft", "-f", "-"), text=TABLE)


def _element(verb: str, at: Machine, other: Machine) -> None:
    run(*at.command("nft", verb, "element", "inet", "cut", "away", f"{{ {other.address} }}"))


def cut(one: Machine, other: Machine) -> None:
    """Neither hears the other any more; what was sent is lost without a word."""
    _element("add", one, other)
    _element("add", other, one)


def join(one: Machine, other: Machine) -> None:
    _element("delete", one, other)
    _element("delete", other, one)
