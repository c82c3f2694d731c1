"""HTTP/2 by hand (RFC 9113): what peers need that send frames as no library would."""

import socket
import ssl
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def connect(port: int, name: str = "localhost") -> ssl.SSLSocket:
    """A TLS connection to 127.0.0.1 that offers h2 alone and trusts any certificate; `name` is what it asks for by SNI."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", port))
    # What is sent in pieces travels in pieces.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=name)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame (§4.1)."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name: str, value: str) -> bytes:
    """A field as a literal with a new name, which no table takes up (RFC 7541 §6.2.2); both of less than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def take_frames(received: bytes) -> tuple[list[tuple[int, int, int, bytes]], bytes]:
    """The whole frames at the beginning of what was received, each as kind, flags, stream and payload; and the rest."""
    frames = []
    while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
        end = 9 + int.from_bytes(received[:3], "big")
        stream = int.from_bytes(received[5:9], "big") & 0x7FFFFFFF
        frames.append((received[3], received[4], stream, received[9:end]))
        received = received[end:]
    return frames, received
