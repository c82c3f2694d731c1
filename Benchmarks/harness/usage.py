"""What a gateway used: CPU time and memory, summed over all its processes and threads.

The total CPU time is the scheduler's own, in nanoseconds (/proc/PID/task/TID/schedstat). Its split into user and system
time is the kernel's: on most kernels (CONFIG_TICK_CPU_ACCOUNTING) each timer tick is booked to whichever mode it
interrupts, so a three-second window holds 750 samples at 250 Hz and the split is right within about two points per hundred;
the median over the rounds is better. Packets that loopback delivers in the sender's time slice are booked to the sender.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cpu:
    """CPU time since the processes started."""

    total_ns: int
    user_ticks: int
    system_ticks: int

    @staticmethod
    def of(pids: Iterable[int]) -> Cpu:
        total = user = system = 0
        for pid in pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            user += int(fields[11])
            system += int(fields[12])
            for thread in os.listdir(f"/proc/{pid}/task"):
                total += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
        return Cpu(total, user, system)

    def since(self, earlier: Cpu) -> tuple[float, float]:
        """User and system nanoseconds between two samples."""
        total = self.total_ns - earlier.total_ns
        user = self.user_ticks - earlier.user_ticks
        system = self.system_ticks - earlier.system_ticks
        share = user / (user + system) if user + system else 0.0
        return total * share, total * (1 - share)


@dataclass(frozen=True)
class Memory:
    """Resident memory in KiB. PSS counts a page that n processes share as 1/n in each, so sums are right."""

    rss_kib: int
    pss_kib: int

    @staticmethod
    def of(pids: Iterable[int]) -> Memory:
        rss = pss = 0
        for pid in pids:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
        return Memory(rss, pss)
