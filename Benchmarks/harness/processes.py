"""Children: pinned to a core, with many descriptors, and ended by their id whatever happens."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

GATEWAY_CORE = 0
LOAD_CORE = 1
DESCRIPTORS = 65536
PR_SET_PDEATHSIG = 1
#: Where programs are looked for.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
_libc = ctypes.CDLL(None, use_errno=True)


def pin_harness() -> None:
    """The harness itself stays off the gateway's core."""
    os.sched_setaffinity(0, {core(LOAD_CORE)})


def run_cores() -> set[int]:
    """The cores that a run uses."""
    return {core(GATEWAY_CORE), core(LOAD_CORE)}


def core(number: int) -> int:
    """`number`, or the last core of a smaller machine."""
    return min(number, (os.cpu_count() or 1) - 1)


def _prepare_child(cores: Sequence[int], parent: int) -> None:
    # Should the harness be killed outright, its children go with it.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.sched_setaffinity(0, {core(each) for each in cores})
    limit = descriptors()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def descriptors() -> int:
    """How many descriptors a child may have: 65,536, or what the hard limit allows without the right to raise it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, DESCRIPTORS))
        except (ValueError, PermissionError):
            return hard
    return DESCRIPTORS


class Child:
    """A running child process; leaving the `with` block ends it and its descendants."""

    def __init__(self, command: Sequence[str], cores: Sequence[int], log: Path, environment: dict[str, str] | None = None,
                 piped: bool = False) -> None:
        parent = os.getpid()
        self.name = Path(command[0]).name
        self.log = log
        self.was_killed = False
        #: How long it took to listen, once somebody has waited for that.
        self.start_seconds = 0.0
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else self._log,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
            # A group of its own: Ctrl-C reaches the harness alone, which then ends its children in order.
            start_new_session=True,
            preexec_fn=lambda: _prepare_child(cores, parent),
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def tail(self) -> str:
        """The last lines of what it said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    def stop(self, grace: float = 5.0) -> None:
        """SIGTERM, and SIGKILL (`was_killed`) to what is still there after `grace` seconds."""
        family = family_of(self.pid)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.was_killed = True
                self.process.kill()
                self.process.wait()
        for pid in family:
            if pid != self.pid and parent_of(pid) is not None:
                _kill_orphan(pid)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self._log.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _kill_orphan(pid: int) -> None:
    """A worker whose master is gone: nginx's end by themselves within moments, what does not is killed."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if parent_of(pid) is None:
            return
        time.sleep(0.01)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def parent_of(pid: int) -> int | None:
    """The parent's id; None if the process is gone or a zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(parent)


def family_of(pid: int) -> list[int]:
    """The process and all its living descendants."""
    parents = {int(entry): parent_of(int(entry)) for entry in os.listdir("/proc") if entry.isdigit()}
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return [member for member in family if parents.get(member) is not None]


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 below the ephemeral range, so that no outgoing connection takes them meanwhile.

    Each run begins at another place: of two runs at once each would find free what the other is about to use, and gateways
    share a port silently (SO_REUSEPORT)."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[int] = []
    width = low - 1025
    for place in range(width):
        port = low - 1 - (os.getpid() * 64 + place) % width
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free loopback ports")


def wait_for_port(child: Child, port: int, seconds: float = 15.0) -> float:
    """Waits until something accepts on the port and returns how long that took; raises if the child ends first or takes
    too long."""
    began = time.monotonic()
    while True:
        if child.process.poll() is not None:
            raise RuntimeError(f"{child.name} ended at its start:\n{child.tail()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return time.monotonic() - began
        except OSError:
            if time.monotonic() > began + seconds:
                raise RuntimeError(f"{child.name} does not listen on port {port}:\n{child.tail()}") from None
            time.sleep(0.002)
