"""Whole requests through the release build, counted in instructions by valgrind's callgrind.

One client on one connection, one worker, the bench's upstreams: so many requests, then twice as many. The difference leaves
out the start, the handshake and the end. The kernel's work is not in it. The same way the lines are counted that a scenario of
scripts/bench does not find in the caches, of a processor that valgrind imagines: the same one on every machine."""

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
from .scenarios import KIB, MIB, SMALL_BODY, TEXT_FILE, Load, Scenario
from .site import Site, make_site, upstreams

#: Of the smaller run. A handshake's instructions differ from run to run by some ten thousand, which so many requests share.
REQUESTS = 2_000
#: The same of connections with one request each.
HANDSHAKES = 200
#: Under valgrind a program starts and ends slowly, and two cores may be busy.
PATIENCE = 120.0
#: Bytes, ways and bytes of a line (valgrind's manual, "Cachegrind"): the second stands for the last level, and is as large as a
#: core's own second one, since what is beyond that is shared with others.
CACHES = ("--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,16,64")
#: Among the counts of a run: how many units it had.
UNITS = "units"
#: Bytes of bodies that the smaller run of a scenario carries at most.
MOST_BYTES = 32 * MIB
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


#: The address is looked for among a hundred blocks, its requests are counted, and fields are removed, set and defaulted.
GUARDED = f"""
[sites.access]
allow_ips = ["127.0.0.0/8", {", ".join(f'"10.{number}.0.0/16"' for number in range(0, 200, 2))}]
deny_ips = ["192.0.2.0/24"]
[sites.rate_limit]
requests_per_minute = 1000000000
burst_size = 1000000
[sites.request_headers]
set = {{ "X-Edge" = "main" }}
remove = ["X-Debug"]
[sites.response_headers]
set = {{ "X-Frame-Options" = "DENY" }}
default = {{ "Cache-Control" = "no-store" }}
remove = ["X-Powered-By"]
"""

#: Fields whose values depend on the request.
FILLED = """
[sites.request_headers]
set = { "X-Real-IP" = "{client_ip}" }
[sites.response_headers]
set = { "X-Request-ID" = "{request_id}" }
"""

#: The flight recorder is on.
RECORDED = "[recorder]\nexchanges = 1000\n"

#: Requests belong to traces, of which few are sampled.
TRACED = '[tracing]\nendpoint = "http://127.0.0.1:9/v1/traces"\nsample_one_in = 1000000\n'

