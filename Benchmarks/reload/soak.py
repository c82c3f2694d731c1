"""The command line: scripts/soak-reload."""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .command import certificate
from .contestants import CONTESTANTS, HOST, PLAIN, UPSTREAM, Contestant
from .crowd import Crowd
from .upstream import upstream

ROOT = Path(__file__).resolve().parent.parent.parent


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak-reload",
        description="Reloads a gateway under constant load, with differing configurations of which each tenth is wrong, swaps "
        "its certificate, and has other processes take its place: no request may fail, no tunnel may be lost. What it holds "
        "early and at the end is printed. nginx and HAProxy, which are Debian's packages, can be put through the same.",
        epilog="Exit codes: 0 so it is; 1 not so; 2 wrong usage.")
    parser.add_argument("--of", choices=sorted(CONTESTANTS), default="gatehouse", help="the program (gatehouse)")
    parser.add_argument("--gatehouse", type=Path, default=Path(".build/release/gatehouse"), metavar="PATH")
    parser.add_argument("--other", type=Path, metavar="PATH", help="another build of it: upgrades go to and fro between the two")
    parser.add_argument("--reloads", type=int, default=200)
    parser.add_argument("--swaps", type=int, default=200, help="of certificates (200)")
    parser.add_argument("--upgrades", type=int, default=5)
    parser.add_argument("--tunnels", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.1, metavar="S", help="seconds after each change (0.1)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def swap(directory: Path, number: int) -> None:
    """Another certificate, by another link."""
    (directory / "next").symlink_to("ab"[number % 2])
    (directory / "next").rename(directory / "now")


def steps(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """What happens, one after the other: each kind evenly among the others."""
    total = max(options.reloads, options.swaps, options.upgrades)
    for step in range(total):
        for kind, count in [("reload", options.reloads), ("swap", options.swaps), ("upgrade", options.upgrades)]:
            for number in range(step * count // total, (step + 1) * count // total):
                yield kind, number + 1


def change(
        options: argparse.Namespace, program: Contestant, directory: Path, done: Counter[str]) -> dict[str, dict[str, int]]:
    """Does it all; what the program held after a tenth of the reloads, and at the end."""
    held: dict[str, dict[str, int]] = {}
    for kind, number in steps(options):
        if kind == "reload":
            program.write(number)
            program.reload(number % 10 != 9)
            done["reloads"] += number % 10 != 9
            done["reloads that are refused"] += number % 10 == 9
            if number == max(1, options.reloads // 10):
                time.sleep(2)
                held["after a tenth"] = program.held()
        elif kind == "swap":
            # A wrong file would not be taken together with the certificate by those who read both at once.
            program.write(number * 20)
            program.forget_lines()
            swap(directory, number)
            program.use_certificate()
            done["swaps"] += 1
        else:
            program.write(number * 20)
            done["upgrades"] += program.upgrade(number)
        time.sleep(options.pause)
    time.sleep(2)
    held["at the end"] = program.held()
    return held


def p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100] * 1000 if values else 0


def run(options: argparse.Namespace, directory: Path) -> dict[str, object]:
    from .load import Load  # needs what install-tools installs

    for folder in "ab":
        (directory / folder).mkdir()
        certificate(directory / folder, HOST)
        pair = "".join((directory / folder / f"{HOST}.{kind}").read_text() for kind in ("crt", "key"))
        (directory / folder / f"{HOST}.pem").write_text(pair)
    swap(directory, 0)
    programs = [options.gatehouse.resolve(), *([options.other.resolve()] if options.other else [])]
    program = CONTESTANTS[options.of](directory, programs)
    try:
        program.wait_until_serving()
        crowd = Crowd(PLAIN, HOST, options.tunnels, pause=5)
        crowd.wait_until_open()
        load = Load(directory)
        load.start_all()
        time.sleep(5)
        quiet = load.latencies
        load.latencies = []
        began = time.monotonic()
        done: Counter[str] = Counter()
        held = change(options, program, directory, done)
        duration = time.monotonic() - began
        during = load.latencies
        load.end()
        counts, lost = crowd.end()
        time.sleep(3)
        held["when the clients have gone"] = program.held()
    finally:
        program.stop()
    failures = Counter(re.sub(r"\d+", "N", failure) for failure in load.failures)
    return {
        "program": program.name, "seconds": round(duration), "done": dict(done),
        "counts": dict(sorted((load.counts + counts).items())),
        "p99 quiet ms": round(p99(quiet), 2), "p99 changing ms": round(p99(during), 2), "held": held,
        "failures": len(load.failures), "tunnels lost": len(lost),
        "kinds of failures": dict((failures + Counter(lost)).most_common(20)),
    }


def report(result: dict[str, object]) -> None:
    for title, value in result.items():
        if isinstance(value, dict):
            print(title)
            for name, count in value.items():
                print(f"    {name:40} {count}")
        else:
            print(f"{title:44} {value}")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    sys.path += map(str, ROOT.glob(".build-venv/lib/python3*/site-packages"))
    try:
        import hpack  # noqa: F401
    except ImportError:
        sys.exit("soak-reload: Python's hpack is not there; scripts/install-tools test installs it")
    if options.of != "gatehouse" and not shutil.which(options.of):
        sys.exit(f"soak-reload: {options.of} is not installed; scripts/install-tools test installs it")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="soak-reload-") as name, upstream(UPSTREAM):
        result = run(options, Path(name))
    report(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return int(bool(result["failures"] or result["tunnels lost"]))
