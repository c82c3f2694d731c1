"""What a fleet costs requests and handshakes: see scripts/bench-fleet."""

from __future__ import annotations

import argparse
import secrets
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import generator, grid, prepare, processes, usage, whole
from harness.processes import Child
from harness.scenarios import SMALL_BODY, Load
from harness.site import Site, make_site, upstreams

KINDS = ("own", "shared")
#: Requests at once.
CONNECTIONS = 32
#: Of the pace that one core can do, in the part that measures how long clients wait.
SHARE = 0.5
#: Handshakes of the smaller run under valgrind.
HANDSHAKES = 100
LIMIT = """
[sites.rate_limit]
max_requests = 100000000
window_seconds = 1
"""


@dataclass
class Sample:
    """One window of one kind."""

    rate: float
    #: Of the gateway's processor time, for each request.
    microseconds: float
    p50: float
    p99: float


def fleet(work: Path, member: str, etcd: int, redis: int | None) -> str:
    """The tables of a member."""
    shared = f'[fleet.redis]\nendpoints = ["redis://127.0.0.1:{redis}"]\n' if redis else ""
    return (f'[fleet]\nname = "bench"\nmember = "{member}"\nendpoints = ["http://127.0.0.1:{etcd}"]\n'
            f'secret_file = "{work}/fleet.key"\n{shared}')


@contextmanager
def engines(work: Path) -> Iterator[tuple[int, int]]:
    """Redis and etcd, on the core of the load; their ports."""
    redis, etcd, peer = processes.free_ports(20)[-3:]
    urls = {name: f"http://127.0.0.1:{port}" for name, port in [("client", etcd), ("peer", peer)]}
    commands = [
        ["redis-server", "--bind", "127.0.0.1", "--port", str(redis), "--save", "", "--appendonly", "no", "--dir", str(work)],
        ["etcd", "--data-dir", f"{work}/etcd", "--listen-client-urls", urls["client"], "--advertise-client-urls", urls["client"],
         "--listen-peer-urls", urls["peer"], "--initial-advertise-peer-urls", urls["peer"], "--initial-cluster",
         f"default={urls['peer']}"]]
    with ExitStack() as stack:
        for port, command in zip((redis, etcd), commands):
            child = stack.enter_context(Child(command, (processes.LOAD_CORE,), work / f"{command[0]}.log"))
            processes.wait_for_port(child, port)
        yield redis, etcd


def start(site: Site, program: Path, name: str, port: int, passage: str, prefix: tuple[str, ...] = ()) -> Child:
    """A gateway on the gateway's core, which has heard of its fleet."""
    configuration = site.fill(
        "gatehouse.toml", name=f"{name}.toml", gatehouse_log="log_requests = false", port=port, protection=LIMIT,
        passage=f"{passage}\n[admin]\nsocket = \"{site.work}/{name}.sock\"\n")
    environment = {**site.environment, "STATE_DIRECTORY": f"{site.work}/state-{name}"}
    if prefix:
        environment |= {"SWIFT_DETERMINISTIC_HASHING": "1", "LD_PRELOAD": str(site.programs / "openat2")}
    child = Child([*prefix, str(program), "run", "-c", str(configuration)], (processes.GATEWAY_CORE,),
                  site.work / f"{name}.log", environment)
    processes.wait_for_port(child, port, whole.PATIENCE)
    return child


def measure(site: Site, pid: int, port: int, seconds: float, rate: float) -> Sample:
    load = Load(connections=CONNECTIONS, expect_bytes=len(SMALL_BODY))
    run = generator.Run(seconds=seconds, warmup=0.5, rate=rate)
    command = [*generator.command(site, load, "/echo/small", run), "--port", str(port)]
    with generator.Generator(site, command, seconds) as clients:
        clients.expect("begin")
        before = usage.Cpu.of([pid])
        clients.expect("end")
        spent = sum(usage.Cpu.of([pid]).since(before))
        found = clients.outcome()
    return Sample(found["units"] / found["seconds"], spent / 1e3 / found["units"], found["p50_us"], found["p99_us"])


