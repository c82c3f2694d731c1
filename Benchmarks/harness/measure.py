"""One measurement: a scenario, a program, a round."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .contestants import Contestant
from .processes import Child
from .scenarios import Load, Scenario
from .site import CIPHERSUITE, Site
from .usage import Cores, Cpu, Memory

#: A load generator that takes so much longer than its run is ended, and the measurement fails.
PATIENCE_SECONDS = 90.0
#: Buffers of the last request are given back by then.
SETTLE_SECONDS = 1.0
WRK_SCRIPT = Path(__file__).resolve().parent.parent / "wrk" / "report.lua"


class MeasurementFailed(Exception):
    """Why there is no figure: the run had errors, or never began."""


@dataclass
class Measurement:
    """What one run gave. Times are per unit, in microseconds; memory in KiB."""

    scenario: str
    program: str
    round: int
    rate: float | None = None          #: units per second
    user_us: float | None = None
    system_us: float | None = None
    total_us: float | None = None
    busy: float | None = None          #: share of its core that the program used
    foreign: float | None = None       #: share of the run's cores that other programs of the machine took
    p50_us: float | None = None
    p99_us: float | None = None
    p999_us: float | None = None
    max_us: float | None = None
    rss_kib: float | None = None       #: at the end of the window
    pss_kib: float | None = None
    unit_kib: float | None = None      #: PSS per idle connection, above the idle program's
    error: str = ""

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, "")}


@dataclass(frozen=True)
class Run:
    """How a measurement is made: its window and warm-up, and an intended rate (0: closed loop)."""

    seconds: float
    warmup: float
    rate: float = 0.0
    #: wrk instead of the bench's own load generator, where wrk can do the scenario.
    wrk: bool = False


def measure(site: Site, scenario: Scenario, program: Contestant, round_number: int, run: Run) -> Measurement:
    """Starts the program, checks one answer, runs the load, and stops the program again."""
    result = Measurement(scenario.name, program.name, round_number)
    try:
        with program.running(site, scenario.logging) as gateway:
            if scenario.load.work != "ws":
                check_answer(site, scenario)
            # Once it has worked, its workers and helpers are there, and so is what it allocates only once.
            _work_a_little(site, scenario)
            family = processes.family_of(gateway.pid)
            if scenario.load.hold:
                _measure_idle(site, scenario, family, result)
            else:
                _measure_work(site, scenario, family, result, run)
            if gateway.process.poll() is not None:
                raise MeasurementFailed(f"{program.name} ended during the run:\n{gateway.tail()}")
    except (MeasurementFailed, RuntimeError, OSError, http.client.HTTPException) as failure:
        result.error = str(failure) or type(failure).__name__
    return result


def check_answer(site: Site, scenario: Scenario) -> None:
    """One request with Python's client: status, length, certificate. (The load generator offers one cipher only.)"""
    context = ssl.create_default_context(cafile=str(site.certificate))
    connection = http.client.HTTPSConnection("localhost", site.ports["port"], context=context, timeout=10)
    body = b"u" * scenario.load.upload_bytes or None
    connection.request("POST" if body else "GET", scenario.path, body=body)
    answer = connection.getresponse()
    length = len(answer.read())
    connection.close()
    if answer.status != 200 or length != scenario.load.expect_bytes:
        raise MeasurementFailed(f"answered {answer.status} with {length} bytes")


def capacity(site: Site, scenario: Scenario, program: Contestant, seconds: float) -> float:
    """Units per second of a closed loop; raises if the run has errors."""
    result = measure(site, scenario, program, 0, Run(seconds, 0.5))
    if result.error or not result.rate:
        raise MeasurementFailed(f"no capacity of {program.name}: {result.error}")
    return result.rate


def _work_a_little(site: Site, scenario: Scenario) -> None:
    load = dataclasses.replace(scenario.load, hold=False, resume=False, connections=4)
    with _Generator(site, _command(site, load, scenario.path, Run(0.2, 0.1)), 1) as generator:
        generator.expect("begin")
        generator.expect("end")
        generator.outcome()


