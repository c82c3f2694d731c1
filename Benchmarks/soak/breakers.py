"""Clients that break off in the middle of something, some with an end of stream, most with a reset."""

from __future__ import annotations

import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable

from harness.site import Site

#: How many break off in a second.
RATE = 20.0
TIMEOUT_SECONDS = 10.0
UPGRADE = (b"GET /echo/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Breakers:
    """A thread of clients, one after another. A gateway that does not answer them in time is an error."""

    def __init__(self, site: Site) -> None:
        self._port = site.ports["port"]
        self._context = ssl.create_default_context(cafile=str(site.certificate))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0
        self.error = ""

    def __enter__(self) -> Breakers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        ways: tuple[Callable[[], None], ...] = (
            self._silent, self._in_hello, self._after_handshake, self._in_head, self._in_upload, self._in_chunks,
            self._in_answer, self._in_upgrade, self._in_frame)
        for way in itertools.cycle(ways):
            if self._ended.wait(1 / RATE):
                return
            try:
                way()
            except OSError as error:
                self.error = self.error or f"{way.__name__.strip('_').replace('_', ' ')}: {error}"
            self.count += 1

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)

    def _secure(self) -> ssl.SSLSocket:
        return self._context.wrap_socket(self._connect(), server_hostname="localhost")

    def _silent(self) -> None:
        self._connect().close()

    def _in_hello(self) -> None:
        hello = ssl.MemoryBIO()
        try:
            self._context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        with self._connect() as client:
            client.sendall(hello.read(100))
            _reset(client)

    def _after_handshake(self) -> None:
        self._secure().close()

    def _in_head(self) -> None:
        self._send(b"GET /plain/small HTTP/1.1\r\nHost: local", resets=False)

    def _in_upload(self) -> None:
        self._send(b"POST /echo/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"u" * 100_000)

    def _in_chunks(self) -> None:
        self._send(b"POST /echo/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n" + b"u" * 20_000)

    def _in_answer(self) -> None:
        self._send(b"GET /secure/files/1m.bin HTTP/1.1\r\nHost: localhost\r\n\r\n", reads=True)

    def _in_upgrade(self) -> None:
        self._send(UPGRADE)

    def _in_frame(self) -> None:
        with self._secure() as client:
            client.sendall(UPGRADE)
            client.recv(4096)
            client.sendall(b"\x82\xfe\xff\xffMASK" + b"m" * 1000)
            _reset(client)

    def _send(self, data: bytes, resets: bool = True, reads: bool = False) -> None:
        with self._secure() as client:
            client.sendall(data)
            if reads:
                client.recv(10_000)
            if resets:
                _reset(client)


def _reset(client: socket.socket) -> None:
    """Its close will send a reset instead of an end of stream."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
