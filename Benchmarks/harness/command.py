"""The command line: scripts/bench."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from . import bounds, contestants, machine, page, prepare, processes, results, scenarios, table, whole
from .contestants import Contestant
from .generator import MeasurementFailed, Run
from .measure import Measurement, capacity, measure
from .scenarios import Scenario
from .site import CIPHERSUITE, GROUP, Site, make_site, upstreams


#: So many that a ratio at its bound is seldom taken for one beyond it, and one a tenth beyond it is found.
CHECK_ROUNDS = 9


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures Gatehouse beside nginx, HAProxy, Caddy, h2o and nghttpx: one core each, interleaved "
        "rounds, the same certificate, cipher, keep-alive and forwarding fields.",
        epilog="Exit codes: 0 all runs sound, and with --check no bound broken; 1 a run was void (its row says why), or a "
        "bound is broken; 2 wrong usage.")
    parser.add_argument("--list", action="store_true", help="list the scenarios and end")
    parser.add_argument("--scenario", nargs="+", default=[], metavar="NAME", help="only these (a name may end in *)")
    parser.add_argument("--skip", nargs="+", default=[], metavar="NAME", help="leave out these scenarios")
    parser.add_argument("--without", nargs="+", default=[], metavar="PROGRAM", help="leave out these programs")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH",
                        help="measure this program, too: another version of nginx, haproxy, caddy, h2o or nghttpx")
    parser.add_argument("--check", action="store_true",
                        help=f"hold the ratios against Benchmarks/{bounds.FILE.name}, after {CHECK_ROUNDS} rounds")
    parser.add_argument("--cache-sim", action="store_true",
                        help="count Gatehouse's cache misses with valgrind, which takes some minutes more for each scenario")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 second: a look, not a result")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (5; odd numbers have a true median)")
    parser.add_argument("--seconds", type=float, metavar="S", help="measured seconds of each run (3)")
    parser.add_argument("--gatehouse", type=Path, metavar="PATH", help="measure this binary, without a build")
    parser.add_argument("--no-build", action="store_true", help="measure .build/release/gatehouse as it is")
    parser.add_argument("--no-install", action="store_true", help="measure beside the peers that are there")
    parser.add_argument("--wrk", action="store_true",
                        help="load with wrk where it can do the scenario (handshakes then count, lengths are not checked)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run and the summary to FILE")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables and plot into this Markdown page")
    options = parser.parse_args(arguments)
    if options.rounds is None:
        options.rounds = CHECK_ROUNDS if options.check else 2 if options.quick else 5
    if options.seconds is None:
        options.seconds = 1.0 if options.quick else 3.0
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    try:
        skipped = scenarios.chosen(options.skip) if options.skip else []
        options.chosen = [scenario for scenario in scenarios.chosen(options.scenario) if scenario not in skipped]
        options.peer = [contestants.parse_peer(text) for text in options.peer]
        options.bounds = bounds.parse(bounds.FILE.read_text()) if options.check else []
    except ValueError as error:
        parser.error(str(error))
    for name, path in options.peer:
        if not Path(path).is_file():
            parser.error(f"--peer {name}={path}: there is no such program")
    if options.check and options.rounds < bounds.FEWEST_ROUNDS:
        parser.error(f"--check needs {bounds.FEWEST_ROUNDS} rounds at least: fewer cannot tell a ratio from noise")
    if options.check and not {bound.scenario for bound in options.bounds} & {scenario.name for scenario in options.chosen}:
        parser.error(f"Benchmarks/{bounds.FILE.name} has no bound for these scenarios")
    if options.cache_sim and not shutil.which("valgrind"):
        parser.error("--cache-sim needs valgrind: scripts/install-tools test")
    return options


class Progress:
    """One line on a terminal's standard error, overwritten; silent elsewhere."""

    def __init__(self, runs: int) -> None:
        self._runs, self._done, self._began = runs, 0, time.monotonic()

    def show(self, scenario: Scenario, program: str, round_number: int) -> None:
        if sys.stderr.isatty():
            spent = time.monotonic() - self._began
            left = f", {spent / self._done * (self._runs - self._done) / 60:.0f} min left" if self._done else ""
            print(f"\r\033[K[{self._done + 1}/{self._runs}{left}] {scenario.name} round {round_number}: {program}",
                  end="", file=sys.stderr, flush=True)
        self._done += 1

    def clear(self) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _open_loop_rate(site: Site, scenario: Scenario, programs: list[Contestant], seconds: float) -> float:
    """The intended rate: a share of nginx's capacity (or of the first peer's, without nginx); 0 for a closed loop."""
    if scenario.rate_share == 0:
        return 0.0
    peers = sorted((program for program in programs if program.is_peer), key=lambda program: program.name != "nginx")
    if not peers:
        raise MeasurementFailed("no peer whose capacity sets the rate")
    return scenario.rate_share * capacity(site, scenario, peers[0], seconds)


