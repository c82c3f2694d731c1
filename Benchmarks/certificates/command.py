"""The command line: scripts/bench-certificates."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import names, storm

PROGRAM = Path(__file__).resolve().parents[2] / ".build" / "release" / "gatehouse"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench-certificates",
        description="names: starts a gateway of many sites without TLS, with certificates of files, and with managed ones "
        "(of the internal CA), and prints what each name costs. storm: has pebble issue certificates, and measures a client that "
        "keeps its connections while all of them are renewed, and while none is.")
    parser.add_argument("what", choices=["names", "storm"])
    parser.add_argument("--names", type=int, metavar="N", help="how many (10,000; of storm 1,000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (3); the median counts")
    parser.add_argument("--seconds", type=float, default=15, metavar="S", help="storm: how long the client is measured (15)")
    parser.add_argument("--rate", type=int, default=500, metavar="N", help="storm: the client's requests a second (500)")
    parser.add_argument("--gatehouse", type=Path, default=PROGRAM, metavar="PATH", help="the program (.build/release/gatehouse)")
    parser.add_argument("--work", type=Path, metavar="DIRECTORY", help="keep the certificates here for the next run")
    parser.add_argument("--pause", action="store_true", help="storm: wait for a line on standard input before measuring, so that "
                        "the machine can be made quiet when all certificates are there, which takes a second for each")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-certificates-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        if options.what == "names":
            lines = names.report(options.gatehouse, work, options.names or 10_000, options.rounds)
        else:
            lines = storm.report(
                options.gatehouse, work, options.names or 1_000, options.rounds, options.seconds, options.rate, options.pause)
        for line in lines:
            print(line, flush=True)
    return 0