def limits(site: Site, program: Path, options: argparse.Namespace) -> None:
    """Interleaved, so that what else this machine does meets both."""
    with engines(site.work) as (redis, etcd), ExitStack() as stack:
        ports = dict(zip(KINDS, processes.free_ports(30)[-2:]))
        gateways = {}
        for kind in KINDS:
            passage = fleet(site.work, kind, etcd, redis if kind == "shared" else None)
            gateways[kind] = stack.enter_context(start(site, program, kind, ports[kind], passage))
        fast: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
        steady: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
        for number in range(options.rounds):
            for kind in KINDS if number % 2 else KINDS[::-1]:
                fast[kind].append(measure(site, gateways[kind].pid, ports[kind], options.seconds, 0))
        pace = SHARE * min(statistics.median(each.rate for each in samples) for samples in fast.values())
        for number in range(options.rounds):
            for kind in KINDS if number % 2 else KINDS[::-1]:
                steady[kind].append(measure(site, gateways[kind].pid, ports[kind], options.seconds, pace))
    rows = [[f"{kind} limit", *figures(fast[kind], "rate", "microseconds"), *figures(steady[kind], "p50", "p99")]
            for kind in KINDS]
    print(grid.text(("", "requests/s", "CPU µs each", f"p50 µs at {pace:,.0f}/s", "p99 µs"), rows), flush=True)
    pairs = [b.microseconds / a.microseconds for a, b in zip(fast["own"], fast["shared"])]
    print(f"  CPU of a request, shared to own: {statistics.median(pairs) - 1:+.1%} "
          f"({min(pairs) - 1:+.1%} to {max(pairs) - 1:+.1%} in {len(pairs)} pairs)\n", flush=True)


def figures(samples: list[Sample], *names: str) -> list[str]:
    return [f"{statistics.median(getattr(each, name) for each in samples):,.1f}" for name in names]


def session(port: int, context: ssl.SSLContext, known: ssl.SSLSession | None = None) -> ssl.SSLSession:
    """Of one connection with one request; it resumes the one that is given, if the gateway can."""
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost", session=known) as stream:
        stream.sendall(b"GET /static/1k.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while stream.recv(65_536):
            pass
        if known is not None and not stream.session_reused:
            raise NotResumed
        assert stream.session is not None
        return stream.session


class NotResumed(Exception):
    """The handshake was a whole one."""


def resumes(port: int, context: ssl.SSLContext, known: ssl.SSLSession) -> bool:
    """Has this member heard of the fleet's keys?"""
    try:
        session(port, context, known)
        return True
    except NotResumed:
        return False


def handshakes(site: Site, program: Path) -> None:
    """The difference between so many and twice as many, of a member under valgrind."""
    stripped = whole.stripped(site.work, program)
    context = ssl.create_default_context(cafile=str(site.certificate))
    context.check_hostname = False
    with engines(site.work) as (_, etcd):
        first, *others = processes.free_ports(40)[-5:]
        with start(site, program, "first", first, fleet(site.work, "first", etcd, None)):
            counts = {}
            for port, (place, times) in zip(others, [(place, times) for place in ("here", "elsewhere") for times in (1, 2)]):
                output = site.work / f"{place}-{times}.out"
                prefix = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={output}")
                second = start(site, stripped, f"{place}-{times}", port, fleet(site.work, f"{place}{times}", etcd, None), prefix)
                while not resumes(port, context, session(first, context)):
                    time.sleep(0.1)
                known = session(port if place == "here" else first, context)
                for _ in range(times * HANDSHAKES):
                    session(port, context, known)
                second.stop(whole.PATIENCE)
                counts[place, times] = whole.events(output.read_text())["Ir"]
    rows = [[f"of the {what}", f"{(counts[place, 2] - counts[place, 1]) / HANDSHAKES:,.0f}"]
            for place, what in [("here", "same member"), ("elsewhere", "other one")]]
    print(grid.text(("resumed session", "instructions of connection and request"), rows), flush=True)


def main(arguments: list[str], words: str | None) -> int:
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--binary", type=Path, help="instead of this build's")
    parser.add_argument("--only", choices=["limits", "handshakes"])
    options = parser.parse_args(arguments)
    if not options.binary:
        prepare.build_gatehouse()
    program = options.binary or prepare.ROOT / ".build" / "release" / "gatehouse"
    processes.pin_harness()
    with tempfile.TemporaryDirectory(prefix="gatehouse-fleet-cost-") as folder:
        site = make_site(Path(folder), prepare.build_c_programs())
        (site.work / "fleet.key").write_text(secrets.token_hex(32))
        (site.work / "fleet.key").chmod(0o600)
        with upstreams(site):
            if options.only != "handshakes":
                limits(site, program, options)
            if options.only != "limits":
                handshakes(site, program)
    return 0
