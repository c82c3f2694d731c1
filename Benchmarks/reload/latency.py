"""How long a client with a connection of its own waits for answers while a large configuration is reloaded: Gatehouse, and nginx
with the same sites, in one run.

Quiet windows and reloads take turns: each reload has a quiet window just before it, of the same client, so that whatever else
the machine does falls on both. A reload's window lasts from the order, a signal, to the line of the log that says that it is
over, for which this process sleeps. There are as many as it takes for a p99 that is not its own few slowest answers.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from .command import directories, large, replace

PORT, NGINX = 19480, 19488
#: Seconds after a reload for what it leaves to do, and after a file was written: a megabyte is work, and no part of the reload.
PAUSE, WRITTEN = 1.5, 0.3
#: However long a program's reload takes.
FEWEST_RELOADS = 10
REQUEST = b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"


def ask(pipe: Connection, port: int) -> None:
    """Asks one request after the other until it is told; times of each in nanoseconds, and how many connections were lost."""
    parent, lost, times = os.getppid(), 0, []
    # What it does for itself would be its own waits.
    gc.disable()
    stream = socket.create_connection(("127.0.0.1", port), 30)
    while not (len(times) % 64 == 0 and pipe.poll()) and os.getppid() == parent:
        began = time.monotonic_ns()
        while True:
            try:
                stream.sendall(REQUEST)
                if b"\r\n\r\nsmall" in stream.recv(4096):
                    break
            except OSError:
                pass
            # What such a client does: it asks again over a new connection.
            lost += 1
            stream.close()
            stream = socket.create_connection(("127.0.0.1", port), 30)
        times.append((began, time.monotonic_ns() - began))
        # A request now and then: a client that never pauses measures the machine.
        time.sleep(0.001)
    pipe.send((lost, times))


class Program:
    """One that runs, and says in its log, a pipe, what has happened: to look into a file again and again would take the cores
    from those who are measured."""

    def __init__(self, command: list[str | Path], environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})

    def wait_for(self, words: bytes, count: int = 1) -> None:
        """Until it has said so many more lines with these words."""
        assert self.process.stderr
        while count:
            line = self.process.stderr.readline()
            if not line:
                sys.exit(f"{self.process.args} ended before it said {words!r}")
            count -= words in line

    def order(self) -> None: self.process.send_signal(signal.SIGHUP)

    def __enter__(self) -> Program: return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def nginx_text(directory: Path, keep: Path, routes: int, certificates: int, number: int) -> str:
    servers = []
    for site in range(certificates):
        name = f"site{site}.example"
        locations = "".join(
            f"location /r{route}/ {{ proxy_pass http://127.0.0.1:9; }}\n" for route in range(routes // certificates))
        servers.append(
            f"server {{ listen 127.0.0.1:19443 ssl; server_name {name}; ssl_certificate {keep}/{name}.crt; "
            f"ssl_certificate_key {keep}/{name}.key;\n{locations} }}\n")
    return (
        f"daemon off; user root; worker_processes 2; pid {directory}/nginx.pid; error_log stderr notice;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; server_names_hash_max_size 8192; server_names_hash_bucket_size 128;\n"
        f"server {{ listen 127.0.0.1:{NGINX}; root {directory}/public; keepalive_requests 10000000; "
        f"client_header_buffer_size {1000 + number}; }}\n" + "".join(servers) + "}\n")


def p99(values: list[int]) -> float:
    """In milliseconds."""
    return sorted(values)[len(values) * 99 // 100] / 1e6


@dataclass
class Waits:
    """How long the client waited, in nanoseconds: of all windows of a kind together."""

    #: Of requests that were under way in the window before a reload; between the order and its end; in the second from the order.
    quiet: list[int] = field(default_factory=list)
    reload: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    #: From the order to the end.
    durations: list[int] = field(default_factory=list)
    lost: int = 0

    def measure(self, port: int, write: Callable[[int], None], reload: Callable[[], None], answers: int) -> None:
        """Reloads until about so many answers came meanwhile."""
        write(0)
        length = self.timed(reload)
        pipe, other = multiprocessing.Pipe()
        process = multiprocessing.Process(target=ask, args=(other, port), daemon=True)
        process.start()
        spans: list[tuple[int, int, int]] = []
        # An answer takes its time and the pause of a millisecond.
        while len(spans) < FEWEST_RELOADS or sum(end - order for _, order, end in spans) < answers * 1_150_000:
            time.sleep(PAUSE)
            write(len(spans) + 1)
            time.sleep(WRITTEN)
            began = time.monotonic_ns()
            time.sleep(length / 1e9)
            order = time.monotonic_ns()
            length = self.timed(reload)
            spans.append((began, order, order + length))
        time.sleep(PAUSE)
        pipe.send("end")
        lost, times = pipe.recv()
        process.join()
        self.lost += lost
        for began, order, end in spans:
            self.durations.append(end - order)
            for kind, first, last in (
                    (self.quiet, began, order), (self.reload, order, end), (self.second, order, order + 1_000_000_000)):
                kind += [duration for start, duration in times if start < last and start + duration >= first]

    @staticmethod
    def timed(work: Callable[[], None]) -> int:
        began = time.monotonic_ns()
        work()
        return time.monotonic_ns() - began

    def figures(self, name: str) -> dict[str, float]:
        quiet, during = p99(self.quiet), p99(self.reload)
        return {
            f"{name}_p99_quiet_ms": quiet, f"{name}_p99_reload_ms": during, f"{name}_to_quiet": during / quiet,
            f"{name}_quiet_answers": len(self.quiet), f"{name}_reload_answers": len(self.reload),
            f"{name}_p50_quiet_ms": statistics.median(self.quiet) / 1e6,
            f"{name}_p50_reload_ms": statistics.median(self.reload) / 1e6,
            f"{name}_p99_second_ms": p99(self.second), f"{name}_longest_quiet_ms": max(self.quiet) / 1e6,
            f"{name}_longest_ms": max(self.second) / 1e6, f"{name}_reloads": len(self.durations),
            f"{name}_reload_ms": statistics.median(self.durations) / 1e6, f"{name}_lost": self.lost}


def measure_gatehouse(options: argparse.Namespace, directory: Path, keep: Path) -> Waits:
    text = large(keep, options.routes, options.certificates)
    text += f'[[sites]]\nhostname = "localhost"\nlisten = "127.0.0.1"\nport = {PORT}\nstatic_dir = "{directory}/public"\n'
    file = directory / "latency.toml"

    def write(number: int) -> None:
        # Else the connection is closed after the usual 10,000 requests, as is nginx's.
        replace(file, f"{text}[limits]\nmax_requests_per_connection = 0\nmax_fields = {100 + number % 50}\n")

    def reload() -> None:
        program.order()
        program.wait_for(b": reloaded ")

    write(49)
    waits = Waits()
    with Program([options.gatehouse, "run", "-c", file], directories(directory)) as program:
        program.wait_for(b": serving ")
        waits.measure(PORT, write, reload, options.answers)
    return waits


def measure_nginx(options: argparse.Namespace, directory: Path, keep: Path) -> Waits:
    conf = directory / "nginx.conf"

    def write(number: int) -> None:
        replace(conf, nginx_text(directory, keep, options.routes, options.certificates, number % 50))

    def reload() -> None:
        program.order()
        # Two begin, and two end.
        program.wait_for(b"worker process ", 4)

    write(49)
    waits = Waits()
    with Program(["nginx", "-p", directory, "-e", "stderr", "-c", conf]) as program:
        program.wait_for(b"start worker process ", 2)
        waits.measure(NGINX, write, reload, options.answers)
    return waits


def measure_latency(options: argparse.Namespace, directory: Path) -> dict[str, float]:
    keep = options.keep or directory
    (directory / "public").mkdir()
    (directory / "public" / "small.txt").write_text("small")
    figures = measure_gatehouse(options, directory, keep).figures("gatehouse")
    if shutil.which("nginx"):
        figures |= measure_nginx(options, directory, keep).figures("nginx")
    return figures