CASES = (
    Whole("whole/proxied-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY))),
    Whole("whole/http2-95-bytes", "/echo/small", Load(connections=1, streams=10, expect_bytes=len(SMALL_BODY))),
    Whole("whole/http2-both-95-bytes", "/h2c/small", Load(connections=1, streams=10, expect_bytes=len(SMALL_BODY))),
    Whole(
        "whole/grpc-unary", "/grpc/echo",
        Load(connections=1, streams=10, upload_bytes=69, expect_bytes=69, is_call=True)),
    Whole(
        "whole/guarded-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), protection=GUARDED),
    Whole("whole/filled-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), protection=FILLED),
    Whole(
        "whole/logged-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), logging="combined"),
    Whole("whole/json-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), logging="json"),
    Whole(
        "whole/recorded-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), passage=RECORDED),
    Whole("whole/traced-95-bytes", "/echo/small", Load(connections=1, expect_bytes=len(SMALL_BODY)), passage=TRACED),
    Whole("whole/static-1-KiB", "/static/1k.bin", Load(connections=1, expect_bytes=KIB)),
    Whole("whole/http2-static-1-KiB", "/static/1k.bin", Load(connections=1, streams=10, expect_bytes=KIB)),
    Whole("whole/static-gzip", f"/static/{TEXT_FILE}", Load(connections=1, accept="gzip")),
    Whole(
        "whole/kept-95-bytes", "/plain/kept/small", Load(connections=1, expect_bytes=len(SMALL_BODY)),
        protection="[sites.cache_upstream]\n"),
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
        program = stripped(work, prepare.ROOT / ".build" / "release" / "gatehouse")
        runs = [(case, requests) for case in cases for requests in (case.requests, 2 * case.requests)]
        ports = processes.free_ports(len(site.ports) + len(runs))[len(site.ports):]
        with upstreams(site), ThreadPoolExecutor(os.cpu_count()) as pool:
            collected = dict(zip(runs, pool.map(lambda run, port: _collected(site, program, port, *run), runs, ports)))
    return {case.name: _per_unit(collected[case, case.requests], collected[case, 2 * case.requests], "Ir") for case in cases}


def _per_unit(once: dict[str, int], twice: dict[str, int], *names: str) -> float:
    """What one unit more adds to these counts."""
    # Where it adds nothing, starts that differ by some hundred may make it less than that.
    return max(0, sum(twice[name] - once[name] for name in names)) / (twice[UNITS] - once[UNITS])


def stripped(work: Path, built: Path) -> Path:
    """The program without debugging information, whose form valgrind may not know."""
    program = work / "gatehouse"
    if not program.exists():
        subprocess.run(["objcopy", "--strip-debug", str(built), str(program)], check=True)
    return program


def can_simulate(scenario: Scenario) -> bool:
    """Not where nothing but memory is measured, the pace is set, or the port is another listener's."""
    return not scenario.load.hold and scenario.rate_share == 0 and scenario.load.port == "port"


def simulated(scenario: Scenario) -> Whole:
    """A scenario as so many requests; each connection has some of them."""
    load = scenario.load
    size = max(load.expect_bytes or 0, load.upload_bytes, load.message_bytes, 1)
    usual = HANDSHAKES if load.work == "connect" else REQUESTS
    requests = max(4 * load.connections, min(usual, MOST_BYTES // size))
    return Whole(scenario.name, scenario.path, load, logging=scenario.logging, requests=requests)


def cache_misses(site: Site, built: Path, scenario: Scenario) -> tuple[float, float]:
    """Lines that one unit of the scenario misses in the first cache of data, and in the last one, of data or code. The upstreams
    are there."""
    case = simulated(scenario)
    program = stripped(site.work, built)
    ports = processes.free_ports(len(site.ports) + 2)[len(site.ports):]
    with ThreadPoolExecutor(2) as pool:
        once, twice = pool.map(lambda port, times: _collected(site, program, port, case, times * case.requests, CACHES),
                               ports, (1, 2))
    return _per_unit(once, twice, "D1mr", "D1mw"), _per_unit(once, twice, "ILmr", "DLmr", "DLmw")


def _collected(
        site: Site, program: Path, port: int, case: Whole, requests: int, options: tuple[str, ...] = ()) -> dict[str, int]:
    """What valgrind has counted in a whole run of the program on `port`, with so many requests."""
    name = f"callgrind-{port}"
    log = f'access_log = "{site.work}/{name}-access.log"\nformat = "{case.logging}"' if case.logging else "log_requests = false"
    configuration = site.fill(
        "gatehouse.toml", name=f"{name}.toml", gatehouse_log=log, port=port, protection=case.protection, passage=case.passage)
    output = site.work / f"{name}.out"
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={output}", *options,
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
    # What several connections have under way when the last one is done counts, too.
    if outcome["errors"] or not requests <= outcome["units"] < requests + case.load.connections * max(1, case.load.streams):
        raise RuntimeError(f"{case.name}: {outcome['units']} of {requests} requests, {outcome['first_error']}\n{gateway.tail()}")
    counts = events(output.read_text())
    if gateway.was_killed or not counts:
        raise RuntimeError(f"{case.name}: no count from {' '.join(command)}:\n{output.read_text()}\n{gateway.tail()}")
    return {**counts, UNITS: outcome["units"]}


def events(text: str) -> dict[str, int]:
    """The counts by the names that callgrind gives them; none if the program has not come to its end."""
    names = re.search(r"Events +: (.+)", text)
    counts = re.search(r"Collected +: ([\d ]+)", text)
    return dict(zip(names[1].split(), map(int, counts[1].split()))) if names and counts else {}
