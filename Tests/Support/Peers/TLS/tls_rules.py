"""Rules of TLS that a server must keep with clients that break them: each row is a connection of its own.

tls_rules.py hello PORT      ClientHellos that are cut, oversized, in pieces, or wrong (RFC 8446 §4.1.2, §5.1; RFC 5246)
tls_rules.py records PORT    records, KeyUpdates, alerts and ends of TLS 1.3 (RFC 8446 §4.6, §5, §6), by tlslite-ng
tls_rules.py older PORT      the same of TLS 1.2

Prints a line for each row that is not as it must be, and then how many there were. What must come of a row is one of several
words: "hello" (the handshake goes on), "answer" (a request is answered), "closed" (without an alert), or the alert's name.
"""
import socket
import sys

from tls_hellos import ALERTS, GROUPS, NAME, SIGNATURES, body, connect, handshake, hello_rows, outcome, record, vector

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


# Connections, by tlslite-ng.

class Peer:
    def __init__(self, port, version=(3, 4)):
        from tlslite.api import HandshakeSettings, TLSConnection

        self.sock = connect(port)
        self.tls = TLSConnection(self.sock)
        settings = HandshakeSettings()
        settings.minVersion = settings.maxVersion = version
        self.tls.handshakeClientCert(settings=settings, serverName="localhost")

    def send(self, kind, content):
        """One record, whatever is in it."""
        from tlslite.messages import Message

        for _ in self.tls._recordLayer.sendRecord(Message(kind, bytearray(content))):
            pass

    def update(self, content=b"\x18\x00\x00\x01\x00", asks=False):
        """A KeyUpdate; what follows it has the next key."""
        self.send(22, content)
        session = self.tls.session
        session.cl_app_secret, session.sr_app_secret = self.tls._recordLayer.calcTLS1_3KeyUpdate_reciever(
            session.cipherSuite, session.cl_app_secret, session.sr_app_secret)

    def request(self):
        self.send(23, REQUEST)

    def raw(self, content):
        self.sock.sendall(content)

    def padded(self, kind, content, zeros):
        """A record with padding (RFC 8446 §5.4)."""
        layer = self.tls._recordLayer
        layer.padding_cb = lambda length, kind, most: zeros
        self.send(kind, content)
        layer.padding_cb = None

    def outcome(self):
        from tlslite.errors import TLSAbruptCloseError, TLSRemoteAlert

        answer = b""
        try:
            while not answer.endswith(b"small\n"):
                piece = bytes(self.tls.read(max=1 << 16))
                if not piece:
                    return "close_notify"
                answer += piece
            return "answer"
        except TLSRemoteAlert as alert:
            return ALERTS.get(alert.description, str(alert.description))
        except (TLSAbruptCloseError, ConnectionResetError, BrokenPipeError):
            return "closed"
        finally:
            self.sock.close()


