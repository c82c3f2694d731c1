"""A gateway under measurement: started, watched, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

GATEWAY_CORE = 0
LOAD_CORE = 1
#: A start that takes longer fails the run.
START_SECONDS = 180.0


class Gateway:
    """`gatehouse run` with a configuration; it is ended on the way out."""

    def __init__(self, program: Path, configuration: Path, port: int, log: Path, core: int | None = None) -> None:
        self.log = log
        self._port = port
        began = time.monotonic()
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                on_core(core, str(program), "run", "-c", str(configuration)), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if self._process.poll() is not None or time.monotonic() - began > START_SECONDS:
                    self.end()
                    raise RuntimeError(f"no start: {log.read_text()[-2000:]}") from None
                time.sleep(0.002)
        #: Seconds from the start to the first connection.
        self.start_seconds = time.monotonic() - began

    @property
    def pid(self) -> int:
        return self._process.pid

    def memory_kib(self) -> int:
        """What it has of its own: PSS without what is mapped from files."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1])
        raise RuntimeError("the kernel tells no Pss_Anon")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def thread_seconds(self, name: str) -> float:
        """CPU seconds of its threads of this name."""
        spent = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            if (task / "comm").read_text().strip() == name:
                # schedstat counts nanoseconds where stat counts ticks.
                spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9

    def settle(self, patience: float = 60.0) -> None:
        """Returns when it has had nothing to do for a while."""
        end, before, quiet = time.monotonic() + patience, self.cpu_seconds(), 0
        while quiet < 4 and time.monotonic() < end:
            time.sleep(0.25)
            now = self.cpu_seconds()
            quiet, before = (quiet + 1 if now - before < 0.02 else 0), now

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()


def on_core(core: int | None, *command: str) -> list[str]:
    """The command, held on one core, or on the last one of a smaller machine; None: where it likes."""
    if core is None:
        return list(command)
    return ["taskset", "-c", str(min(core, (os.cpu_count() or 1) - 1)), *command]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
