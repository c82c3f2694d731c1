"""Clients that ask all the time while scripts/soak-reload changes what serves them, and what they saw."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .contestants import HOST, PLAIN, SECURE
from .http2 import Connection, Failed
from .upstream import BIG


class Load:
    """Clients that go on until they are told, each again after whatever it saw."""

    def __init__(self, directory: Path) -> None:
        self.is_over = threading.Event()
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.latencies: list[float] = []
        self.threads: list[threading.Thread] = []
        self.context = ssl.create_default_context()
        for name in "ab":
            self.context.load_verify_locations(directory / f"{name}/{HOST}.crt")
        self.context_of_http2 = ssl.create_default_context()
        for name in "ab":
            self.context_of_http2.load_verify_locations(directory / f"{name}/{HOST}.crt")
        self.context_of_http2.set_alpn_protocols(["h2"])

    def start(self, name: str, body: Callable[[], None]) -> None:
        def run() -> None:
            while not self.is_over.is_set():
                try:
                    body()
                except Exception as error:  # noqa: BLE001  (whatever a client sees is a failure)
                    self.failures.append(f"{name}: {error!r}")
                    self.is_over.wait(0.05)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def start_all(self) -> None:
        for name, body in [
            ("kept", lambda: self.keep_alive(False)), ("kept TLS", lambda: self.keep_alive(True)),
            ("new TLS", self.new_connection), ("download", self.download), ("upload", self.upload), ("upload", self.upload),
            ("HTTP/2", self.http2), ("HTTP/2", self.http2)]:
            self.start(name, body)

    def end(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)

    def connect(self, secure: bool, context: ssl.SSLContext | None = None) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", SECURE if secure else PLAIN), 60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return (context or self.context).wrap_socket(plain, server_hostname=HOST) if secure else plain

    def ask(self, stream: socket.socket, request: bytes, expected: bytes, count: str) -> bool:
        """Whether the connection may be used again."""
        stream.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = stream.recv(65_536)
            if not piece:
                raise Failed("no answer")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Failed(head.split(b"\r\n")[0].decode())
        while len(body) < len(expected):
            piece = stream.recv(65_536)
            if not piece:
                raise Failed("a short answer")
            body += piece
        if body != expected:
            raise Failed("another body")
        self.counts[count] += 1
        return b"connection: close" not in head.lower()

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    def keep_alive(self, secure: bool) -> None:
        with self.connect(secure) as stream:
            while not self.is_over.wait(0.002):
                began = time.monotonic()
                is_kept = self.ask(stream, self.get("/"), b"small", "requests, kept connections")
                self.latencies.append(time.monotonic() - began)
                if not is_kept:
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
            for start in range(0, len(BIG), 100_000):
                stream.sendall(BIG[start:start + 100_000])
                time.sleep(0.02)
            self.ask(stream, b"", str(len(BIG)).encode(), "uploads of 1 MB")

    def http2(self) -> None:
        """Three requests at a time over one connection. A GOAWAY ends it: what it says was not taken is sent again over the
        next one, as RFC 9113 §6.8 has it."""
        with self.connect(True, self.context_of_http2) as stream:
            connection = Connection(stream)
            while connection.last is None and not self.is_over.is_set():
                while connection.last is None and len(connection.waiting) < 3:
                    connection.ask(HOST)
                self.counts["requests in HTTP/2"] += connection.hear()
                self.is_over.wait(0.002)
            while connection.waiting:
                self.counts["requests in HTTP/2"] += connection.hear()
            self.counts["requests in HTTP/2, sent again"] += connection.not_taken