def record_rows():
    rows = []
    add = lambda name, act, *allowed: rows.append((name, act, allowed))
    then = lambda *steps: lambda peer: [step(peer) for step in steps]
    send = lambda kind, content: lambda peer: peer.send(kind, content)
    ask = lambda peer: peer.request()
    add("a request", ask, "answer")
    for size in (1, 2, 3, 7, 20):
        pieces = [REQUEST[i:i + size] for i in range(0, len(REQUEST), size)]
        add(f"a request in records of {size}", then(*[send(23, piece) for piece in pieces]), "answer")
    for count in (1, 5, 31):
        add(f"{count} empty records before it", then(*[send(23, b"")] * count, ask), "answer")
    for zeros in (1, 100, 1000, 16000):
        add(f"{zeros} bytes of padding", lambda peer, zeros=zeros: peer.padded(23, REQUEST, zeros), "answer")
    add("an empty record with padding", then(lambda peer: peer.padded(23, b"", 100), ask), "answer")
    add("nothing but padding", lambda peer: peer.send(0, b""), "unexpected_message")
    for kind in (0, 1, 19, 24, 25, 100, 255):
        add(f"inner type {kind}", send(kind, b"x"), "unexpected_message")
    add("an inner change_cipher_spec", send(20, b"\x01"), "unexpected_message")
    # §5: a plain one is passed over in the handshake alone.
    add("a plain change_cipher_spec", then(lambda peer: peer.raw(b"\x14\x03\x03\x00\x01\x01")), "unexpected_message")
    for kind in (21, 22, 24, 0, 255):
        add(f"a plain record of type {kind}", lambda peer, kind=kind: peer.raw(record(b"\x01\x00", kind, b"\x03\x03")),
            "unexpected_message", "bad_record_mac", "decode_error")
    add("plain data", lambda peer: peer.raw(record(REQUEST, 23, b"\x03\x03")), "bad_record_mac", "unexpected_message")
    for size in (0, 1, 15, 16, 17):
        unsealed = record(bytes(size), 23, b"\x03\x03")
        add(f"a record of {size} bytes that nobody has sealed", lambda peer, content=unsealed: peer.raw(content),
            "bad_record_mac", "decode_error", "unexpected_message")
    add("a record that claims 16641 bytes", lambda peer: peer.raw(b"\x17\x03\x03\x41\x01" + bytes(16641)), "record_overflow")
    add("a record that claims 65535 bytes", lambda peer: peer.raw(b"\x17\x03\x03\xff\xff" + bytes(65535)), "record_overflow")
    for version in (b"\x03\x01", b"\x03\x04", b"\x02\x00"):
        add(f"a sealed record of version {version.hex()}", lambda peer, version=version: tampered(peer, 1, version),
            "bad_record_mac", "protocol_version", "answer", "decode_error", "unexpected_message")
    for place in (5, 10, -16, -1):
        add(f"a bit changed at {place}", lambda peer, place=place: tampered(peer, place, None), "bad_record_mac")
    add("a record twice", lambda peer: twice(peer), "bad_record_mac")
    # KeyUpdates (§4.6.3).
    for asks in (0, 1):
        update = lambda peer, asks=asks: peer.update(bytes([24, 0, 0, 1, asks]))
        for count in (1, 2, 10):
            add(f"{count} KeyUpdates that ask {asks}", then(*[update] * count, ask), "answer")
    for value in (2, 3, 128, 255):
        add(f"a KeyUpdate of {value}", send(22, bytes([24, 0, 0, 1, value])), "illegal_parameter")
    add("an empty KeyUpdate", send(22, b"\x18\x00\x00\x00"), "decode_error")
    for size in (2, 3, 100):
        # OpenSSL 3.0: longer than it may be.
        add(f"a KeyUpdate of {size} bytes", send(22, b"\x18" + vector(bytes(size), 3)), "decode_error", "illegal_parameter")
    add("a KeyUpdate and another in one record", send(22, b"\x18\x00\x00\x01\x00" * 2), "unexpected_message")
    add("half a KeyUpdate and data", then(send(22, b"\x18\x00"), ask), "unexpected_message")
    add("a KeyUpdate and the old key", then(send(22, b"\x18\x00\x00\x01\x00"), ask), "bad_record_mac")
    for cut in (1, 2, 3, 4):
        def in_two(peer, cut=cut):
            peer.send(22, b"\x18\x00\x00\x01\x00"[:cut])
            peer.update(b"\x18\x00\x00\x01\x00"[cut:])
        add(f"a KeyUpdate in two records, cut at {cut}", then(in_two, ask), "answer")
    # Messages that no client sends after the handshake.
    for kind in (0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 254):
        add(f"a message of type {kind}", send(22, handshake(b"\x00" * 4, kind)), "unexpected_message", "decode_error")
    add("a whole ClientHello", send(22, handshake(body())), "unexpected_message")
    add("an empty handshake record", then(send(22, b""), ask), "unexpected_message")
    add("a message that claims 16 MiB", send(22, b"\x18\xff\xff\xff"), "decode_error", "unexpected_message", "illegal_parameter",
        "record_overflow")
    # Alerts (§6).
    add("close_notify", send(21, b"\x01\x00"), "close_notify", "closed")
    add("a fatal close_notify", send(21, b"\x02\x00"), "close_notify", "closed")
    add("a request and close_notify", then(ask, send(21, b"\x01\x00")), "answer")
    add("user_canceled, and a request", then(send(21, b"\x01\x5a"), ask), "answer")
    add("a fatal user_canceled, and a request", then(send(21, b"\x02\x5a"), ask), "answer", "closed")
    add("user_canceled, and close_notify", then(send(21, b"\x01\x5a"), send(21, b"\x01\x00")), "close_notify", "closed")
    for description in (10, 20, 40, 47, 50, 80, 86, 200):
        add(f"a fatal alert {description}", send(21, bytes([2, description])), "closed", "close_notify", "answer")
    for description in (10, 40, 100, 200):
        # §6: all but two are fatal, whatever level they say.
        add(f"a warning {description}", then(send(21, bytes([1, description]))), "closed", "close_notify")
    add("an empty alert", send(21, b""), "unexpected_message", "decode_error")
    add("half an alert", send(21, b"\x01"), "decode_error", "unexpected_message")
    add("an alert of three bytes", send(21, b"\x01\x00\x00"), "decode_error", "unexpected_message")
    add("two alerts in one record", send(21, b"\x01\x5a\x01\x00"), "decode_error", "unexpected_message")
    add("an alert of level 3", send(21, b"\x03\x00"), "illegal_parameter", "decode_error", "closed", "close_notify")
    # OpenSSL 3.0 calls an end without close_notify a decode_error.
    ended = lambda peer: peer.sock.shutdown(socket.SHUT_WR)
    add("a FIN without close_notify", ended, "closed", "close_notify", "decode_error")
    add("a request and a FIN", then(ask, ended), "answer", "closed", "close_notify", "decode_error")
    return rows


