"""Speaks HTTP/2 in raw frames. A line of the file holds what is sent on a connection of its own, in hexadecimal, and behind
a blank how the frame begins that is awaited; what came until then is printed as one line of words.

usage: http2_frames.py PORT FILE [PIECE [NAME]]
    PIECE: bytes of each TLS record; all in one if left out, or 0. NAME: what is asked for by SNI; "plain": without TLS.
"""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import raw_http2

PORT = int(sys.argv[1])
PIECE = int(sys.argv[3]) if len(sys.argv) > 3 else 0
NAME = sys.argv[4] if len(sys.argv) > 4 else "localhost"
CODES = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
         "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED").split()
STATIC_STATUS = {8: "200", 9: "204", 10: "206", 11: "304", 12: "400", 13: "404", 14: "500"}


def connect() -> socket.socket:
    if NAME != "plain":
        return raw_http2.connect(PORT, NAME)
    connection = socket.create_connection(("127.0.0.1", PORT))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def status(block: bytes) -> str:
    """The status that a field section begins with, as a server without a dynamic table writes it, and before it whether the
    section says that there is none."""
    if block[0] == 0x20:
        return f"resized {status(block[1:])}"
    if block[0] & 0x80:
        return STATIC_STATUS[block[0] & 0x7F]
    return block[2:5].decode() if block[0] == 8 else "-"


def words(frame_type: int, flags: int, stream: int, payload: bytes) -> str:
    end = " end" if flags & 1 else ""
    if frame_type == 0:
        return f"DATA {stream} {len(payload)}{end}"
    if frame_type == 1:
        return f"HEADERS {stream} {status(payload)}{end}"
    if frame_type == 3:
        return f"RST_STREAM {stream} {CODES[int.from_bytes(payload, 'big')]}"
    if frame_type == 4:
        connect = b"\0\x08\0\0\0\x01" in (payload[start:start + 6] for start in range(0, len(payload), 6))
        return "SETTINGS ack" if flags & 1 else f"SETTINGS {'with' if connect else 'without'} connect"
    if frame_type == 6:
        return f"PING {'ack ' if flags & 1 else ''}{payload.decode('latin-1')}"
    if frame_type == 7:
        return f"GOAWAY {CODES[int.from_bytes(payload[4:8], 'big')]}"
    if frame_type == 8:
        return f"WINDOW_UPDATE {stream}"
    return f"FRAME {frame_type}"


def talk(line: str) -> str:
    data, _, awaited = line.partition(" ")
    connection = connect()
    connection.settimeout(60)
    seen, buffer = [], b""
    try:
        send(connection, bytes.fromhex(data))
        # When that much has come nothing else is waited for.
        while not any(frame.startswith(awaited) for frame in seen):
            received = connection.recv(65536)
            if not received:
                seen.append("closed")
                break
            frames, buffer = raw_http2.take_frames(buffer + received)
            seen += [words(*one) for one in frames]
    except TimeoutError:
        seen.append("silent")
    except OSError:
        seen.append("reset")
    finally:
        connection.close()
    return "; ".join(word for word in seen if word not in ("SETTINGS ack", "WINDOW_UPDATE 0"))


def send(connection: socket.socket, data: bytes) -> None:
    step = PIECE or len(data)
    try:
        for start in range(0, len(data), step):
            connection.sendall(data[start:start + step])
    except OSError:
        # It was told why before: that is read.
        pass


with ThreadPoolExecutor(16) as pool, open(sys.argv[2], encoding="ascii") as lines:
    for answer in pool.map(talk, lines.read().splitlines()):
        print(answer, flush=True)
