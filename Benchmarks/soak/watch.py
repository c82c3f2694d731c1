"""What is looked at during a soak."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from harness.generator import Generator, Run, command
from harness.scenarios import SMALL_BODY, Load
from harness.site import Site
from harness.usage import Cpu, Memory

#: The probe: few requests on few connections, whose latency anybody would see.
PROBE = Load(connections=2, expect_bytes=len(SMALL_BODY))
PROBE_RATE = 50.0
#: TCP states of /proc/net/tcp that hold no descriptor.
TIME_WAIT, LISTENING = "06", "0A"


@dataclass(frozen=True)
class Sample:
    """One look at the gateway."""

    at: float          #: seconds since the load began
    memory_kib: float
    descriptors: int
    threads: int
    core: float        #: share of one core, since the sample before
    p50_us: float
    p99_us: float


class Watch:
    """Takes samples; each lasts as long as the probe's run."""

    def __init__(self, site: Site, pid: int) -> None:
        self._site, self._pid = site, pid
        self._began = self._last = time.monotonic()
        self._cpu = Cpu.of([pid])

    def sample(self, seconds: float) -> Sample:
        words = command(self._site, PROBE, "/plain/small", Run(seconds, 0.0, PROBE_RATE))
        with Generator(self._site, words, seconds) as probe:
            probe.expect("begin")
            probe.expect("end")
            figures = probe.outcome()
        now, cpu = time.monotonic(), Cpu.of([self._pid])
        core = sum(cpu.since(self._cpu)) / 1e9 / (now - self._last)
        self._last, self._cpu = now, cpu
        return Sample(now - self._began, Memory.of([self._pid]).anonymous_kib, descriptors(self._pid),
                      len(os.listdir(f"/proc/{self._pid}/task")), core, figures["p50_us"], figures["p99_us"])


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_clients(port: int) -> int:
    """Connections to the port that the gateway still holds."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, _, state = line.split()[1:4]
            count += int(local.rpartition(":")[2], 16) == port and state not in (TIME_WAIT, LISTENING)
    return count


def wait_until_quiet(pid: int, port: int, wanted: int, seconds: float) -> tuple[int, int]:
    """Descriptors and clients once there are no more than `wanted` and none, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        held, clients = descriptors(pid), open_clients(port)
        if (held <= wanted and clients == 0) or time.monotonic() > deadline:
            return held, clients
        time.sleep(0.2)
