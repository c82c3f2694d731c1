"""What a gateway used: CPU time and memory, summed over all its processes and threads.

The total CPU time is the scheduler's own, in nanoseconds (/proc/PID/task/TID/schedstat). Its split into user and system
time is the kernel's: on most kernels (CONFIG_TICK_CPU_ACCOUNTING) each timer tick is booked to whichever mode it
interrupts, so a three-second window holds 750 samples at 250 Hz and the split is right within about two points per hundred;
the median over the rounds is better. Packets that loopback delivers in the sender's time slice are booked to the sender.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cpu:
    """CPU time of each process since its start: nanoseconds in all, and ticks in user and in system mode."""

    by_process: dict[int, tuple[int, int, int]]

    @staticmethod
    def of(pids: Iterable[int]) -> Cpu:
        """A process that is gone is left out: some programs start short-lived helpers."""
        found: dict[int, tuple[int, int, int]] = {}
        for pid in pids:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                threads = os.listdir(f"/proc/{pid}/task")
                total = sum(int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]) for thread in threads)
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[pid] = (total, int(fields[11]), int(fields[12]))
        return Cpu(found)

    def since(self, earlier: Cpu) -> tuple[float, float]:
        """User and system nanoseconds between two samples, of the processes that are in both."""
        total = user = system = 0
        for pid in self.by_process.keys() & earlier.by_process.keys():
            now, then = self.by_process[pid], earlier.by_process[pid]
            total += now[0] - then[0]
            user += now[1] - then[1]
            system += now[2] - then[2]
        share = user / (user + system) if user + system else 0.0
        return total * share, total * (1 - share)


@dataclass(frozen=True)
class Cores:
    """How busy the run's cores are, and how much of it is the run's own work."""

    at: float
    busy_seconds: float
    own: Cpu

    @staticmethod
    def of(cores: set[int], own_pids: Iterable[int]) -> Cores:
        ticks = 0
        for line in Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name in {f"cpu{core}" for core in cores}:
                # user, nice, system, irq, softirq, steal (proc_stat(5)); time stolen by the host counts as busy
                ticks += sum(int(fields[index]) for index in (0, 1, 2, 5, 6, 7))
        return Cores(time.monotonic(), ticks / os.sysconf("SC_CLK_TCK"), Cpu.of(own_pids))

    def foreign_since(self, earlier: Cores, cores: int) -> float:
        """The share of the cores' time that other programs took between two samples."""
        own = sum(self.own.since(earlier.own)) / 1e9
        return max(0.0, self.busy_seconds - earlier.busy_seconds - own) / (self.at - earlier.at) / cores


@dataclass(frozen=True)
class Memory:
    """Resident memory in KiB. PSS counts a page that n processes share as 1/n in each, so sums are right; what is anonymous is
    the program's own whatever other processes do."""

    rss_kib: int
    pss_kib: int
    anonymous_kib: int

    @staticmethod
    def of(pids: Iterable[int]) -> Memory:
        rss = pss = anonymous = 0
        for pid in pids:
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                continue
            for line in lines:
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
                elif line.startswith("Anonymous:"):
                    anonymous += int(line.split()[1])
        return Memory(rss, pss, anonymous)
