"""One measurement: a scenario, a program, a round."""

from __future__ import annotations

import dataclasses
import http.client
import os
import ssl
import time
from dataclasses import dataclass

from . import processes
from .contestants import Contestant
from .generator import Generator, MeasurementFailed, Run, command, wrk_can, wrk_command
from .scenarios import Scenario
from .site import Site
from .usage import Cores, Cpu, Memory

#: Buffers of the last request are given back by then.
SETTLE_SECONDS = 1.0


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
    d1_misses: float | None = None     #: lines missed in the first cache of data, as valgrind simulates it
    ll_misses: float | None = None     #: and in the last one
    start_ms: float | None = None      #: until its port listened
    error: str = ""

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, "")}


def measure(site: Site, scenario: Scenario, program: Contestant, round_number: int, run: Run) -> Measurement:
    """Starts the program, checks one answer, runs the load, and stops the program again."""
    result = Measurement(scenario.name, program.name, round_number)
    try:
        with program.running(site, scenario.logging) as gateway:
            result.start_ms = gateway.start_seconds * 1e3
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
    """One request with Python's client: status, length, coding, certificate. (The load generator offers one cipher only.)"""
    context = ssl.create_default_context(cafile=str(site.certificate))
    connection = http.client.HTTPSConnection("localhost", site.ports[scenario.load.port], context=context, timeout=10)
    body = b"u" * scenario.load.upload_bytes or None
    connection.request("POST" if body else "GET", scenario.path.replace("%d", "0"), body=body,
                       headers={"Accept-Encoding": scenario.load.accept or "identity"})
    answer = connection.getresponse()
    length = len(answer.read())
    connection.close()
    expected = scenario.load.expect_bytes
    if answer.status != 200 or (expected is not None and length != expected):
        raise MeasurementFailed(f"answered {answer.status} with {length} bytes")
    if (coding := answer.getheader("Content-Encoding", "")) != scenario.load.accept:
        raise MeasurementFailed(f"answered with the coding {coding!r}")


def capacity(site: Site, scenario: Scenario, program: Contestant, seconds: float) -> float:
    """Units per second of a closed loop; raises if the run has errors."""
    result = measure(site, scenario, program, 0, Run(seconds, 0.5))
    if result.error or not result.rate:
        raise MeasurementFailed(f"no capacity of {program.name}: {result.error}")
    return result.rate


def _work_a_little(site: Site, scenario: Scenario) -> None:
    load = dataclasses.replace(scenario.load, hold=False, resume=False, connections=4)
    with Generator(site, command(site, load, scenario.path, Run(0.2, 0.1)), 1) as generator:
        generator.expect("begin")
        generator.expect("end")
        generator.outcome()


def _measure_work(site: Site, scenario: Scenario, family: list[int], result: Measurement, run: Run) -> None:
    if run.wrk and wrk_can(scenario.load, run.rate):
        return _measure_with_wrk(site, scenario, family, result, run)
    with Generator(site, command(site, scenario.load, scenario.path, run), run.seconds + run.warmup) as generator:
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
    with Generator(site, wrk_command(site, scenario.load, scenario.path, run), run.seconds) as generator:
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
    with Generator(site, command(site, scenario.load, scenario.path, Run(0, 0)), 60) as generator:
        generator.expect("ready")
        time.sleep(SETTLE_SECONDS)
        memory = Memory.of(family)
        generator.release()
        generator.outcome()
    result.unit_kib = (memory.pss_kib - before.pss_kib) / scenario.load.connections
    result.rss_kib, result.pss_kib = memory.rss_kib, memory.pss_kib
