"""ClientHellos by hand, and the rows of `tls_rules.py hello`: each with what may come of it."""
import os
import socket
import struct

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
    47: "illegal_parameter", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 112: "unrecognized_name", 120: "no_application_protocol",
}


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), timeout=120)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


# Hellos, by hand.

def vector(body, size):
    return len(body).to_bytes(size, "big") + body


def extension(kind, body):
    return struct.pack("!H", kind) + vector(body, 2)


def point():
    """A public key of X25519: any 32 bytes are one."""
    return os.urandom(31) + b"\x12"


NAME = extension(0, vector(b"\x00" + vector(b"localhost", 2), 2))
GROUPS = extension(10, vector(b"\x00\x1d\x00\x17", 2))
SIGNATURES = extension(13, vector(b"\x04\x03\x08\x04\x04\x01", 2))
VERSIONS = extension(43, vector(b"\x03\x04", 1))
SHARE = lambda: extension(51, vector(b"\x00\x1d" + vector(point(), 2), 2))
SUITES = b"\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f"


def body(version=b"\x03\x03", random=None, session=b"", suites=SUITES, compression=b"\x00", extensions=None):
    extensions = [NAME, GROUPS, SIGNATURES, VERSIONS, SHARE()] if extensions is None else extensions
    return (version + (random or os.urandom(32)) + vector(session, 1) + vector(suites, 2) + vector(compression, 1)
            + vector(b"".join(extensions), 2))


def handshake(content, kind=1):
    return bytes([kind]) + vector(content, 3)


def record(content, kind=22, version=b"\x03\x01"):
    return bytes([kind]) + version + vector(content, 2)


def hello(**parts):
    return record(handshake(body(**parts)))


def with_extensions(*added, without=(), first=()):
    known = {0: NAME, 10: GROUPS, 13: SIGNATURES, 43: VERSIONS, 51: SHARE()}
    return hello(extensions=list(first) + [e for kind, e in known.items() if kind not in without] + list(added))


def old_hello(**parts):
    """Of TLS 1.2."""
    parts.setdefault("extensions", [NAME, GROUPS, SIGNATURES, extension(11, b"\x01\x00")])
    return hello(**parts)


def outcome(sock, content, ends=True):
    """Sends, and says what comes of it."""
    try:
        sock.sendall(content)
        if ends:
            sock.shutdown(socket.SHUT_WR)
        head = b""
        while len(head) < 5:
            piece = sock.recv(5 - len(head))
            if not piece:
                return "closed"
            head += piece
        if head[0] == 21:
            alert = b""
            while len(alert) < 2:
                piece = sock.recv(2 - len(alert))
                if not piece:
                    return "closed"
                alert += piece
            return ALERTS.get(alert[1], str(alert[1]))
        return "hello" if head[0] == 22 else head.decode("latin-1")
    except (ConnectionResetError, BrokenPipeError):
        return "closed"
    finally:
        sock.close()


