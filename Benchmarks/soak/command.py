"""The command line: scripts/soak."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path

from harness import contestants, curves, grid, machine, page, prepare, processes
from harness.contestants import Contestant
from harness.curves import Curve, Panel
from harness.processes import GATEWAY_CORE, LOAD_CORE
from harness.site import Site, make_site, upstreams

from . import verdict, watch
from .breakers import Breakers
from .mix import Outcome, Running
from .verdict import Line
from .watch import Sample

WORKERS = 2
#: How long the gateway keeps idle connections to upstreams here: after the load it must let go of them, too.
UPSTREAM_IDLE_SECONDS = 10
#: Nothing may be open any more so long after the load's end.
QUIET_SECONDS = 30.0


@dataclasses.dataclass
class Soak:
    """What was seen."""

    samples: list[Sample]
    outcomes: list[Outcome]
    lines: list[Line]

    @property
    def is_flat(self) -> bool:
        return all(line.is_flat for line in self.lines) and not any(outcome.error for outcome in self.outcomes)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description="Mixed load on one gateway for a long time: memory, descriptors and latency must "
        "stay flat, and nothing may be open when it is over.",
        epilog="Exit codes: 0 flat; 1 not flat, or a client got a wrong answer; 2 wrong usage.")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="how long the load lasts (30; a look: 1)")
    parser.add_argument("--every", type=float, default=5.0, metavar="S", help="seconds from one sample to the next (5)")
    parser.add_argument("--gatehouse", type=Path, metavar="PATH", help="load this binary, without a build")
    parser.add_argument("--no-build", action="store_true", help="load .build/release/gatehouse as it is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the curves to FILE, as SVG")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put verdict and curves into this Markdown page")
    options = parser.parse_args(arguments)
    if options.every < 1 or options.minutes * 60 < options.every * 8:
        parser.error("--every is at least 1, and --minutes at least eight times that")
    return options


def _gatehouse(found: list[Contestant]) -> Contestant:
    """The configuration of scripts/bench, with two workers, and an access log, since that is part of the path."""

    def command(program: Contestant, site: Site, _: bool) -> list[str]:
        log = f'access_log = "{site.work}/access.log"\nformat = "combined"'
        target = site.fill("gatehouse.toml", gatehouse_log=log, workers=WORKERS, upstream_idle=UPSTREAM_IDLE_SECONDS)
        (site.work / "access.log").symlink_to("/dev/null")
        return [program.path, "run", "-c", str(target)]

    program = next((each for each in found if each.name == "gatehouse"), None)
    if not program:
        raise SystemExit("soak: there is no binary of gatehouse (without --no-build it is built)")
    return dataclasses.replace(program, command=command, cores=(GATEWAY_CORE, LOAD_CORE))


def _soak(site: Site, program: Contestant, options: argparse.Namespace) -> Soak:
    seconds = options.minutes * 60
    samples: list[Sample] = []
    with program.running(site, True) as gateway:
        idle, _ = watch.wait_until_quiet(gateway.pid, site.ports["port"], 0, 1.0)
        with Running(site, seconds).started() as load, Breakers(site) as breakers:
            watching = watch.Watch(site, gateway.pid)
            began = time.monotonic()
            while time.monotonic() + options.every < began + seconds:
                samples.append(watching.sample(options.every))
                _show(samples[-1], options.minutes)
            outcomes = load.outcomes()
        outcomes.append(Outcome("clients that break off", breakers.count, breakers.error))
        held, clients = watch.wait_until_quiet(gateway.pid, site.ports["port"], idle, QUIET_SECONDS)
        if gateway.process.poll() is not None:
            outcomes.append(Outcome("gateway", error=f"ended:\n{gateway.tail()}"))
    left = [Line("descriptors, idle", f"{idle}", f"{held}", f"{held - idle:+}", "+0", held <= idle),
            Line("clients, idle", "0", f"{clients}", f"{clients:+}", "+0", clients == 0)]
    return Soak(samples, outcomes, verdict.lines(samples) + left)


def _show(sample: Sample, minutes: float) -> None:
    print(f"  {sample.at / 60:5.1f} of {minutes:g} min: {sample.memory_kib / 1024:.1f} MiB, {sample.descriptors} descriptors, "
          f"{sample.threads} threads, core {sample.core:.0%}, p50 {sample.p50_us / 1e3:.2f} ms, p99 {sample.p99_us / 1e3:.2f} ms",
          file=sys.stderr, flush=True)


def _tables(soak: Soak) -> list[tuple[tuple[str, ...], list[list[str]]]]:
    work = [[outcome.name, f"{outcome.units:,}", outcome.error.partition("\n")[0] or "none"] for outcome in soak.outcomes]
    return [(verdict.TITLES, [line.cells for line in soak.lines]), (("", "done", "errors"), work)]


def picture(samples: list[Sample]) -> str:
    def panel(title: str, **values: list[float]) -> Panel:
        minutes = [sample.at / 60 for sample in samples]
        return Panel(title, [Curve(name, list(zip(minutes, each))) for name, each in values.items()], "minutes")

    return curves.picture([
        panel("memory MiB", gateway=[sample.memory_kib / 1024 for sample in samples]),
        panel("descriptors", gateway=[sample.descriptors for sample in samples]),
        panel("CPU % of a core", gateway=[sample.core * 100 for sample in samples]),
        panel("latency ms", p50=[sample.p50_us / 1e3 for sample in samples], p99=[sample.p99_us / 1e3 for sample in samples]),
    ], 2, "Memory, descriptors, CPU time and latency of the gateway under mixed load")


def _header(options: argparse.Namespace, program: Contestant) -> str:
    about = machine.describe()
    return (f"gatehouse {program.version}, {WORKERS} workers; {about['processor']}, {about['cores']} cores, {about['memory']}, "
            f"{about['system']}, Linux {about['kernel']}, {about['openssl']}\n{options.minutes:g} minutes, of which the first "
            f"{verdict.WARM_UP:.0%} are warm-up")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if not options.no_build and not options.gatehouse:
        prepare.build_gatehouse()
    binary = (options.gatehouse or prepare.ROOT / ".build" / "release" / "gatehouse").resolve()
    found, _ = contestants.find_contestants(binary, prepare.build_c_programs(), ["nginx", "haproxy", "caddy", "h2o", "floor"])
    program = _gatehouse(found)
    processes.pin_harness()
    header = _header(options, program)
    print(header, end="\n\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="gatehouse-soak-") as work:
        site = make_site(Path(work), prepare.PROGRAMS)
        with upstreams(site):
            soak = _soak(site, program, options)
    print("\n\n".join(grid.text(*each) for each in _tables(soak)))
    print("\nflat" if soak.is_flat else "\nNOT FLAT", flush=True)
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(sample) for sample in soak.samples]) + "\n")
    if options.plot:
        options.plot.write_text(picture(soak.samples))
    if options.page:
        image = page.plots_folder(options.page) / "soak.svg"
        image.write_text(picture(soak.samples))
        link = f"![Memory, descriptors, CPU time and latency over the time](plots/{image.name})"
        tables = [grid.markdown(*each) for each in _tables(soak)]
        page.put(options.page, "soak", "scripts/soak", [page.quoted(header), link, *tables])
    return 0 if soak.is_flat else 1
