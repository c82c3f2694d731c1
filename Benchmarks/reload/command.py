"""The command line: scripts/bench-reload."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What is as it was is not read and planned again.
MOST_OF_START = 0.3
MOST_GROWTH = 0.02
#: A client's p99 while a configuration is reloaded, to its own while nothing happens, and to nginx's.
MOST_TO_QUIET = 1.2
MOST_TO_NGINX = 0.5


@dataclass
class Running:
    """A gateway that serves one file."""

    process: subprocess.Popen[bytes]
    log: Path
    started: float

    @property
    def cpu(self) -> float:
        """Seconds of CPU time so far (clock_getcpuclockid(3): the kernel's number of a process's clock)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    @property
    def resident(self) -> int:
        """Resident KiB."""
        return next(int(line.split()[1]) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
                    if line.startswith("VmRSS:"))

    def wait_for(self, words: str, count: int, timeout: float = 300) -> None:
        """Until the log has so many lines with these words."""
        end = time.monotonic() + timeout
        while self.log.read_text().count(words) < count:
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"the gateway did not say {words!r} {count} times:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.001)

    def reload(self, number: int) -> None:
        """The number-th reload."""
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(": reloaded ", number)


def directories(parent: Path) -> dict[str, str]:
    """Variables of the environment that keep what a gateway leaves, its history too, out of the system's directories."""
    return {"RUNTIME_DIRECTORY": str(parent / "run"), "STATE_DIRECTORY": str(parent / "state")}


@contextmanager
def running(program: Path, file: Path) -> Iterator[Running]:
    log = file.with_suffix(".log")
    began = time.monotonic()
    environment = {**os.environ, **directories(file.parent)}
    with log.open("wb") as errors:
        process = subprocess.Popen([program, "run", "-c", file], stderr=errors, stdout=errors, env=environment)
    gateway = Running(process, log, 0)
    try:
        gateway.wait_for(": serving ", 1)
        gateway.started = time.monotonic() - began
        yield gateway
    finally:
        process.terminate()
        process.wait()


