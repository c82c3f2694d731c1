"""A client of HTTP/2 that does what it is told, in raw frames, and prints what comes.

usage: http2_words.py PORT WORD...
    WORD: get=N asks for / on stream N, socket=N for a WebSocket (RFC 8441); read waits for a line of input;
    priority=N:VALUE sends a PRIORITY_UPDATE; credit=N a WINDOW_UPDATE of the connection;
    pong answers the last PING; await=X prints what comes until something begins with X ("_" is a blank).
What comes: SETTINGS, "HEADERS 1 88" (the section's first byte), "END 1", "PING", "GOAWAY 0", "RST_STREAM 1 2", "closed", and
"bytes N" after each DATA: all that have come so far.
"""

import struct
import sys

from raw_http2 import PREFACE, connect, frame, literal, take_frames

connection = connect(int(sys.argv[1]))
connection.settimeout(60)
received, total, last_ping = b"", 0, b""
things: list[str] = []


def take(kind: int, flags: int, stream: int, payload: bytes) -> None:
    global total, last_ping
    if kind == 0:
        total += len(payload)
        things.append(f"bytes {total}")
    elif kind == 1:
        things.append(f"HEADERS {stream} {payload[0]:x}")
    elif kind == 3:
        things.append(f"RST_STREAM {stream} {int.from_bytes(payload, 'big')}")
    elif kind == 4 and not flags:
        things.append("SETTINGS")
        connection.sendall(frame(4, 1, 0))
    elif kind == 6:
        last_ping = payload
        things.append("PING")
    elif kind == 7:
        things.append(f"GOAWAY {int.from_bytes(payload[4:8], 'big')}")
    if kind < 2 and flags & 1:
        things.append(f"END {stream}")


def come() -> str:
    global received
    while not things:
        try:
            more = connection.recv(65536)
        except ConnectionError:
            more = b""
        if not more:
            return "closed"
        frames, received = take_frames(received + more)
        for one in frames:
            take(*one)
    return things.pop(0)


def wait_for(prefix: str) -> None:
    thing = ""
    while not thing.startswith(prefix) and thing != "closed":
        thing = come()
        print(thing, flush=True)


# Windows of streams never stand in the way.
connection.sendall(PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, 0x7FFFFFFF)))
for word in sys.argv[2:]:
    name, _, value = word.partition("=")
    if name in ("get", "socket"):
        method = [(":method", "GET")] if name == "get" else [(":method", "CONNECT"), (":protocol", "websocket")]
        fields = method + [(":scheme", "https"), (":path", "/"), (":authority", "localhost")]
        if name == "socket":
            fields.append(("sec-websocket-version", "13"))
        flags = 5 if name == "get" else 4
        connection.sendall(frame(1, flags, int(value), b"".join(literal(*field) for field in fields)))
    elif name == "read":
        sys.stdin.readline()
    elif name == "priority":
        number, _, priority = value.partition(":")
        connection.sendall(frame(16, 0, 0, struct.pack(">I", int(number)) + priority.encode()))
    elif name == "credit":
        connection.sendall(frame(8, 0, 0, struct.pack(">I", int(value))))
    elif name == "pong":
        connection.sendall(frame(6, 1, 0, last_ping))
    else:
        wait_for(value.replace("_", " "))
