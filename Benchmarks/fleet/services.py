"""Programs on machines: started, paused, killed, and what they say."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from .network import Machine

#: A machine that is slow is no fault.
PATIENCE = 120.0


class Service:
    """One program on one machine. What it says is kept over its starts."""

    def __init__(self, machine: Machine, folder: Path, command: list[str], ready: str, more: dict[str, str] | None = None,
                 name: str | None = None) -> None:
        self.machine = machine
        self.name = name or machine.name
        self.log = folder / f"{self.name}.log"
        self._command, self._ready = machine.command(*command), ready
        self._environment = {**os.environ, **(more or {})}
        self._process: subprocess.Popen[bytes] | None = None
        #: When it was about to be killed, when it was gone, and when it could be used again: monotonic seconds.
        self.outages: list[tuple[float, float, float]] = []
        #: When it stood still.
        self.pauses: list[tuple[float, float]] = []

    def launch(self) -> None:
        """Starts it, without waiting for it."""
        self._begun = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment)

    def wait(self) -> None:
        """Returns when it can be used."""
        end = time.monotonic() + PATIENCE
        while self._ready not in self.said(self._begun):
            if not self.is_there or time.monotonic() > end:
                raise RuntimeError(f"{self.name} does not start:\n{self.said(self._begun)[-3000:]}")
            time.sleep(0.02)

    def start(self) -> None:
        self.launch()
        self.wait()

    def said(self, since: int = 0) -> str:
        """What it has said since that byte of its log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    @property
    def is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a machine ends that fails."""
        process, self._process = self._process, None
        if process is None:
            return
        self._since = time.monotonic()
        process.kill()
        process.wait()
        self._gone = time.monotonic()

    def start_again(self) -> None:
        self.start()
        self.outages.append((self._since, self._gone, time.monotonic()))

    def pause(self) -> None:
        self._since = time.monotonic()
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)
        self.pauses.append((self._since, time.monotonic()))

    def _signal(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)
