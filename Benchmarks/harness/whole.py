"""Whole requests through the release build, counted in instructions by valgrind's callgrind.

One client on one connection, one worker, the bench's upstreams: so many requests, then twice as many. The difference leaves
out the start, the handshake and the end. The kernel's work is not in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import generator, prepare, processes
from .processes import Child
from .scenarios import KIB, SMALL_BODY, Load
from .site import Site, make_site, upstreams

#: Of the smaller run. A handshake's instructions differ from run to run by some ten thousand, which so many requests share.
REQUESTS = 2_000
#: The same of connections with one request each.
HANDSHAKES = 200
#: Under valgrind a program starts and ends slowly, and two cores may be busy.
PATIENCE = 120.0
#: Where the program runs: it need not be alone, since instructions are counted and not time.
CORES = (processes.GATEWAY_CORE, processes.LOAD_CORE)


@dataclass(frozen=True)
class Whole:
    """One row: what the client asks for."""

    name: str
    path: str
    load: Load
    #: Tables of the site that protect it.
    protection: str = ""
    #: The format of the access log; empty: there is none.
    logging: str = ""
    #: Tables behind the site's.
    passage: str = ""
    #: Of the smaller run.
    requests: int = REQUESTS


#: The address is looked for among a hundred blocks, and its requests are counted.
GUARDED = f"""
[sites.access]
allow_ips = ["127.0.0.0/8", {", ".join(f'"10.{number}.0.0/16"' for number in range(0, 200, 2))}]
deny_ips = ["192.0.2.0/24"]
[sites.rate_limit]
requests_per_minute = 1000000000
burst_size = 1000000
"""

#: The flight recorder is on.
RECORDED = "[recorder]\nexchanges = 1000\n"

CASES = (
    Whole("whole/proxied-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY))),
    Whole("whole/http2-95-bytes", "/echo/small", Load(connections=1, streams=10, expect_bytes=len(SMALL_BODY))),
    Whole("whole/http2-both-95-bytes", "/h2c/small", Load(connections=1, streams=10, expect_bytes=len(SMALL_BODY))),
    Whole(
        "whole/guarded-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), protection=GUARDED),
    Whole(
        "whole/logged-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), logging="combined"),
    Whole("whole/json-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), logging="json"),
    Whole(
        "whole/recorded-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), passage=RECORDED),
    Whole("whole/static-1-KiB", "/static/1k.bin", Load(connections=1, expect_bytes=KIB)),
    Whole("whole/wss-echo-64-bytes", "/echo/messages", Load(work="ws", connections=1, message_bytes=64)),
    Whole(
        "whole/full-handshake", "/echo/small", Load(work="connect", connections=1, expect_bytes=len(SMALL_BODY)),
        requests=HANDSHAKES),
    Whole(
        "whole/resumed-handshake", "/echo/small",
        Load(work="connect", connections=1, expect_bytes=len(SMALL_BODY), resume=True), requests=HANDSHAKES),
)


def count(cases: list[Whole]) -> dict[str, float]:
    """Instructions of one request of each case, by the case's name."""
    prepare.build_gatehouse()
    programs = prepare.build_c_programs()
    with tempfile.TemporaryDirectory(prefix="gatehouse-whole-") as folder:
        work = Path(folder)
        site = make_site(work, programs)
        program = work / "gatehouse"
        # valgrind may not know the compiler's form of debugging information.
        built = prepare.ROOT / ".build" / "release" / "gatehouse"
        subprocess.run(["objcopy", "--strip-debug", str(built), str(program)], check=True)
        runs = [(case, requests) for case in cases for requests in (case.requests, 2 * case.requests)]
        ports = processes.free_ports(len(site.ports) + len(runs))[len(site.ports):]
        with upstreams(site), ThreadPoolExecutor(os.cpu_count()) as pool:
            collected = dict(zip(runs, pool.map(lambda run, port: _collected(site, program, port, *run), runs, ports)))
    return {case.name: (collected[case, 2 * case.requests] - collected[case, case.requests]) / case.requests for case in cases}


def _collected(site: Site, program: Path, port: int, case: Whole, requests: int) -> int:
    """Instructions of a whole run of the program on `port`, with so many requests."""
    name = f"callgrind-{port}"
    log = f'access_log = "{site.work}/{name}-access.log"\nformat = "{case.logging}"' if case.logging else "log_requests = false"
    configuration = site.fill(
        "gatehouse.toml", name=f"{name}.toml", gatehouse_log=log, port=port, protection=case.protection, passage=case.passage)
    output = site.work / f"{name}.out"
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={output}",
               str(program), "run", "-c", str(configuration)]
    # Dictionaries hash with a seed, which would make every run differ.
    environment = {**site.environment, "SWIFT_DETERMINISTIC_HASHING": "1", "LD_PRELOAD": str(site.programs / "openat2")}
    gateway = Child(command, CORES, site.work / f"{name}.log", environment)
    try:
        processes.wait_for_port(gateway, port, PATIENCE)
        run = generator.Run(seconds=0, warmup=0)
        asked = [*generator.command(site, case.load, case.path, run), "--port", str(port), "--units", str(requests)]
        own = {**os.environ, **site.environment}
        said = subprocess.run(asked, env=own, capture_output=True, text=True, timeout=10 * PATIENCE)
        outcome = json.loads(said.stdout or '{"units": 0, "errors": 1, "first_error": "the load generator ended early"}')
    finally:
        gateway.stop(PATIENCE)
    if outcome["errors"] or outcome["units"] != requests:
        raise RuntimeError(f"{case.name}: {outcome['units']} of {requests} requests, {outcome['first_error']}\n{gateway.tail()}")
    match = re.search(r"Collected : (\d+)", output.read_text())
    if gateway.was_killed or not match:
        raise RuntimeError(f"{case.name}: no count from {' '.join(command)}:\n{output.read_text()}\n{gateway.tail()}")
    return int(match[1])
