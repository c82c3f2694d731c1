"""One connection of a client of HTTP/2, in raw frames: libraries give up what is under way when they see a GOAWAY."""

from __future__ import annotations

import socket
import struct

import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8


class Failed(Exception):
    """What no client should see."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Connection:
    """Requests for "/", each on a stream of its own."""

    def __init__(self, stream: socket.socket, more: dict[str, str] | None = None) -> None:
        self.stream = stream
        #: Fields of every request, besides those that HTTP/2 asks for.
        self.more = list((more or {}).items())
        self.decoder, self.encoder = hpack.Decoder(), hpack.Encoder()
        self.received = b""
        self.next = 1
        #: Bytes that the connection's window is still to be credited with.
        self.owed = 0
        #: Streams whose answers have not ended.
        self.waiting: set[int] = set()
        #: The last stream that was taken, once a GOAWAY has come.
        self.last: int | None = None
        #: Requests of which the GOAWAY says so.
        self.not_taken = 0
        stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def send(self, output: bytes) -> None:
        try:
            self.stream.sendall(output)
        except OSError:
            # What has come before the end says what was taken.
            pass

    def ask(self, host: str) -> None:
        fields = self.encoder.encode(
            [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", "/"), *self.more])
        self.waiting.add(self.next)
        self.send(frame(HEADERS, 5, self.next, fields))
        self.next += 2

    def hear(self) -> int:
        """Reads once; how many answers have ended."""
        piece = self.stream.recv(65_536)
        if not piece:
            raise Failed(f"{len(self.waiting)} requests of HTTP/2 without an answer")
        self.received += piece
        ended = 0
        while len(self.received) >= 9:
            length = int.from_bytes(self.received[:3], "big")
            if len(self.received) < 9 + length:
                break
            kind, flags, stream = self.received[3], self.received[4], int.from_bytes(self.received[5:9], "big")
            payload, self.received = self.received[9:9 + length], self.received[9 + length:]
            ended += self.take(kind, flags, stream, payload)
        return ended

    def take(self, kind: int, flags: int, stream: int, payload: bytes) -> int:
        if kind == HEADERS:
            status = dict(self.decoder.decode(payload)).get(":status")
            if status != "200":
                raise Failed(f"HTTP/2: {status}")
        elif kind == DATA:
            self.owed += len(payload)
            if self.owed > 32_768:
                self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self.owed)))
                self.owed = 0
        elif kind == RST_STREAM:
            raise Failed(f"HTTP/2: reset with {int.from_bytes(payload, 'big')}")
        elif kind in (SETTINGS, PING) and not flags & 1:
            self.send(frame(kind, 1, 0, payload if kind == PING else b""))
        elif kind == GOAWAY:
            self.last, code = struct.unpack(">II", payload[:8])
            if code:
                raise Failed(f"HTTP/2: GOAWAY with {code}")
            taken = {number for number in self.waiting if number <= self.last}
            self.not_taken += len(self.waiting) - len(taken)
            self.waiting = taken
        if kind in (HEADERS, DATA) and flags & 1:
            self.waiting.discard(stream)
            return 1
        return 0
