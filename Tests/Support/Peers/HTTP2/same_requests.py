"""Sends the same requests over HTTP/1.1 and over HTTP/2, each on a connection of its own, and prints what was answered.

usage: same_requests.py PORT FILE
    FILE: a JSON array of requests: method, path, fields and trailers (lists of pairs), body (a list of pieces, or null) and
    isCounted. Texts are bytes, a character each. Without a field "host" it is "localhost:PORT". A field "cookie" is sent in
    crumbs over HTTP/2.
Prints two lines for each, HTTP/1.1's first: the status ("reset CODE" for a stream that was reset), the fields by name, the body,
and the trailers, without what one of the versions does not have.
"""

import json
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from hpack import Decoder, Encoder

PORT = int(sys.argv[1])
#: Of the connection, of one version, or of the moment.
LEFT_OUT = {b"connection", b"keep-alive", b"transfer-encoding", b"date", b"trailer"}


def connect(protocol: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    connection = context.wrap_socket(socket.create_connection(("127.0.0.1", PORT)), server_hostname="localhost")
    assert connection.selected_alpn_protocol() == protocol
    connection.settimeout(60)
    return connection


def fields_of(request: dict, which: str) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request[which]]


def pieces_of(request: dict) -> list[bytes] | None:
    return None if request.get("body") is None else [piece.encode("latin-1") for piece in request["body"]]


def host_of(fields: list[tuple[bytes, bytes]]) -> bytes:
    return next((value for name, value in fields if name == b"host"), f"localhost:{PORT}".encode())


def told(status: str, fields: list[tuple[bytes, bytes]], body: bytes, trailers: list[tuple[bytes, bytes]]) -> str:
    kept = sorted((name.lower(), value) for name, value in fields if name.lower() not in LEFT_OUT)
    shown = "|".join(f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in kept)
    ends = "|".join(f"{name.decode('latin-1').lower()}: {value.decode('latin-1')}" for name, value in trailers)
    return f"{status} [{shown}] {len(body)} {sha256(body).hexdigest()[:8]} [{ends}]"


# HTTP/1.1


def split(block: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in block.split(b"\r\n") if line)]


def unchunked(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    body = b""
    while True:
        line, _, data = data.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return body, split(data)
        body, data = body + data[:size], data[size + 2:]


def older(request: dict) -> str:
    fields, pieces = fields_of(request, "fields"), pieces_of(request)
    lines = [request["method"].encode("latin-1") + b" " + request["path"].encode("latin-1") + b" HTTP/1.1",
             b"host: " + host_of(fields)]
    lines += [name + b": " + value for name, value in fields if name != b"host"]
    options = b"close, te" if any(name == b"te" for name, _ in fields) else b"close"
    lines.append(b"connection: " + options)
    body = b""
    if pieces is not None and request["isCounted"]:
        body = b"".join(pieces)
        lines.append(b"content-length: %d" % len(body))
    elif pieces is not None:
        lines.append(b"transfer-encoding: chunked")
        trailers = b"".join(name + b": " + value + b"\r\n" for name, value in fields_of(request, "trailers"))
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n" + trailers + b"\r\n"
    connection, data = connect("http/1.1"), b""
    try:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    except OSError:
        # It was answered before: that is read.
        pass
    try:
        while more := connection.recv(65536):
            data += more
    except OSError:
        pass
    connection.close()
    while True:
        head, _, data = data.partition(b"\r\n\r\n")
        start, _, block = head.partition(b"\r\n")
        if not start.startswith(b"HTTP/1.1 1"):
            break
    answered, status = split(block), start[9:12].decode()
    trailers: list[tuple[bytes, bytes]] = []
    if any(name.lower() == b"transfer-encoding" for name, _ in answered):
        data, trailers = unchunked(data)
    return told(status, answered, data, trailers)


# HTTP/2


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def sections(block: bytes, flags: int) -> bytes:
    """HEADERS, and CONTINUATION for what does not fit."""
    parts = [block[start:start + 16384] for start in range(0, len(block), 16384)] or [b""]
    return b"".join(
        frame(9 if index else 1, (0 if index else flags) | (4 if index == len(parts) - 1 else 0), 1, part)
        for index, part in enumerate(parts))


def newer(request: dict) -> str:
    fields, pieces, trailers = fields_of(request, "fields"), pieces_of(request), fields_of(request, "trailers")
    encoder = Encoder()
    said = [(b":method", request["method"].encode("latin-1")), (b":scheme", b"https"),
            (b":path", request["path"].encode("latin-1")), (b":authority", host_of(fields))]
    for name, value in fields:
        if name == b"cookie":
            said += [(name, crumb) for crumb in value.split(b"; ")]
        elif name != b"host":
            said.append((name, value))
    if pieces is not None and request["isCounted"]:
        said.append((b"content-length", b"%d" % sum(map(len, pieces))))
    hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
    head, end = sections(encoder.encode(said), 1 if pieces is None else 0), b""
    if pieces is not None:
        end = sections(encoder.encode(trailers), 1) if trailers else frame(0, 1, 1)
    # Pieces are pieces here too, as far as frames are that long.
    rest = [piece[start:start + 16384] for piece in pieces or [] for start in range(0, len(piece), 16384)]
    connection = connect("h2")
    try:
        connection.sendall(hello + head)
        return answer_of(connection, rest, end)
    finally:
        connection.close()


def send_body(connection: ssl.SSLSocket, window: int, rest: list[bytes], end: bytes) -> int:
    """Sends what the window allows, and what ends the request behind the last of it; returns what is left of the window."""
    try:
        while rest and len(rest[0]) <= window:
            window -= len(rest[0])
            connection.sendall(frame(0, 0, 1, rest.pop(0)))
        if not rest:
            connection.sendall(end)
    except OSError:
        # It was answered before: that is read.
        pass
    return window


def answer_of(connection: ssl.SSLSocket, rest: list[bytes], end: bytes) -> str:
    decoder, buffer, body, heads = Decoder(max_header_list_size=1 << 20), b"", b"", []
    window = send_body(connection, 65535, rest, end)
    while True:
        while len(buffer) < 9 or len(buffer) < 9 + int.from_bytes(buffer[:3], "big"):
            more = connection.recv(65536)
            if not more:
                return "closed"
            buffer += more
        size = 9 + int.from_bytes(buffer[:3], "big")
        kind, flags, stream, payload = buffer[3], buffer[4], buffer[8], buffer[9:size]
        buffer = buffer[size:]
        if kind == 8 and stream == 1 and rest:
            window = send_body(connection, window + int.from_bytes(payload, "big"), rest, end)
        if kind == 3:
            return f"reset {int.from_bytes(payload, 'big')}"
        if kind == 7 and int.from_bytes(payload[4:8], "big"):
            return f"goaway {int.from_bytes(payload[4:8], 'big')}"
        if kind == 0:
            body += payload
        if kind == 1:
            heads.append([(bytes(name), bytes(value)) for name, value in decoder.decode(payload, raw=True)])
        if kind < 2 and flags & 1:
            break
    heads = [head for head in heads if not (head and head[0][0] == b":status" and head[0][1].startswith(b"1"))]
    return told(heads[0][0][1].decode(), heads[0][1:], body, heads[1] if len(heads) > 1 else [])


def both(request: dict) -> str:
    return older(request) + "\n" + newer(request)


with ThreadPoolExecutor(8) as pool, open(sys.argv[2], encoding="utf-8") as file:
    for lines in pool.map(both, json.load(file)):
        print(lines, flush=True)
