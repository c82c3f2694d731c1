"""A WebSocket over HTTP/2 (RFC 8441), in raw frames: opens it, says what it is told, and prints what comes.

usage: http2_socket.py PORT PATH WORD...
    WORD: text=X sends a text message; big=N a binary one of N bytes; close=CODE a Close frame; fin=CODE a Close frame whose
    DATA ends the stream; reset resets the stream; more opens another socket on the connection and goes on with that; await=N
    prints the next N things that come.
"""

import struct
import sys

from raw_http2 import PREFACE, connect, frame, literal, take_frames

port, path = int(sys.argv[1]), sys.argv[2]
connection = connect(port)
connection.settimeout(60)
received = b""
stream = -1
#: Bytes of DATA on each stream that are not a whole WebSocket frame yet.
pending: dict[int, bytes] = {}
things: list[str] = []


def message(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes([size | 0x80]) if size < 126 else b"\xfe" + struct.pack(">H", size) if size < 65536 else (
        b"\xff" + struct.pack(">Q", size))
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def data(payload: bytes, ends: bool = False) -> None:
    for start in range(0, len(payload), 16384):
        last = ends and start + 16384 >= len(payload)
        connection.sendall(frame(0, 1 if last else 0, stream, payload[start:start + 16384]))


def open_socket() -> None:
    global stream
    stream += 2
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", path),
              (":authority", f"localhost:{port}"), ("sec-websocket-version", "13")]
    connection.sendall(frame(1, 4, stream, b"".join(literal(*field) for field in fields)))
    show(1)


def take(number: int, payload: bytes) -> None:
    """WebSocket frames of a server, which are not masked."""
    rest = pending.get(number, b"") + payload
    while len(rest) >= 2:
        size, start = rest[1], 2
        if size == 126:
            size, start = int.from_bytes(rest[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(rest[2:10], "big"), 10
        if len(rest) < start + size:
            break
        body, opcode = rest[start:start + size], rest[0] & 15
        rest = rest[start + size:]
        if opcode == 8:
            things.append(f"{number} close {int.from_bytes(body[:2], 'big')}")
        else:
            things.append(f"{number} {body.decode()}" if opcode == 1 else f"{number} {len(body)} bytes")
    pending[number] = rest


def show(count: int) -> None:
    """Prints the next things that come."""
    global received
    while len(things) < count:
        arrived = connection.recv(65536)
        if not arrived:
            things.append("the connection ends")
            continue
        frames, received = take_frames(received + arrived)
        for kind, flags, number, payload in frames:
            if kind == 0:
                take(number, payload)
                if payload:
                    connection.sendall(frame(8, 0, 0, struct.pack(">I", len(payload))))
                    connection.sendall(frame(8, 0, number, struct.pack(">I", len(payload))))
            elif kind == 1:
                things.append(f"{number} {'200' if payload[0] == 0x88 else payload[2:5].decode()}")
            elif kind == 3:
                things.append(f"{number} reset {int.from_bytes(payload, 'big')}")
            elif kind == 7:
                things.append("goaway")
            if kind in (0, 1) and flags & 1:
                things.append(f"{number} end")
    for _ in range(count):
        print(things.pop(0), flush=True)


connection.sendall(PREFACE + frame(4, 0, 0))
open_socket()
for word in sys.argv[3:]:
    name, _, value = word.partition("=")
    if name == "text":
        data(message(1, value.encode()))
    elif name == "big":
        data(message(2, b"x" * int(value)))
    elif name in ("close", "fin"):
        data(message(8, struct.pack(">H", int(value))), ends=name == "fin")
    elif name == "reset":
        connection.sendall(frame(3, 0, stream, struct.pack(">I", 8)))
    elif name == "more":
        open_socket()
    elif name == "await":
        show(int(value))
