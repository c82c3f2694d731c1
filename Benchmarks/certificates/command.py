"""The command line: scripts/bench-certificates."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import names

PROGRAM = Path(__file__).resolve().parents[2] / ".build" / "release" / "gatehouse"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench-certificates",
        description="names: starts a gateway of many sites without TLS, with certificates of files, and with managed ones "
        "(of the internal CA), and prints what each name costs.")
    parser.add_argument("what", choices=["names"])
    parser.add_argument("--names", type=int, default=10_000, metavar="N", help="how many (10,000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (3); the median start counts")
    parser.add_argument("--gatehouse", type=Path, default=PROGRAM, metavar="PATH", help="the program (.build/release/gatehouse)")
    parser.add_argument("--work", type=Path, metavar="DIRECTORY", help="keep the certificates here for the next run")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-certificates-") as temporary:
        work = options.work or Path(temporary)
        for line in names.report(options.gatehouse, work, options.names, options.rounds):
            print(line, flush=True)
    return 0
