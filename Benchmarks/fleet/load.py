"""Clients of the fleet, in a process of their own: each has a member that it asks, and another one while that is not there.

    python -m fleet.load PROTOCOL NAMES ADDRESSES ROOT OUT

PROTOCOL is h1, h2, wss or greedy. Until SIGTERM lines of JSON go to OUT: one for each failure and each slow answer as it comes,
and each second what was done so far. Times are monotonic seconds, which all processes of a machine share.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from reload.http2 import Connection

#: A member may stand still for a while: what is asked of it meanwhile is late, not lost.
PATIENCE = 90.0
#: An answer that takes longer is told of.
SLOW = 1.0
#: So long a connection is used.
LIFE = 20.0
#: Clients of each protocol to each member, and how often in a second each of them has an exchange.
CLIENTS = {"h1": (2, 40.0), "h2": (2, 5.0), "wss": (2, 20.0), "greedy": (1, 120.0)}
STREAMS = 8
MESSAGE = b"0123456789abcdef" * 4
BINARY, CLOSE = 2, 8


class Refused(Exception):
    """There is nobody to connect to."""


class Wrong(Exception):
    """An answer that is not right."""


class Counts:
    """What all clients of this process have seen."""

    def __init__(self, out: TextIO) -> None:
        self._lock, self._out = threading.Lock(), out
        self.done: dict[str, int] = {}
        self.slowest = 0.0

    def add(self, kind: str, count: int = 1) -> None:
        with self._lock:
            self.done[kind] = self.done.get(kind, 0) + count

    def tell(self, **facts: object) -> None:
        with self._lock:
            print(json.dumps(facts), file=self._out, flush=True)


class HTTP1:
    """One request at a time."""

    def __init__(self, stream: ssl.SSLSocket, name: str, client: str) -> None:
        self._stream, self._begun = stream, b""
        self._request = f"GET / HTTP/1.1\r\nHost: {name}\r\nX-Client: {client}\r\n\r\n".encode()
        self.is_over = False

    def exchange(self, counts: Counts) -> None:
        self._stream.sendall(self._request)
        while b"\r\n\r\n" not in self._begun:
            self._begun += read(self._stream)
        head, _, rest = self._begun.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        while len(rest) < length:
            rest += read(self._stream)
        self._begun, status = rest[length:], int(head[9:12])
        self.is_over = fields.get(b"connection") == b"close"
        if status != 200:
            raise Wrong(f"status {status}")
        counts.add("requests")

    def close(self) -> None:
        self._stream.close()


class Greedy(HTTP1):
    """Asks for more than it may have."""

    def exchange(self, counts: Counts) -> None:
        try:
            counts.add("asked")
            super().exchange(counts)
        except Wrong as error:
            if str(error) != "status 429":
                raise
            counts.add("refused")


class HTTP2:
    """Several requests at once. What a GOAWAY has not taken may be asked again, and is."""

    def __init__(self, stream: ssl.SSLSocket, name: str, client: str) -> None:
        self._connection, self._name = Connection(stream, {"x-client": client}), name

    @property
    def is_over(self) -> bool:
        return self._connection.last is not None

    def exchange(self, counts: Counts) -> None:
        for _ in range(STREAMS):
            self._connection.ask(self._name)
        ended = 0
        while self._connection.waiting:
            ended += self._connection.hear()
        counts.add("requests", ended)

    def close(self) -> None:
        self._connection.stream.close()


class Tunnel:
    """A WebSocket, and its echoes (RFC 6455). By hand: OpenSSL's connections are not made for one thread that reads and one that
    writes, as libraries without an event loop have them."""

    def __init__(self, stream: ssl.SSLSocket, name: str, client: str) -> None:
        self._stream, self._begun, self.is_over = stream, b"", False
        key = base64.b64encode(os.urandom(16)).decode()
        stream.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nX-Client: {client}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self._begun:
            self._begun += read(stream)
        head, _, self._begun = self._begun.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Wrong(f"no WebSocket: {head[:60]!r}")

    def exchange(self, counts: Counts) -> None:
        echo = self._talk(BINARY, MESSAGE)
        if echo != (BINARY, MESSAGE):
            raise Wrong(f"another echo: {echo!r}")
        counts.add("messages")

    def _talk(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._stream.sendall(bytes([0x80 | kind, 0x80 | len(payload)]) + mask + masked)
        while len(self._begun) < 2 or len(self._begun) < 2 + self._begun[1]:
            self._begun += read(self._stream)
        kind, end = self._begun[0] & 0x0F, 2 + self._begun[1]
        payload, self._begun = self._begun[2:end], self._begun[end:]
        return kind, payload

    def close(self) -> None:
        code = (1000).to_bytes(2, "big")
        if (echo := self._talk(CLOSE, code)) != (CLOSE, code):
            raise Wrong(f"closed with {echo!r}")


KINDS = {"h1": HTTP1, "h2": HTTP2, "wss": Tunnel, "greedy": Greedy}


def read(stream: ssl.SSLSocket) -> bytes:
    piece = stream.recv(65_536)
    if not piece:
        raise Wrong("the end came in place of an answer")
    return piece


class Client(threading.Thread):
    """Asks its own member as long as that is there."""

    def __init__(self, protocol: str, number: int, names: list[str], addresses: list[str], context: ssl.SSLContext,
                 counts: Counts) -> None:
        super().__init__(daemon=True)
        # Each has a client's name in common with those that ask the other members.
        self._protocol, self._home, client = protocol, number % len(addresses), number // len(addresses)
        self._addresses, self._context, self._counts = addresses, context, counts
        self._name, self._client = names[client % len(names)], f"{protocol}-{client}"
        self._pause = 1 / CLIENTS[protocol][1]
        self.is_stopped = False

    def run(self) -> None:
        turn = self._home
        while not self.is_stopped:
            opened = time.monotonic()
            try:
                self._use(self._addresses[turn], opened)
                turn = self._home
            except Refused as error:
                self._tell(turn, opened, "not reached", str(error))
                turn = (turn + 1) % len(self._addresses)
                time.sleep(0.05)
            except Exception as error:  # whatever it is: it is what this client has seen
                self._tell(turn, opened, "failed", f"{type(error).__name__}: {error}")
                time.sleep(0.05)

    def _tell(self, turn: int, opened: float, kind: str, words: str) -> None:
        self._counts.tell(kind=kind, protocol=self._protocol, member=self._addresses[turn], opened=opened, at=time.monotonic(),
                          words=words)

    def _use(self, address: str, opened: float) -> None:
        try:
            plain = socket.create_connection((address, 443), timeout=PATIENCE)
        except ConnectionRefusedError as error:
            raise Refused(str(error)) from None
        # Nagle's algorithm and delayed acknowledgements would make 40 ms of an exchange.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = self._context.wrap_socket(plain, server_hostname=self._name)
        try:
            talk = KINDS[self._protocol](stream, self._name, self._client)
            next_time = time.monotonic()
            self._note(address, opened, next_time)
            while not self.is_stopped and not talk.is_over and time.monotonic() - opened < LIFE:
                begun = time.monotonic()
                talk.exchange(self._counts)
                self._note(address, begun, time.monotonic())
                next_time = max(time.monotonic(), next_time + self._pause)
                time.sleep(max(0.0, next_time - time.monotonic()))
            talk.close()
        finally:
            stream.close()

    def _note(self, address: str, begun: float, ended: float) -> None:
        if ended - begun > SLOW:
            self._counts.tell(kind="slow", protocol=self._protocol, member=address, opened=begun, at=ended, words="")


def main() -> None:
    protocol, names, addresses, root, out = sys.argv[1:]
    context = ssl.create_default_context(cafile=root)
    context.set_alpn_protocols(["h2" if protocol == "h2" else "http/1.1"])
    members = addresses.split(",")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with Path(out).open("w") as file:
        counts = Counts(file)
        clients = [Client(protocol, number, names.split(","), members, context, counts)
                   for number in range(CLIENTS[protocol][0] * len(members))]
        for each in clients:
            each.start()
        while not ended.wait(1):
            counts.tell(kind="counts", at=time.monotonic(), **counts.done)
        for each in clients:
            each.is_stopped = True
        for each in clients:
            each.join(PATIENCE)
        counts.tell(kind="counts", at=time.monotonic(), **counts.done)


if __name__ == "__main__":
    main()