def _run_scenario(site: Site, scenario: Scenario, programs: list[Contestant], options: argparse.Namespace,
                  progress: Progress) -> list[Measurement]:
    taking_part = [program for program in programs if program.takes_part(scenario)]
    warmup = min(1.0, options.seconds / 2)
    runs: list[Measurement] = []
    try:
        rate = _open_loop_rate(site, scenario, taking_part, options.seconds)
    except MeasurementFailed as failure:
        return [Measurement(scenario.name, program.name, 1, error=str(failure)) for program in taking_part]
    run = Run(options.seconds, warmup, rate, options.wrk)
    void: set[str] = set()
    for round_number in range(1, options.rounds + 1):
        for program in taking_part:
            progress.show(scenario, program.name, round_number)
            # A void run voids the program's row: more rounds would tell nothing new.
            if program.name not in void:
                runs.append(measure(site, scenario, program, round_number, run))
                if runs[-1].error:
                    void.add(program.name)
    return runs


def _simulate(site: Site, scenario: Scenario, gatehouse: Path, runs: list[Measurement]) -> None:
    """Notes Gatehouse's cache misses with the first of its runs, or why there are none."""
    own = next((run for run in runs if run.program == "gatehouse" and not run.error), None)
    if own is None or not whole.can_simulate(scenario):
        return
    try:
        own.d1_misses, own.ll_misses = whole.cache_misses(site, gatehouse, scenario)
    except (RuntimeError, OSError, ValueError) as failure:
        print(f"{scenario.name}: no cache misses: {failure}", file=sys.stderr)


def _check(options: argparse.Namespace, runs: list[Measurement], programs: list[Contestant]) -> bool:
    """Prints a line for each bound; is one broken?"""
    peers = {program.name for program in programs if program.is_peer}
    verdicts = bounds.judge(options.bounds, runs, peers, {scenario.name for scenario in options.chosen})
    print("\n".join(verdict.line() for verdict in verdicts))
    return any(verdict.is_broken for verdict in verdicts)


def _header(programs: list[Contestant], missing: list[str], options: argparse.Namespace) -> str:
    about = machine.describe()
    known = ", ".join(f"{program.name} {program.version}".strip() for program in programs)
    lines = [f"{about['processor']}, {about['cores']} cores, {about['memory']}, {about['system']}, Linux {about['kernel']}, "
             f"{about['openssl']}", known,
             f"{options.rounds} rounds of {options.seconds:g} s; ECDSA P-256, TLS 1.3, {CIPHERSUITE}, {GROUP}; gateway on core "
             f"{processes.core(processes.GATEWAY_CORE)}, load and upstreams on core {processes.core(processes.LOAD_CORE)}"]
    return "\n".join(lines + [f"not on this machine: {', '.join(missing)}"] * bool(missing))


def _report(programs: list[Contestant], options: argparse.Namespace, runs: list[Measurement],
            tables: list[results.Table]) -> dict[str, object]:
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "versions": machine.versions(programs),
        "settings": {"rounds": options.rounds, "seconds": options.seconds, "wrk": options.wrk, "ciphersuite": CIPHERSUITE,
                     "group": GROUP, "certificate": "ECDSA P-256"},
        "tables": [results.as_json(each) for each in tables],
        "runs": [run.as_json() for run in runs],
    }


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.list:
        for scenario in scenarios.SCENARIOS:
            print(f"{scenario.name:18} {scenario.summary} (unit: {scenario.unit})")
        return 0
    chosen: list[Scenario] = options.chosen
    signal.signal(signal.SIGTERM, _stop)
    if not options.no_install:
        prepare.install_peers()
    if not options.no_build and not options.gatehouse and "gatehouse" not in options.without:
        prepare.build_gatehouse()
    gatehouse = options.gatehouse or prepare.ROOT / ".build" / "release" / "gatehouse"
    programs, missing = contestants.find_contestants(
        gatehouse.resolve(), prepare.build_c_programs(), options.without, options.peer)
    processes.pin_harness()
    print(_header(programs, missing, options), end="\n\n", flush=True)
    runs: list[Measurement] = []
    tables: list[results.Table] = []
    progress = Progress(options.rounds * sum(program.takes_part(scenario) for scenario in chosen for program in programs))
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as work:
        site = make_site(Path(work), prepare.PROGRAMS)
        with upstreams(site):
            for scenario in chosen:
                own = _run_scenario(site, scenario, programs, options, progress)
                if options.cache_sim:
                    _simulate(site, scenario, gatehouse.resolve(), own)
                runs += own
                tables.append(results.tabulate(scenario, programs, runs))
                progress.clear()
                print(table.text(tables[-1]), end="\n\n", flush=True)
    report = _report(programs, options, runs, tables)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if options.page:
        page.write(options.page, _header(programs, missing, options), tables)
    is_broken = options.check and _check(options, runs, programs)
    return 1 if is_broken or any(run.error for run in runs) else 0
