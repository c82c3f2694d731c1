"""How long a client with a connection of its own waits for answers while a large configuration is reloaded: Gatehouse, and nginx
with the same sites, in one run."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from .command import large, replace, running

PORT, NGINX = 19480, 19488
#: In each round, and the seconds after each.
RELOADS, PAUSE = 5, 1.5
REQUEST = b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"


def ask(pipe: Connection, port: int) -> None:
    """Asks one request after the other until it is told; times of each in nanoseconds, and how many connections were lost."""
    parent, lost, times = os.getppid(), 0, []
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
        f"daemon off; user root; worker_processes 2; pid {directory}/nginx.pid; error_log {directory}/nginx.log notice;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; server_names_hash_max_size 8192; server_names_hash_bucket_size 128;\n"
        f"server {{ listen 127.0.0.1:{NGINX}; root {directory}/public; keepalive_requests 10000000; "
        f"client_header_buffer_size {1000 + number}; }}\n" + "".join(servers) + "}\n")


def p99(values: list[int]) -> float:
    """In milliseconds."""
    return sorted(values)[len(values) * 99 // 100] / 1e6


@dataclass
class Waits:
    """How long the client waited, in nanoseconds: of all rounds together, since a reload takes the time of some fifty answers,
    of which one is two per cent."""

    #: Before the reloads of a round.
    quiet: list[int] = field(default_factory=list)
    #: Of requests that were under way between the order to reload and its end, and of those in the second from the order on.
    reload: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    #: From the order to the end.
    durations: list[int] = field(default_factory=list)
    lost: int = 0

    def take_round(self, port: int, prepare: Callable[[], None], reload: Callable[[], None], quiet: float) -> None:
        pipe, other = multiprocessing.Pipe()
        process = multiprocessing.Process(target=ask, args=(other, port), daemon=True)
        process.start()
        time.sleep(quiet)
        spans: list[tuple[int, int]] = []
        for _ in range(RELOADS):
            prepare()
            # To write a megabyte is work for milliseconds, and no part of the reload.
            time.sleep(0.1)
            began = time.monotonic_ns()
            reload()
            spans.append((began, time.monotonic_ns()))
            # What is left to do after it is over before the next one.
            time.sleep(PAUSE)
        pipe.send("end")
        lost, times = pipe.recv()
        process.join()
        self.lost += lost
        self.quiet += [duration for start, duration in times if start + duration < spans[0][0]]
        for began, ended in spans:
            self.durations.append(ended - began)
            self.reload += [duration for start, duration in times if start <= ended and start + duration >= began]
            self.second += [
                duration for start, duration in times if start <= began + 1_000_000_000 and start + duration >= began]

    def figures(self, name: str) -> dict[str, float]:
        usual = p99(self.quiet)
        slow = sum(duration > 2e6 * usual for duration in self.second)
        return {
            f"{name}_p99_quiet_ms": usual, f"{name}_p99_reload_ms": p99(self.reload), f"{name}_p99_second_ms": p99(self.second),
            f"{name}_longest_ms": max(self.second) / 1e6, f"{name}_slow_a_reload": slow / len(self.durations),
            f"{name}_answers": len(self.reload), f"{name}_reload_ms": statistics.median(self.durations) / 1e6,
            f"{name}_lost": self.lost}


def measure_latency(options: argparse.Namespace, directory: Path) -> dict[str, float]:
    keep = options.keep or directory
    (directory / "public").mkdir()
    (directory / "public" / "small.txt").write_text("small")
    text = large(keep, options.routes, options.certificates)
    text += f'[[sites]]\nhostname = "localhost"\nlisten = "127.0.0.1"\nport = {PORT}\nstatic_dir = "{directory}/public"\n'
    file = directory / "latency.toml"
    file.write_text(text)
    results = {"gatehouse": Waits()}
    count = 0
    with running(options.gatehouse, file) as gateway:
        # As with nginx below: who looks more often takes the cores from those who are measured.
        gateway.pause = 0.01

        def prepare() -> None:
            nonlocal count
            count += 1
            replace(file, text + f"[limits]\nmax_fields = {100 + count % 50}\n")

        for _ in range(options.rounds):
            results["gatehouse"].take_round(PORT, prepare, lambda: gateway.reload(count), 5)
    if shutil.which("nginx"):
        results["nginx"] = Waits()
        conf = directory / "nginx.conf"
        conf.write_text(nginx_text(directory, keep, options.routes, options.certificates, 0))
        log = directory / "nginx.log"
        log.touch()
        process = subprocess.Popen(["nginx", "-p", directory, "-c", conf], stderr=subprocess.DEVNULL)
        try:
            while "start worker process " not in log.read_text():
                time.sleep(0.01)

            def prepare_nginx() -> None:
                nonlocal count
                count += 1
                replace(conf, nginx_text(directory, keep, options.routes, options.certificates, count % 50))

            def reload_nginx() -> None:
                before = log.read_text().count("worker process ")
                process.send_signal(signal.SIGHUP)
                # Two begin, and two end.
                while log.read_text().count("worker process ") < before + 4:
                    time.sleep(0.01)

            for _ in range(options.rounds):
                results["nginx"].take_round(NGINX, prepare_nginx, reload_nginx, 5)
        finally:
            process.terminate()
            process.wait()
    return {key: value for name, waits in results.items() for key, value in waits.figures(name).items()}
