"""The command line: scripts/bench-scale."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from harness import contestants, curves, grid, machine, page, prepare, processes
from harness.contestants import Contestant
from harness.curves import Curve, Panel
from harness.generator import Run
from harness.measure import Measurement, measure
from harness.site import Site, make_site, upstreams

from . import growth, shapes
from .dimensions import DIMENSIONS, MOST_SERVERS, Dimension

#: figure, title, how it is written
COLUMNS = (
    ("total_us", "CPU µs", lambda value: f"{value:,.1f}"),
    ("rate", "units/s", lambda value: f"{value:,.0f}"),
    ("busy", "core", lambda value: f"{value:.0%}"),
    ("p50_us", "p50 ms", lambda value: f"{value / 1e3:.2f}"),
    ("p99_us", "p99 ms", lambda value: f"{value / 1e3:.2f}"),
    ("pss_kib", "PSS MiB", lambda value: f"{value / 1024:.1f}"),
    ("start_ms", "start ms", lambda value: f"{value:,.0f}"),
    ("foreign", "others", lambda value: f"{value:.0%}"),
)
#: figure, title, divisor
PLOTTED = (("total_us", "CPU µs", 1.0), ("p99_us", "p99 ms", 1e3), ("pss_kib", "PSS MiB", 1024.0), ("start_ms", "start ms", 1.0))


@dataclass
class Result:
    """A dimension's medians by series and step, and what went wrong."""

    dimension: Dimension
    values: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    errors: dict[tuple[str, int], str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[growth.Finding]:
        # nginx is beside it to be compared with, not to be judged.
        return [finding for name, steps in self.values.items() if name != "nginx"
                for finding in growth.findings(self.dimension, name, steps)]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench-scale", description="Measures how Gatehouse grows: with clients, routes, sites and upstream servers, "
        "one thing at a time.",
        epilog="Exit codes: 0 nothing grows faster than the logarithm, but where it is explained; 1 something does, or a run was "
        "void; 2 wrong usage.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", choices=[each.name for each in DIMENSIONS],
                        help=f"of {', '.join(each.name for each in DIMENSIONS)}")
    parser.add_argument("--steps", nargs="+", type=int, default=[], metavar="N", help="only these steps of each")
    parser.add_argument("--quick", action="store_true", help="1 round of 1 second, without the last step: a look, not a result")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (3)")
    parser.add_argument("--seconds", type=float, metavar="S", help="measured seconds of each run (3)")
    parser.add_argument("--gatehouse", type=Path, metavar="PATH", help="measure this binary, without a build")
    parser.add_argument("--no-build", action="store_true", help="measure .build/release/gatehouse as it is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the curves to FILE, as SVG")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put tables and curves into this Markdown page")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)
    return options


def _chosen(options: argparse.Namespace) -> list[Dimension]:
    chosen = [each for each in DIMENSIONS if not options.only or each.name in options.only]
    if options.quick:
        chosen = [dataclasses.replace(each, steps=each.steps[:-1]) for each in chosen]
    if options.steps:
        chosen = [dataclasses.replace(each, steps=tuple(step for step in each.steps if step in options.steps)) for each in chosen]
    return [each for each in chosen if each.steps]