def _command(site: Site, load: Load, path: str, run: Run) -> list[str]:
    command = [
        str(site.programs / "load"), "--work", load.work, "--port", str(site.ports["port"]), "--path", path,
        "--connections", str(load.connections), "--seconds", str(run.seconds), "--warmup", str(run.warmup),
        "--rate", str(run.rate), "--upload-bytes", str(load.upload_bytes), "--message-bytes", str(load.message_bytes),
        "--ciphersuites", CIPHERSUITE]
    if load.expect_bytes is not None:
        command += ["--expect-bytes", str(load.expect_bytes)]
    return command + ["--resume"] * load.resume + ["--hold"] * load.hold


def _wrk_command(site: Site, load: Load, path: str, run: Run) -> list[str]:
    return ["wrk", "--threads", "1", "--connections", str(load.connections), "--duration", f"{max(1, round(run.seconds))}s",
            "--latency", "--script", str(WRK_SCRIPT), f"https://localhost:{site.ports['port']}{path}"]


def wrk_can(load: Load, rate: float) -> bool:
    """wrk does closed loops of GET on kept connections, and nothing else here."""
    return load.work == "http" and not load.upload_bytes and not load.hold and rate == 0


class _Generator:
    """The load generator and its lines; ended when it takes too long."""

    def __init__(self, site: Site, command: list[str], seconds: float) -> None:
        self._child = Child(command, processes.LOAD_CORE, site.work / "load.log", site.environment, piped=True)
        self._figures = ""
        self._timer = threading.Timer(seconds + PATIENCE_SECONDS, self._child.process.kill)

    def __enter__(self) -> _Generator:
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


def _measure_work(site: Site, scenario: Scenario, family: list[int], result: Measurement, run: Run) -> None:
    if run.wrk and wrk_can(scenario.load, run.rate):
        return _measure_with_wrk(site, scenario, family, result, run)
    with _Generator(site, _command(site, scenario.load, scenario.path, run), run.seconds + run.warmup) as generator:
        cores, own = processes.run_cores(), processes.family_of(os.getpid())
        generator.expect("begin")
        before, all_before = Cpu.of(family), Cores.of(cores, own)
        generator.expect("end")
        user, system = Cpu.of(family).since(before)
        result.foreign = Cores.of(cores, own).foreign_since(all_before, len(cores))
        memory = Memory.of(family)
        figures = generator.outcome()
    _fill(result, figures, user, system, memory)


def _measure_with_wrk(site: Site, scenario: Scenario, family: list[int], result: Measurement, run: Run) -> None:
    """wrk does not tell when its handshakes are over: they count in the CPU time."""
    before = Cpu.of(family)
    with _Generator(site, _wrk_command(site, scenario.load, scenario.path, run), run.seconds) as generator:
        generator.wait_for_figures()
        user, system = Cpu.of(family).since(before)
        memory = Memory.of(family)
        figures = generator.outcome()
    _fill(result, figures, user, system, memory)


def _fill(result: Measurement, figures: dict[str, float], user: float, system: float, memory: Memory) -> None:
    units = figures["units"]
    if units < 1:
        raise MeasurementFailed("not one unit was finished")
    if user + system <= 0:
        raise MeasurementFailed("the program used no CPU time: its processes were not found")
    result.rate = units / figures["seconds"]
    result.user_us, result.system_us = user / units / 1e3, system / units / 1e3
    result.total_us = result.user_us + result.system_us
    result.busy = (user + system) / 1e9 / figures["seconds"]
    result.p50_us, result.p99_us = figures["p50_us"], figures["p99_us"]
    result.p999_us, result.max_us = figures["p999_us"], figures["max_us"]
    result.rss_kib, result.pss_kib = memory.rss_kib, memory.pss_kib


def _measure_idle(site: Site, scenario: Scenario, family: list[int], result: Measurement) -> None:
    time.sleep(SETTLE_SECONDS)
    before = Memory.of(family)
    with _Generator(site, _command(site, scenario.load, scenario.path, Run(0, 0)), 60) as generator:
        generator.expect("ready")
        time.sleep(SETTLE_SECONDS)
        memory = Memory.of(family)
        generator.release()
        generator.outcome()
    result.unit_kib = (memory.pss_kib - before.pss_kib) / scenario.load.connections
    result.rss_kib, result.pss_kib = memory.rss_kib, memory.pss_kib
