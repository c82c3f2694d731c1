"""The load generator: how it is asked, and what it answers."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .processes import Child
from .scenarios import Load
from .site import CIPHERSUITE, Site

#: A load generator that takes so much longer than its run is ended, and the measurement fails.
PATIENCE_SECONDS = 90.0
WRK_SCRIPT = Path(__file__).resolve().parent.parent / "wrk" / "report.lua"


class MeasurementFailed(Exception):
    """Why there is no figure: the run had errors, or never began."""


@dataclass(frozen=True)
class Run:
    """How a measurement is made: its window and warm-up, and an intended rate (0: closed loop)."""

    seconds: float
    warmup: float
    rate: float = 0.0
    #: wrk instead of the bench's own load generator, where wrk can do the scenario.
    wrk: bool = False


def command(site: Site, load: Load, path: str, run: Run) -> list[str]:
    """The load generator's command line."""
    words = [
        str(site.programs / "load"), "--work", load.work, "--port", str(site.ports[load.port]), "--path", path,
        "--connections", str(load.connections), "--streams", str(load.streams),
        "--seconds", str(run.seconds), "--warmup", str(run.warmup),
        "--rate", str(run.rate), "--upload-bytes", str(load.upload_bytes), "--message-bytes", str(load.message_bytes),
        "--host", load.host, "--variants", str(load.variants), "--ciphersuites", CIPHERSUITE]
    if load.expect_bytes is not None:
        words += ["--expect-bytes", str(load.expect_bytes)]
    if load.accept:
        words += ["--accept-encoding", load.accept]
    return words + ["--call"] * load.is_call + ["--resume"] * load.resume + ["--hold"] * load.hold


def wrk_command(site: Site, load: Load, path: str, run: Run) -> list[str]:
    return ["wrk", "--threads", "1", "--connections", str(load.connections), "--duration", f"{max(1, round(run.seconds))}s",
            "--latency", "--script", str(WRK_SCRIPT), f"https://localhost:{site.ports[load.port]}{path}"]


def wrk_can(load: Load, rate: float) -> bool:
    """wrk does closed loops of GET on kept connections, and nothing else here."""
    return load.work == "http" and not load.streams and not load.upload_bytes and not load.accept and not load.hold and rate == 0


class Generator:
    """The load generator and its lines; ended when it takes too long."""

    def __init__(self, site: Site, command: list[str], seconds: float) -> None:
        self._child = Child(command, (processes.LOAD_CORE,), site.work / "load.log", site.environment, piped=True)
        self._figures = ""
        self._timer = threading.Timer(seconds + PATIENCE_SECONDS, self._child.process.kill)

    def __enter__(self) -> Generator:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._child.stop()

    def expect(self, word: str) -> None:
        """Waits for the line `word`."""
        line = self._line()
        if line != word:
            said = f"the load generator said {line!r} instead of {word!r}: {self._child.tail()}"
            raise MeasurementFailed(_reason(line) or said)

    def wait_for_figures(self) -> None:
        """Waits for wrk's line of JSON, past its report for people; outcome() returns it."""
        lines = self._child.process.stdout or ()
        self._figures = next((line.decode() for line in lines if line.startswith(b"{")), "")

    def release(self) -> None:
        """Ends its standard input: it lets its idle connections go."""
        if self._child.process.stdin:
            self._child.process.stdin.close()

    def outcome(self) -> dict[str, float]:
        line = self._figures or self._line()
        if reason := _reason(line):
            raise MeasurementFailed(reason)
        figures: dict[str, float] = json.loads(line)
        return figures

    def _line(self) -> str:
        output = self._child.process.stdout
        return output.readline().decode().strip() if output else ""


def _reason(line: str) -> str:
    """Why a run is void; empty if it is sound."""
    if not line:
        return "the load generator ended early"
    if not line.startswith("{"):
        return ""
    figures = json.loads(line)
    return f"{figures['errors']} errors, first: {figures['first_error']}" if figures["errors"] else ""