def _run(site: Site, dimension: Dimension, program: Path, peers: Sequence[Contestant],
         options: argparse.Namespace, certificates: shapes.Certificates) -> Result:
    """Every step of every series, the series interleaved."""
    result = Result(dimension)
    found: dict[tuple[str, int], list[Measurement]] = {}
    run = Run(options.seconds, min(1.0, options.seconds / 2), dimension.rate)
    nginx = next((peer for peer in peers if peer.name == "nginx"), None)
    most = processes.descriptors()
    for number in range(1, options.rounds + 1):
        for step in dimension.steps:
            for name, shape in dimension.series.items():
                if (name, step) in result.errors or (shape is None and nginx is None):
                    continue
                # nginx reads every client's request before the first answer comes: as many upstream connections as clients.
                if shape is None and not dimension.rate and 2 * dimension.load(step).connections + 1000 > most:
                    if number == 1:
                        result.left_out.append(f"{name} is left out of {step:,}: it would need more than {most:,} descriptors")
                    continue
                began = time.monotonic()
                contestant = shapes.gatehouse(program, "", name, shape(step), certificates) if shape else nginx
                assert contestant
                measured = measure(site, dimension.scenario(step), contestant, number, run)
                if measured.error:
                    result.errors[name, step] = measured.error
                found.setdefault((name, step), []).append(measured)
                print(f"  {dimension.name} {step:,}, {name}, round {number}: {_brief(measured)} "
                      f"({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    for (name, step), runs in found.items():
        if (name, step) not in result.errors:
            result.values.setdefault(name, {})[step] = _medians(runs)
    return result


def _medians(runs: list[Measurement]) -> dict[str, float]:
    return {figure: median(values) for figure, *_ in COLUMNS
            if (values := [value for run in runs if (value := getattr(run, figure)) is not None])}


def _brief(measured: Measurement) -> str:
    if measured.error:
        return f"VOID: {measured.error}"
    return f"{measured.total_us:.1f} µs, {measured.rate:,.0f}/s"


def _cells(result: Result) -> tuple[list[str], list[list[str]]]:
    titles = [f"{result.dimension.counted}s", "", *(title for _, title, _ in COLUMNS)]
    rows = [[f"{step:,}", name, *(write(result.values[name][step][figure]) if figure in result.values[name][step] else "–"
                                  for figure, _, write in COLUMNS)]
            for step in result.dimension.steps for name in result.dimension.series if step in result.values.get(name, {})]
    return titles, rows


def _notes(result: Result) -> list[str]:
    lines = [f"VOID: {step:,}, {name}: {error}" for (name, step), error in result.errors.items()]
    lines += [f"TOO FAST: {finding}" for finding in result.findings]
    lines += result.left_out
    lines += [f"{growth.JUDGED[figure][0]} is not judged: {why}" for figure, why in result.dimension.explained.items()]
    for name, steps in result.values.items():
        lines += growth.explanations(result.dimension, name, steps)
    return lines


def _text(result: Result) -> str:
    heading = f"{result.dimension.name}: {result.dimension.summary}; unit: {result.dimension.unit}"
    return "\n".join([heading, grid.text(*_cells(result)), *(f"  {line}" for line in _notes(result))])


def _markdown(result: Result) -> str:
    summary = result.dimension.summary
    heading = f"### {result.dimension.name}\n\n{summary[0].upper()}{summary[1:]}; unit: one {result.dimension.unit}."
    return "\n\n".join([heading, grid.markdown(*_cells(result)), "\n".join(f"- {line}" for line in _notes(result))]).rstrip()


def picture(results: list[Result]) -> str:
    """A row of charts for each dimension."""
    panels = [
        Panel(f"{result.dimension.name}: {title}",
              [Curve(name, [(step, values[figure] / divisor) for step, values in sorted(steps.items()) if figure in values])
               for name, steps in result.values.items()], f"{result.dimension.counted}s", is_logarithmic=True)
        for result in results for figure, title, divisor in PLOTTED]
    return curves.picture(panels, len(PLOTTED), "CPU time, latency, memory and start by what the gateway has of everything")


def _header(options: argparse.Namespace, version: str) -> str:
    about = machine.describe()
    return (f"gatehouse {version}; {about['processor']}, {about['cores']} cores, {about['memory']}, {about['system']}, "
            f"Linux {about['kernel']}, {about['openssl']}\n{options.rounds} rounds of {options.seconds:g} s; the first worker on "
            f"core {processes.core(processes.GATEWAY_CORE)}, a second one beside the load on core "
            f"{processes.core(processes.LOAD_CORE)}")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if not options.no_build and not options.gatehouse:
        prepare.build_gatehouse()
    program = (options.gatehouse or prepare.ROOT / ".build" / "release" / "gatehouse").resolve()
    peers, _ = contestants.find_contestants(program, prepare.build_c_programs(), ["haproxy", "caddy", "h2o", "floor"])
    processes.pin_harness()
    header = _header(options, next((peer.version for peer in peers if peer.name == "gatehouse"), "unknown"))
    print(header, end="\n\n", flush=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="gatehouse-scale-") as work:
        site = make_site(Path(work), prepare.PROGRAMS)
        certificates = shapes.Certificates(Path(work))
        with upstreams(site, shapes.more_addresses(site, MOST_SERVERS)):
            for dimension in _chosen(options):
                results.append(_run(site, dimension, program, peers, options, certificates))
                print(_text(results[-1]), end="\n\n", flush=True)
    if options.json:
        report = [{"dimension": each.dimension.name, "values": each.values} for each in results]
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if options.plot:
        options.plot.write_text(picture(results))
    if options.page:
        image = page.plots_folder(options.page) / "scale.svg"
        image.write_text(picture(results))
        link = f"![Growth with clients, routes, sites and servers](plots/{image.name})"
        page.put(options.page, "scale", "scripts/bench-scale", [page.quoted(header), link, *map(_markdown, results)])
    return 1 if any(result.errors or result.findings for result in results) else 0
