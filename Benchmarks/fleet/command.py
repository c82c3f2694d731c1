"""The command line: scripts/chaos-fleet."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import grid, prepare

from . import network, verdict
from .services import PATIENCE
from .stage import Stage
from .trouble import SHORT, TROUBLES, Trouble
from .verdict import Scene

#: Certificates live so long here, and are renewed after two thirds of it.
LIFETIME_SECONDS = 600
PROGRAMS = {"etcd": "etcd-server", "redis-server": "redis-server", "pebble": "pebble", "pebble-challtestsrv": "pebble",
            "nft": "nftables", "ip": "iproute2", "cc": "gcc", "curl": "curl", "openssl": "openssl"}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos-fleet", description="Load on three gateways of a fleet, each on a machine of its own (a network "
        "namespace), while they, etcd's three members, Redis, the authority, disks, clocks and the network between them fail.",
        epilog="Exit codes: 0 nothing failed that must not, and all agreed after each trouble; 1 otherwise; 2 wrong usage; 69 "
        "something is not installed. Needs root, or a kernel that gives namespaces to everybody.")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="how long the load lasts (30)")
    parser.add_argument("--short", action="store_true", help="the first few troubles, once each")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is left to chance (1)")
    parser.add_argument("--binary", type=Path, default=prepare.ROOT / ".build/release/gatehouse")
    parser.add_argument("--only", default="", metavar="WORD", help="troubles with this word in their names alone")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs and histories in this folder")
    options = parser.parse_args(arguments)
    if not any(options.only in each.name for each in TROUBLES):
        parser.error(f"--only: there is no such trouble; there are: {', '.join(each.name for each in TROUBLES)}")
    return options


def _play(stage: Stage, trouble: Trouble, number: int) -> Scene:
    """One trouble, with a push in its midst, and what comes after it."""
    begun = time.monotonic()
    with trouble.on(stage) as words:
        print(f"  {trouble.name}: {words.strip()}", file=sys.stderr, flush=True)
        pushing = threading.Thread(target=stage.push, args=(f"{number}", *trouble.push))
        pushing.start()
        time.sleep(trouble.seconds)
    ended = time.monotonic()
    pushing.join()
    healed = time.monotonic() - ended if stage.agree(PATIENCE) else None
    scene = Scene(trouble.name, words, begun, time.monotonic(), healed, trouble.hides_redis)
    if "Usage: " in stage.pushes[-1].words:
        scene.problems.append(stage.pushes[-1].words)
    if healed is None:
        scene.problems.append(f"no agreement on {sorted(stage.newest())}: {stage.labels()}")
    # Keys that came meanwhile come into use, too.
    end = time.monotonic() + PATIENCE
    while (wrong := stage.resumptions()) and time.monotonic() < end:
        time.sleep(1)
    scene.problems += [f"a session is not resumed: {each}" for each in wrong]
    return scene


def _run(options: argparse.Namespace, folder: Path, programs: Path) -> int:
    stage = Stage(folder, options.binary.resolve(), programs, LIFETIME_SECONDS, options.seed)
    stage.start()
    begun, scenes = time.monotonic(), []
    troubles = [each for each in TROUBLES if options.only in each.name]
    if options.short:
        troubles = troubles[:SHORT]
    stage.begin_load()
    number = 2
    while True:
        for trouble in troubles:
            scenes.append(_play(stage, trouble, number))
            number += 1
            if not options.short and time.monotonic() - begun > options.minutes * 60:
                break
        if options.short or time.monotonic() - begun > options.minutes * 60:
            break
        stage.chance.shuffle(troubles)
    stage.end_load()
    found = verdict.judge(stage, scenes, time.monotonic() - begun)
    text = "\n\n".join([grid.text(verdict.TITLES, found.rows), grid.text(("", ""), found.facts)])
    print(text)
    print("\n".join(found.problems[:50]) or "holds: nothing failed that must not, and all agreed after each trouble", flush=True)
    return 1 if found.problems else 0


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program, path=prepare.SEARCH)})
    if missing:
        print(f"chaos-fleet: apt-get install {' '.join(missing)}, or scripts/install-tools test", file=sys.stderr)
        return 69
    if not options.binary.exists():
        print(f"chaos-fleet: there is no {options.binary}: scripts/build makes it", file=sys.stderr)
        return 69
    programs = prepare.build_c_programs()
    network.enter()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        return _run(options, options.keep.resolve(), programs)
    with tempfile.TemporaryDirectory(prefix="gatehouse-chaos-fleet-", ignore_cleanup_errors=True) as folder:
        return _run(options, Path(folder), programs)