class Kept:
    """Collects what a peer would send."""

    def __init__(self, peer):
        self.peer, self.content = peer, b""

    def __enter__(self):
        self.layer = self.peer.tls._recordLayer
        self.sock, self.layer.sock = self.layer.sock, self
        self.socket = self.layer._recordSocket.sock
        self.layer._recordSocket.sock = self
        return self

    def __exit__(self, *_):
        self.layer.sock, self.layer._recordSocket.sock = self.sock, self.socket

    def send(self, content):
        self.content += bytes(content)
        return len(content)


def sealed(peer):
    with Kept(peer) as kept:
        peer.request()
    return bytearray(kept.content)


def tampered(peer, place, value):
    content = sealed(peer)
    if value is None:
        content[place] ^= 1
    else:
        content[place:place + len(value)] = value
    peer.raw(content)


def twice(peer):
    content = sealed(peer)
    peer.raw(content)
    answer = b""
    while not answer.endswith(b"small\n"):
        answer += bytes(peer.tls.read(max=1 << 16))
    peer.raw(content)


def older_rows():
    rows = []
    add = lambda name, act, *allowed: rows.append((name, act, allowed))
    then = lambda *steps: lambda peer: [step(peer) for step in steps]
    send = lambda kind, content: lambda peer: peer.send(kind, content)
    ask = lambda peer: peer.request()
    add("a request", ask, "answer")
    for size in (1, 3, 20):
        pieces = [REQUEST[i:i + size] for i in range(0, len(REQUEST), size)]
        add(f"a request in records of {size}", then(*[send(23, piece) for piece in pieces]), "answer")
    add("5 empty records before it", then(*[send(23, b"")] * 5, ask), "answer")
    for kind in (0, 24, 25, 255):
        add(f"record type {kind}", send(kind, b"x"), "unexpected_message")
    add("a change_cipher_spec", send(20, b"\x01"), "unexpected_message")
    # RFC 5746, RFC 5246 §7.2.2: renegotiation is refused, and a client may go on.
    again = handshake(body(extensions=[NAME, GROUPS, SIGNATURES]))
    add("a ClientHello", send(22, again), "no_renegotiation", "handshake_failure", "unexpected_message", "closed")
    for kind in (2, 4, 8, 11, 14, 20, 24):
        add(f"a message of type {kind}", send(22, handshake(bytes(4), kind)), "unexpected_message", "decode_error",
            "illegal_parameter")
    for place in (5, 12, 20, -1):
        add(f"a bit changed at {place}", lambda peer, place=place: tampered(peer, place, None), "bad_record_mac")
    add("a record twice", lambda peer: twice(peer), "bad_record_mac")
    add("a record that claims 65535 bytes", lambda peer: peer.raw(b"\x17\x03\x03\xff\xff" + bytes(65535)), "record_overflow")
    add("plain data", lambda peer: peer.raw(record(REQUEST, 23, b"\x03\x03")), "bad_record_mac")
    add("close_notify", send(21, b"\x01\x00"), "close_notify", "closed")
    add("an empty alert", send(21, b""), "unexpected_message", "decode_error")
    add("half an alert", send(21, b"\x01"), "unexpected_message", "decode_error")
    for description in (10, 20, 40, 80):
        add(f"a fatal alert {description}", send(21, bytes([2, description])), "closed", "close_notify")
    return rows


def run(port, what):
    failed, rows = 0, {"hello": hello_rows, "records": record_rows, "older": older_rows}[what]()
    for row in rows:
        if what == "hello":
            name, content, allowed, ends = row
            seen = outcome(connect(port), content, ends)
        else:
            name, act, allowed = row
            peer = Peer(port, (3, 4) if what == "records" else (3, 3))
            try:
                act(peer)
                seen = peer.outcome()
            except (ConnectionResetError, BrokenPipeError):
                seen = "closed"
        if seen not in allowed:
            failed += 1
            print(f"{name}: {seen}, not {' or '.join(allowed)}", flush=True)
    print(f"{len(rows)} rows, {failed} failed")


run(int(sys.argv[2]), sys.argv[1])