def certificate(directory: Path, name: str) -> None:
    """A self-signed pair for one name."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", directory / f"{name}.key",
         "-out", directory / f"{name}.crt"], check=True, capture_output=True)


def large(directory: Path, routes: int, certificates: int) -> str:
    """Sites that share the routes among them, each with a certificate of its own."""
    text = ["[logging]", 'access_log = "none"', "[performance]", "worker_threads = 2"]
    for number in range(certificates):
        name = f"site{number}.example"
        if not (directory / f"{name}.crt").exists():
            certificate(directory, name)
        text += ["[[sites]]", f'hostname = "{name}"', 'listen = "127.0.0.1"', "port = 19443", "[sites.ssl]", "enabled = true",
                 f'cert_file = "{directory}/{name}.crt"', f'key_file = "{directory}/{name}.key"', "[sites.proxy]",
                 "enabled = true", "[[sites.proxy.upstreams]]", 'name = "app"', 'url = "http://127.0.0.1:9"']
        for route in range(routes // certificates):
            text += ["[[sites.proxy.routes]]", f'path = "/r{route}/"', 'upstream = "app"']
    return "\n".join(text) + "\n"


def small(number: int, directory: Path) -> str:
    """One of two configurations that differ: limits, an upstream, a listener that comes and goes, and TLS."""
    more = ["[[sites]]", 'hostname = "localhost"', 'listen = "127.0.0.1"', "port = 19481", f'static_dir = "{directory}"']
    return "\n".join([
        "[logging]", 'access_log = "none"', "[performance]", "worker_threads = 2", "[limits]", f"max_fields = {100 + number % 2}",
        "[[sites]]", 'hostname = "localhost"', 'listen = "127.0.0.1"', "port = 19480", "[sites.proxy]", "enabled = true",
        "[[sites.proxy.upstreams]]", 'name = "app"', f'url = "http://127.0.0.1:{9 + number % 2}"', "[[sites.proxy.routes]]",
        'path = "/"', 'upstream = "app"', "[[sites]]", 'hostname = "site0.example"', 'listen = "127.0.0.1"', "port = 19443",
        f'static_dir = "{directory}"', "[sites.ssl]", "enabled = true", f'cert_file = "{directory}/site0.example.crt"',
        f'key_file = "{directory}/site0.example.key"', *(more if number % 5 == 0 else [])]) + "\n"


def ask(directory: Path, count: int) -> None:
    """Requests over new TLS connections: what a client leaves behind must go, too."""
    context = ssl.create_default_context(cafile=directory / "site0.example.crt")
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", 19443)) as plain, \
                context.wrap_socket(plain, server_hostname="site0.example") as connection:
            connection.sendall(b"GET /site0.example.crt HTTP/1.1\r\nHost: site0.example\r\nConnection: close\r\n\r\n")
            while connection.recv(65_536):
                pass


def replace(file: Path, text: str) -> None:
    """As whoever writes a configuration should."""
    file.with_suffix(".next").write_text(text)
    file.with_suffix(".next").rename(file)


def changed(text: str, number: int) -> str:
    """A large configuration with another limit, or another route. Small changes, but changes: nothing is saved by noticing that
    the file is as it was."""
    if number % 2:
        return text.split("[limits]")[0] + f"[limits]\nmax_fields = {100 + number}\n"
    return text.replace("/r1/", f"/changed{number}/", 1)


def measure_speed(options: argparse.Namespace, directory: Path) -> dict[str, float]:
    file = directory / "large.toml"
    text = large(options.keep or directory, options.routes, options.certificates)
    file.write_text(text)
    starts, walls = [], []
    for _ in range(options.rounds):
        with running(options.gatehouse, file) as gateway:
            starts.append(gateway.cpu)
            walls.append(gateway.started)
    reloads: dict[str, list[float]] = {"limit": [], "route": [], "all": []}
    reload_walls = []
    with running(options.gatehouse, file) as gateway:
        for number in range(1, 2 * options.rounds + 1):
            kind = "limit" if number % 2 else "route"
            text = changed(text, number)
            replace(file, text)
            before, began = gateway.cpu, time.monotonic()
            gateway.reload(number)
            reloads[kind].append(gateway.cpu - before)
            reload_walls.append(time.monotonic() - began)
            # What is given back has been, and what ends with a tick of the workers has ended.
            time.sleep(2)
            reloads["all"].append(gateway.cpu - before)
        time.sleep(1)
        resident = gateway.resident
    start = statistics.median(starts)
    costs = {kind: statistics.median(times) for kind, times in reloads.items()}
    return {"start_cpu_s": start, "reload_of_limit_cpu_s": costs["limit"], "reload_of_route_cpu_s": costs["route"],
            "reload_and_after_cpu_s": costs["all"], "ratio": max(costs["limit"], costs["route"]) / start,
            "start_s": statistics.median(walls), "reload_s": statistics.median(reload_walls), "resident_kib": resident}


def measure_memory(options: argparse.Namespace, directory: Path) -> dict[str, float]:
    """Of a small configuration, of which nothing is large enough to hide a leak, and of a large one."""
    certificate(directory, "site0.example")
    small_file, large_file = directory / "small.toml", directory / "large.toml"
    text = large(options.keep or directory, options.routes, options.certificates)

    def next_large(number: int) -> str:
        nonlocal text
        text = changed(text, number) if number else text
        return text

    figures = resident_by_reloads(options, small_file, lambda number: small(number, directory), lambda: ask(directory, 2))
    return figures | resident_by_reloads(options, large_file, next_large, lambda: None)


def resident_by_reloads(
        options: argparse.Namespace, file: Path, text: Callable[[int], str], meanwhile: Callable[[], None]) -> dict[str, float]:
    """How much memory a process has after so many reloads.

    - text: what the file says for each, from 0 on for the start.
    - meanwhile: what clients do after each."""
    file.write_text(text(0))
    after: dict[int, int] = {}
    looks = sorted({10, 100, options.reloads // 2, options.reloads})
    with running(options.gatehouse, file) as gateway:
        for number in range(1, options.reloads + 1):
            replace(file, text(number))
            gateway.reload(number)
            meanwhile()
            if number in looks:
                # What is given back has been, and what ends with a tick of the workers has ended.
                time.sleep(3)
                after[number] = gateway.resident
    growth = after[options.reloads] / after[10] - 1
    return {**{f"{file.stem}_after_{number}_kib": value for number, value in after.items()}, f"{file.stem}_growth": growth}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench-reload",
        description="Measures what a reload costs beside a start, whether memory grows with reloads, and how long a client waits "
        "during one, beside nginx.",
        epilog="latency: one client asks for a small file over one connection, a request a millisecond. Windows in which nothing "
        "happens and reloads take turns, each window as long as the reload before it took, until --answers of them came in "
        "reloads: from the signal to the line of the log that says that it is over, for which nobody looks again and again. "
        "p99_quiet and p99_reload are of all windows of their kind, p99_second of the whole second from each order on. "
        f"Exit codes: 0 a reload takes at most {MOST_OF_START} of a start's CPU time, memory grows by at most {MOST_GROWTH:.0%}, "
        f"and p99 in reloads is at most {MOST_TO_QUIET} of the quiet one and {MOST_TO_NGINX} of nginx's; 1 not so; "
        "2 wrong usage.")
    parser.add_argument("--gatehouse", type=Path, default=Path(".build/release/gatehouse"), metavar="PATH")
    parser.add_argument("--routes", type=int, default=10_000)
    parser.add_argument("--certificates", type=int, default=1000)
    parser.add_argument("--reloads", type=int, default=1000, help="for the memory (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="for the speed: starts, and half of the reloads (5)")
    parser.add_argument("--answers", type=int, default=3000, help="for the latency, of each program (3000)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the certificates there, and use those that are there")
    parser.add_argument("--only", choices=["speed", "memory", "latency"])
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    options.gatehouse = options.gatehouse.resolve()
    figures: dict[str, float] = {}
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-reload-") as name:
        if options.only in (None, "speed"):
            figures |= measure_speed(options, Path(name))
        if options.only in (None, "memory"):
            figures |= measure_memory(options, Path(name))
        if options.only in (None, "latency"):
            from .latency import measure_latency  # which needs this file

            figures |= measure_latency(options, Path(name))
    for title, value in figures.items():
        print(f"{title:24} {value:12,.3f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(not is_enough(figures))


def is_enough(figures: dict[str, float]) -> bool:
    """Is what was measured as it must be?"""
    during = figures.get("gatehouse_p99_reload_ms", 0)
    return (
        figures.get("ratio", 0) <= MOST_OF_START
        and max(figures.get("small_growth", 0), figures.get("large_growth", 0)) <= MOST_GROWTH
        and during <= MOST_TO_QUIET * figures.get("gatehouse_p99_quiet_ms", during)
        and during <= MOST_TO_NGINX * figures.get("nginx_p99_reload_ms", during / MOST_TO_NGINX))
