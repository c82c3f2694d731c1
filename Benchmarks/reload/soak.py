"""The command line: scripts/soak-reload."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .command import Running, certificate, replace, running

PLAIN, SECURE, EXTRA, UPSTREAM = 19480, 19443, 19481, 19490
HOST = "site0.example"
BIG = b"x" * 1_000_000


class Upstream(socketserver.ThreadingTCPServer):
    """Answers GET with a small or a large body, POST with the length of its body, and an upgrade with an echo of frames."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


class Exchange(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            fields = {}
            while (field := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = field.partition(b":")
                fields[name.strip().lower()] = value.strip()
            if b"upgrade" in fields:
                return self.echo()
            body = self.rfile.read(int(fields.get(b"content-length", 0)))
            if line.startswith(b"POST"):
                answer = str(len(body)).encode()
            else:
                answer = BIG if b"/big" in line else b"small"
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)

    def echo(self) -> None:
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        while (head := self.rfile.read(2)) and len(head) == 2:
            length = head[1] & 127
            mask = self.rfile.read(4)
            payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(self.rfile.read(length)))
            if head[0] & 15 == 8:
                self.wfile.write(bytes([0x88, length]) + payload)
                return
            self.wfile.write(bytes([0x81, length]) + payload)


class Load:
    """Clients that go on until they are told, and what they saw."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.is_over = threading.Event()
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.threads: list[threading.Thread] = []

    def start(self, name: str, body: Callable[[], None]) -> None:
        def run() -> None:
            while not self.is_over.is_set():
                try:
                    body()
                except Exception as error:  # noqa: BLE001  (whatever a client sees is a failure)
                    self.failures.append(f"{name}: {error!r}")
                    return

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def end(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)

    def connect(self, secure: bool) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", SECURE if secure else PLAIN), 60)
        if not secure:
            return plain
        context = ssl.create_default_context()
        for name in "ab":
            context.load_verify_locations(self.directory / f"{name}/{HOST}.crt")
        return context.wrap_socket(plain, server_hostname=HOST)

    def ask(self, stream: socket.socket, request: bytes, expected: bytes, count: str) -> None:
        stream.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = stream.recv(65_536)
            if not piece:
                raise ConnectionError("no answer")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        while len(body) < len(expected):
            piece = stream.recv(65_536)
            if not piece:
                raise ConnectionError("a short answer")
            body += piece
        if body != expected:
            raise ConnectionError("another body")
        self.counts[count] += 1

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    def keep_alive(self, secure: bool) -> None:
        with self.connect(secure) as stream:
            for _ in range(50):
                self.ask(stream, self.get("/"), b"small", "requests, kept connections")
                if self.is_over.wait(0.002):
                    return

    def new_connection(self) -> None:
        with self.connect(True) as stream:
            self.ask(stream, self.get("/"), b"small", "requests, new TLS connections")
        self.is_over.wait(0.01)

    def download(self) -> None:
        with self.connect(True) as stream:
            self.ask(stream, self.get("/big"), BIG, "downloads of 1 MB")
        self.is_over.wait(0.02)

    def upload(self) -> None:
        head = f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(BIG)}\r\n\r\n".encode()
        with self.connect(False) as stream:
            stream.sendall(head)
            # Slowly, so that reloads happen in the middle of it.
            for start in range(0, len(BIG) - 1, 100_000):
                stream.sendall(BIG[start:start + 100_000])
                time.sleep(0.02)
            self.ask(stream, b"", str(len(BIG)).encode(), "uploads of 1 MB")

    def http2(self) -> None:
        done = subprocess.run(["h2load", "-n", "300", "-c", "3", "-m", "5", "--connect-to", f"127.0.0.1:{SECURE}",
                               f"https://{HOST}:{SECURE}/"], capture_output=True, text=True, timeout=120, check=False)
        if "300 succeeded, 0 failed, 0 errored, 0 timeout" not in done.stdout:
            raise ConnectionError(done.stdout[-400:])
        self.counts["requests in HTTP/2"] += 300

    def tunnel(self) -> None:
        with self.connect(False) as stream:
            stream.sendall(f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
            reader = stream.makefile("rb")
            if b" 101 " not in (line := reader.readline()):
                raise ConnectionError(line.decode())
            while reader.readline() not in (b"\r\n", b""):
                pass
            self.counts["tunnels"] += 1
            while not self.is_over.is_set():
                text = base64.b64encode(os.urandom(30))
                stream.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
                if reader.read(2 + len(text)) != bytes([0x81, len(text)]) + text:
                    raise ConnectionError("the tunnel is gone")
                self.counts["messages in tunnels"] += 1
                self.is_over.wait(0.2)
            stream.sendall(bytes([0x88, 0x80]) + bytes(4))


def configuration(number: int, directory: Path) -> str:
    """Each differs from the one before; each tenth is wrong."""
    if number % 10 == 9:
        missing = f'[[sites]]\nhostname = "a"\nport = 19482\n[sites.ssl]\nenabled = true\ncert_file = "/none{number}"\n'
        return ['[limits]\nhead_timeout = "9 parsecs"\n', '[[sites]]\nhostname = "a\nport =', "", missing][number // 10 % 4]
    site = "\n".join([
        "[[sites]]", f'hostname = "{HOST}"', 'listen = "127.0.0.1"', "port = {port}", "{ssl}", "[sites.proxy]", "enabled = true",
        "[[sites.proxy.upstreams]]", 'name = "app"', f'url = "http://127.0.0.1:{UPSTREAM}"', f"weight = {1 + number % 4}",
        "[[sites.proxy.routes]]", 'path = "/"', 'upstream = "app"',
        "[[sites.proxy.routes]]", 'path = "/ws"', 'upstream = "app"', "websocket = true",
        *(["[[sites.proxy.routes]]", f'path = "/more{number}/"', 'upstream = "app"'] if number % 2 else []), ""])
    tls = f'[sites.ssl]\nenabled = true\ncert_file = "{directory}/now/{HOST}.crt"\nkey_file = "{directory}/now/{HOST}.key"'
    text = "\n".join([
        "[logging]", 'access_log = "none"', "[performance]", "worker_threads = 2", "max_connections = 5000", "[limits]",
        f"max_fields = {100 + number % 7}", ""])
    text += site.format(port=PLAIN, ssl="") + site.format(port=SECURE, ssl=tls)
    return text + (site.format(port=EXTRA, ssl="") if number % 3 == 0 else "")


def swap(directory: Path, number: int) -> None:
    """Another certificate, by another link."""
    (directory / "next").symlink_to("ab"[number % 2])
    (directory / "next").rename(directory / "now")


def descriptors(gateway: Running) -> int:
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak-reload",
        description="Reloads a gateway under constant load, with differing configurations of which each tenth is wrong, and "
        "swaps its certificate: no request may fail, no tunnel may be lost. What it holds early and at the end is printed.",
        epilog="Exit codes: 0 so it is; 1 not so; 2 wrong usage.")
    parser.add_argument("--gatehouse", type=Path, default=Path(".build/release/gatehouse"), metavar="PATH")
    parser.add_argument("--reloads", type=int, default=200)
    parser.add_argument("--tunnels", type=int, default=100)
    parser.add_argument("--pause", type=float, default=0.2, metavar="S", help="seconds between two reloads (0.2)")
    return parser.parse_args(arguments)


def reload_often(options: argparse.Namespace, gateway: Running, directory: Path) -> dict[str, list[int]]:
    """Reloads, and swaps the certificate each time; what the process held after a tenth and at the end."""
    held: dict[str, list[int]] = {"resident KiB": [], "descriptors": []}
    right = wrong = 0
    for number in range(1, options.reloads + 1):
        replace(directory / "soak.toml", configuration(number, directory))
        swap(directory, number)
        gateway.process.send_signal(1)
        if number % 10 == 9:
            wrong += 1
            gateway.wait_for("the reload is refused", wrong)
        else:
            right += 1
            gateway.wait_for(": reloaded ", right)
        time.sleep(options.pause)
        if number in (max(10, options.reloads // 10), options.reloads):
            held["resident KiB"].append(gateway.resident)
            held["descriptors"].append(descriptors(gateway))
    return held


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    options.gatehouse = options.gatehouse.resolve()
    if not shutil.which("h2load"):
        sys.exit("soak-reload: h2load is not installed; scripts/install-tools test installs it")
    with tempfile.TemporaryDirectory(prefix="soak-reload-") as name, Upstream(("127.0.0.1", UPSTREAM), Exchange) as upstream:
        directory = Path(name)
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        for folder in "ab":
            (directory / folder).mkdir()
            certificate(directory / folder, HOST)
        swap(directory, 0)
        file = directory / "soak.toml"
        file.write_text(configuration(0, directory))
        with running(options.gatehouse, file) as gateway:
            load = Load(directory)
            kinds = [
                ("kept", lambda: load.keep_alive(False)), ("kept TLS", lambda: load.keep_alive(True)),
                ("new", load.new_connection), ("download", load.download), ("upload", load.upload), ("upload", load.upload),
                ("HTTP/2", load.http2)]
            for kind, body in kinds:
                load.start(kind, body)
            for number in range(options.tunnels):
                load.start(f"tunnel {number}", load.tunnel)
            held = reload_often(options, gateway, directory)
            load.end()
            log = gateway.log.read_text()
    load.counts["certificates swapped"] = log.count("a certificate is replaced")
    for title, count in sorted(load.counts.items()):
        print(f"{title:32} {count:10,}")
    for title, values in held.items():
        print(f"{title:32} {values[0]:10,} {values[-1]:10,}")
    for failure in load.failures[:20]:
        print("FAILED", failure)
    print(f"{len(load.failures)} failures in {options.reloads} reloads")
    return int(bool(load.failures))
