"""What one site more adds to a start, in instructions that valgrind counts: a certificate, a server and ten routes."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reload.command import large

from . import prepare, processes, whole
from .processes import Child

NAME = "whole/start-of-a-site"
#: Of the smaller run; the other one has twice as many.
SITES = 50
ROUTES = 10


def count(built: Path | None = None) -> dict[str, float]:
    """Instructions by the name of the case."""
    if built is None:
        prepare.build_gatehouse()
        built = prepare.ROOT / ".build" / "release" / "gatehouse"
    with tempfile.TemporaryDirectory(prefix="gatehouse-starts-") as folder:
        work = Path(folder)
        program = whole.stripped(work, built)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            once, twice = pool.map(lambda sites, port: _collected(work, program, port, sites), (SITES, 2 * SITES),
                                   processes.free_ports(2))
    return {NAME: (twice - once) / SITES}


def _collected(work: Path, program: Path, port: int, sites: int) -> int:
    folder = work / str(sites)
    folder.mkdir()
    configuration = folder / "large.toml"
    configuration.write_text(large(folder, ROUTES * sites, sites).replace("port = 19443", f"port = {port}"))
    output = folder / "counts"
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={output}",
               str(program), "run", "-c", str(configuration)]
    # Dictionaries hash with a seed, which would make every run differ.
    environment = {"SWIFT_DETERMINISTIC_HASHING": "1", "RUNTIME_DIRECTORY": str(folder / "run")}
    gateway = Child(command, whole.CORES, folder / "log", environment)
    try:
        processes.wait_for_port(gateway, port, whole.PATIENCE)
    finally:
        gateway.stop(whole.PATIENCE)
    counts = whole.events(output.read_text())
    if gateway.was_killed or not counts:
        raise RuntimeError(f"{NAME}: no count of {sites} sites:\n{output.read_text()}\n{gateway.tail()}")
    return counts["Ir"]