def hello_rows():
    whole = handshake(body())
    rows = []
    add = lambda name, content, *allowed, ends=False: rows.append((name, content, allowed, ends))
    add("as it should be", hello(), "hello")
    add("of TLS 1.2", old_hello(), "hello")
    # RFC 8446 §5.1: in as many records as one likes, none of them empty.
    for size in (1, 2, 3, 4, 5, 16, 100):
        pieces = [whole[i:i + size] for i in range(0, len(whole), size)]
        add(f"in records of {size}", b"".join(map(record, pieces)), "hello")
    # §5.1 forbids it to who sends; OpenSSL 3.0 passes over it.
    add("an empty record before it", record(b"") + record(whole), "unexpected_message", "decode_error", "hello")
    add("an empty record within it", record(whole[:9]) + record(b"") + record(whole[9:]), "hello", "unexpected_message")
    add("an alert within it", record(whole[:9]) + record(b"\x01\x5a", 21) + record(whole[9:]), "hello", "unexpected_message")
    add("data within it", record(whole[:9]) + record(b"x", 23) + record(whole[9:]), "unexpected_message")
    # Cut, and then nothing more: nobody is left to be told.
    for end in (1, 3, 5, 6, 9, 11, 43, 44, 46, 60, len(whole) + 4):
        add(f"cut after {end} bytes", record(whole)[:end], "closed", "decode_error", "unexpected_message", ends=True)
    for version in (b"\x03\x00", b"\x03\x02", b"\x03\x03", b"\x03\x04", b"\x03\xff"):
        add(f"record version {version.hex()}", record(whole, version=version), "hello", "protocol_version")
    add("record version 0400", record(whole, version=b"\x04\x00"), "protocol_version", "closed", "decode_error")
    for kind in (0, 19, 20, 23, 24, 25, 128, 255):
        # From 128 on it could be the length of an SSL 2.0 hello.
        add(f"record type {kind}", record(whole, kind), "unexpected_message", "closed", "decode_error", "protocol_version",
            *["record_overflow"] * (kind > 127))
    for kind in (0, 2, 4, 8, 11, 13, 15, 16, 20, 24, 254):
        add(f"message type {kind}", record(handshake(body(), kind)), "unexpected_message")
    add("a record of 16385 bytes", record(whole + bytes(16385 - len(whole))), "record_overflow", "decode_error",
        "unexpected_message", "illegal_parameter", "hello")
    add("a record that claims 65535", b"\x16\x03\x01\xff\xff" + whole, "record_overflow")
    add("a message that claims 16 MiB", record(b"\x01\xff\xff\xff" + whole[4:]), "illegal_parameter", "decode_error",
        "record_overflow", "handshake_failure", "unexpected_message")
    # Each length too long or too short by one: decode_error (§6.2); what it is read as may be wrong in another way first.
    content = body(session=b"s" * 8)
    places = {"session": 34, "suites": 44, "compression": 55, "extensions": 58}
    for name, place in places.items():
        for step in (-1, 1, 100):
            changed = bytearray(content)
            changed[place] = (changed[place] + step) % 256
            add(f"length of {name} {step:+}", record(handshake(bytes(changed))), "decode_error", "illegal_parameter",
                "handshake_failure", "protocol_version")
    add("a byte behind the extensions", record(handshake(content + b"x")), "decode_error")
    add("nothing but a version", record(handshake(b"\x03\x03")), "decode_error")
    add("an empty hello", record(handshake(b"")), "decode_error")
    add("a session of 33 bytes", hello(session=b"s" * 33), "decode_error", "illegal_parameter")
    add("a session of 32 bytes", hello(session=b"s" * 32), "hello")
    add("no suites", hello(suites=b""), "decode_error", "illegal_parameter", "handshake_failure")
    add("an odd number of bytes of suites", hello(suites=b"\x13\x01\x13"), "decode_error", "illegal_parameter")
    add("unknown suites alone", hello(suites=b"\x12\x34\x56\x78"), "handshake_failure")
    add("unknown suites, too", hello(suites=b"\x0a\x0a\x12\x34" + SUITES), "hello")
    add("suites of TLS 1.3 for TLS 1.2", old_hello(suites=b"\x13\x01"), "handshake_failure")
    add("suites without authentication", old_hello(suites=b"\xc0\x18\x00\x34"), "handshake_failure")
    add("suites without encryption", old_hello(suites=b"\xc0\x06\x00\x3b"), "handshake_failure")
    add("suites of export", old_hello(suites=b"\x00\x03\x00\x06\x00\x08"), "handshake_failure")
    add("RC4 and 3DES", old_hello(suites=b"\x00\x05\xc0\x11\x00\x0a\xc0\x12"), "handshake_failure")
    add("CBC suites", old_hello(suites=b"\xc0\x09\xc0\x13\xc0\x23\xc0\x27"), "handshake_failure")
    add("RSA key exchange", old_hello(suites=b"\x00\x9c\x00\x9d\x00\x2f\x00\x35"), "handshake_failure")
    add("65534 bytes of suites", b"".join(
        record(handshake(body(suites=b"\x12\x34" * 32767))[i:i + 16384]) for i in range(0, 65700, 16384)),
        "handshake_failure", "illegal_parameter", "decode_error", "record_overflow")
    # RFC 8446 §4.1.2: the null method alone for TLS 1.3, and always for TLS 1.2.
    add("no compression method", hello(compression=b""), "decode_error", "illegal_parameter")
    add("deflate alone", hello(compression=b"\x01"), "illegal_parameter", "decode_error", "handshake_failure")
    add("deflate, too", hello(compression=b"\x01\x00"), "illegal_parameter")
    add("deflate, too, in TLS 1.2", old_hello(compression=b"\x01\x00"), "hello")
    add("deflate alone in TLS 1.2", old_hello(compression=b"\x01"), "decode_error", "illegal_parameter", "handshake_failure")
    # Versions (§4.2.1, §D.2).
    for version in (b"\x02\x00", b"\x03\x00", b"\x03\x01", b"\x03\x02"):
        # SSL 3.0 has no such alert: OpenSSL says it in its words.
        add(f"version {version.hex()}", old_hello(version=version), "protocol_version",
            *["handshake_failure"] * (version == b"\x03\x00"))
    add("version 0304 without the extension", old_hello(version=b"\x03\x04"), "hello")
    add("version 03ff without the extension", old_hello(version=b"\x03\xff"), "hello")
    # What of it OpenSSL 3.0 cannot read names no version to it.
    no_versions, unread = dict(without=(43,)), ("decode_error", "protocol_version")
    for name, value, allowed in [
        ("none", vector(b"", 1), unread), ("an odd number of bytes", vector(b"\x03\x04\x03", 1), unread),
        ("unknown ones alone", vector(b"\x7f\x1c\x0a\x0a", 1), ("protocol_version",)),
        ("old ones alone", vector(b"\x03\x02\x03\x01", 1), ("protocol_version",)),
        ("unknown ones, too", vector(b"\x0a\x0a\x03\x04", 1), ("hello",)),
        ("TLS 1.2 alone", vector(b"\x03\x03", 1), ("hello",)), ("a length beyond it", b"\x09\x03\x04", unread),
        ("SSL 3.0 and 1.3", vector(b"\x03\x00\x03\x04", 1), ("hello",)), ("empty", b"", unread),
    ]:
        add(f"supported_versions: {name}", with_extensions(extension(43, value), **no_versions), *allowed)
    # What §9.2 wants.
    add("no key_share", with_extensions(without=(51,)), "missing_extension", "hello", "illegal_parameter")
    add("no supported_groups", with_extensions(without=(10,)), "missing_extension")
    add("no signature_algorithms", with_extensions(without=(13,)), "missing_extension")
    add("no server_name", with_extensions(without=(0,)), "hello")
    for kind, name in ((0, "server_name"), (10, "supported_groups"), (13, "signature_algorithms"), (43, "versions")):
        again = {0: NAME, 10: GROUPS, 13: SIGNATURES, 43: VERSIONS}[kind]
        add(f"{name} twice", with_extensions(again), "illegal_parameter", "decode_error", "unsupported_extension")
    add("key_share twice", with_extensions(SHARE()), "illegal_parameter", "decode_error")
    for name, value, allowed in [
        ("empty", b"", ("decode_error",)), ("no groups", vector(b"", 2), ("decode_error", "illegal_parameter")),
        ("an odd number of bytes", vector(b"\x00\x1d\x00", 2), ("decode_error",)),
        # The key_share is of none of them.
        ("unknown ones alone", vector(b"\x0a\x0a\x12\x34", 2), ("handshake_failure", "illegal_parameter")),
        ("a length beyond it", b"\x00\x09\x00\x1d", ("decode_error",)),
    ]:
        add(f"supported_groups: {name}", with_extensions(extension(10, value), without=(10,)), *allowed)
    for name, value, allowed in [
        ("empty", b"", ("decode_error",)), ("none", vector(b"", 2), ("decode_error", "handshake_failure")),
        ("an odd number of bytes", vector(b"\x04\x03\x08", 2), ("decode_error",)),
        ("unknown ones alone", vector(b"\x0a\x0a\xfe\xfe", 2), ("handshake_failure",)),
        ("MD5 and SHA-1 alone", vector(b"\x01\x01\x02\x01\x02\x03", 2), ("handshake_failure",)),
        ("Ed25519 alone", vector(b"\x08\x07", 2), ("handshake_failure",)),
    ]:
        add(f"signature_algorithms: {name}", with_extensions(extension(13, value), without=(13,)), *allowed)
    for name, value, allowed in [
        ("empty", b"", ("decode_error",)), ("no share", vector(b"", 2), ("hello",)),
        ("a length beyond it", b"\x00\x99\x00\x1d\x00\x20" + point(), ("decode_error",)),
        ("an empty share", vector(b"\x00\x1d\x00\x00", 2), ("decode_error", "illegal_parameter")),
        ("a short X25519", vector(b"\x00\x1d" + vector(bytes(31), 2), 2), ("illegal_parameter", "decode_error")),
        ("a long X25519", vector(b"\x00\x1d" + vector(bytes(33), 2), 2), ("illegal_parameter", "decode_error")),
        # RFC 7748 §6.1: all zero is no secret.
        ("a zero X25519", vector(b"\x00\x1d" + vector(bytes(32), 2), 2), ("illegal_parameter", "internal_error")),
        ("a point off P-256", vector(b"\x00\x17" + vector(b"\x04" + b"\x01" * 64, 2), 2), ("illegal_parameter",)),
        ("P-256 at infinity", vector(b"\x00\x17" + vector(b"\x00", 2), 2), ("illegal_parameter", "decode_error")),
        ("P-256 compressed", vector(b"\x00\x17" + vector(b"\x02" + b"\x01" * 32, 2), 2), ("illegal_parameter", "decode_error")),
        ("of an unknown group", vector(b"\x12\x34" + vector(b"k" * 32, 2), 2), ("hello", "illegal_parameter")),
        ("of a group not in supported_groups", vector(b"\x00\x18" + vector(b"\x04" + bytes(96), 2), 2),
         ("illegal_parameter", "hello")),
        ("twice of one group", vector((b"\x00\x1d" + vector(point(), 2)) * 2, 2), ("illegal_parameter", "hello")),
    ]:
        add(f"key_share: {name}", with_extensions(extension(51, value), without=(51,)), *allowed)
    for name, value, allowed in [
        ("empty", b"", ("decode_error", "hello")), ("an empty list", vector(b"", 2), ("decode_error",)),
        # Which is none, to OpenSSL 3.0.
        ("an empty name", vector(b"\x00" + vector(b"", 2), 2), ("decode_error", "illegal_parameter", "hello")),
        ("with a zero byte", vector(b"\x00" + vector(b"local\x00host", 2), 2),
         ("decode_error", "illegal_parameter", "unrecognized_name", "hello")),
        ("of 256 bytes", vector(b"\x00" + vector(b"a" * 256, 2), 2), ("decode_error", "unrecognized_name", "hello")),
        ("of another type", vector(b"\x01" + vector(b"localhost", 2), 2), ("decode_error", "hello", "unrecognized_name")),
        ("two names", vector((b"\x00" + vector(b"localhost", 2)) * 2, 2), ("decode_error", "illegal_parameter", "hello")),
        ("a length beyond it", b"\x00\x99\x00\x00\x09localhost", ("decode_error",)),
    ]:
        add(f"server_name: {name}", with_extensions(extension(0, value), without=(0,)), *allowed)
    for name, value, allowed in [
        ("empty", b"", ("decode_error",)), ("an empty list", vector(b"", 2), ("decode_error",)),
        ("an empty name", vector(vector(b"", 1), 2), ("decode_error",)),
        ("unknown ones alone", vector(vector(b"imap", 1), 2), ("no_application_protocol",)),
        ("a length beyond it", b"\x00\x09\x02h2", ("decode_error",)), ("http/1.1", vector(vector(b"http/1.1", 1), 2), ("hello",)),
    ]:
        add(f"alpn: {name}", with_extensions(extension(16, value)), *allowed)
    # RFC 6066 §4, RFC 8449.
    for value, allowed in ((1, ("hello",)), (4, ("hello",)), (0, ("illegal_parameter",)), (5, ("illegal_parameter",))):
        add(f"max_fragment_length: {value}", with_extensions(extension(1, bytes([value]))), *allowed)
    add("max_fragment_length: empty", with_extensions(extension(1, b"")), "decode_error")
    # §4.2.11: the last one, with a mode.
    share = vector(vector(b"ticket", 2) + bytes(4), 2) + vector(vector(bytes(32), 1), 2)
    add("pre_shared_key without a mode", with_extensions(extension(41, share)), "missing_extension", "illegal_parameter")
    add("pre_shared_key not the last one", with_extensions(
        extension(45, vector(b"\x01", 1)), extension(41, share), extension(16, vector(vector(b"http/1.1", 1), 2))),
        "illegal_parameter")
    add("a ticket that nobody has made", with_extensions(extension(45, vector(b"\x01", 1)), extension(41, share)), "hello")
    add("pre_shared_key: empty", with_extensions(extension(45, vector(b"\x01", 1)), extension(41, b"")), "decode_error")
    add("psk_key_exchange_modes: empty", with_extensions(extension(45, b"")), "decode_error")
    # §4.2: whoever does not know an extension passes over it.
    add("an unknown extension", with_extensions(extension(0xfeed, b"x" * 100)), "hello")
    long = handshake(body(extensions=[NAME, GROUPS, SIGNATURES, VERSIONS, SHARE(), extension(0xfeed, bytes(16000))]))
    add("an extension of 16 KiB", b"".join(record(long[i:i + 8000]) for i in range(0, len(long), 8000)), "hello")
    add("extensions cut in the last one", record(handshake(body()[:-2])), "decode_error")
    add("half an extension's head", hello(extensions=[NAME, GROUPS, SIGNATURES, VERSIONS, SHARE(), b"\x00"]), "decode_error")
    add("a cookie that nobody gave", with_extensions(extension(44, vector(b"cookie", 2))), "unsupported_extension", "hello",
        "illegal_parameter", "decode_error", "handshake_failure", "missing_extension")
    add("renegotiation_info with data", old_hello(
        extensions=[NAME, GROUPS, SIGNATURES, extension(0xff01, vector(b"x" * 12, 1))]), "handshake_failure", "illegal_parameter")
    # RFC 7507.
    add("a fallback that need not be", old_hello(suites=b"\x56\x00" + SUITES), "inappropriate_fallback", "hello")
    # Not TLS at all.
    add("SSL 2.0", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + bytes(40), "closed", "protocol_version", ends=True)
    add("zeros", bytes(64), "closed", "protocol_version", "unexpected_message", "decode_error", ends=True)
    add("an alert first", record(b"\x02\x28", 21), "closed", "unexpected_message", ends=True)
    add("a change_cipher_spec first", record(b"\x01", 20) + hello(), "unexpected_message", "hello")
    return rows
