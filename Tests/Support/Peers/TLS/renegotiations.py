"""A client of TLS 1.2 that asks for other handshakes and then for a page, and says whether the page comes.

renegotiations.py PORT COUNT     COUNT: how many other handshakes it asks for, by empty hellos in one record

Prints "answered" or "closed". No library asks so often: the records are made here, with the keys of a handshake of OpenSSL's.
"""
import hashlib
import hmac
import socket
import ssl
import sys
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
HANDSHAKE, DATA = 22, 23


def prf(secret, label, seed, length):
    """RFC 5246 §5."""
    seed, block, out = label + seed, label + seed, b""
    while len(out) < length:
        block = hmac.new(secret, block, hashlib.sha256).digest()
        out += hmac.new(secret, block + seed, hashlib.sha256).digest()
    return out[:length]


def shake_hands(connection, keys):
    """The server's random number, which stands at the beginning of what it says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
    context.keylog_filename = keys
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(arrived, leaving, server_hostname="localhost")
    said = b""
    while True:
        try:
            session.do_handshake()
            return said[11:43]
        except ssl.SSLWantReadError:
            connection.sendall(leaving.read())
            said_now = connection.recv(65536)
            assert said_now, "the server has closed the connection during the handshake"
            said += said_now
            arrived.write(said_now)
        finally:
            if leaving.pending:
                connection.sendall(leaving.read())


def records(server_random, keys):
    """Makes records, one after another (RFC 5288 §3); the client's Finished was the first."""
    line = next(line for line in keys if line.startswith("CLIENT_RANDOM "))
    client_random, master = (bytes.fromhex(word) for word in line.split()[1:3])
    block = prf(master, b"key expansion", server_random + client_random, 40)
    key, fixed = AESGCM(block[:16]), block[32:36]
    kind, content = yield
    for number in range(1, 1 << 20):
        explicit = number.to_bytes(8, "big")
        told = explicit + bytes([kind, 3, 3]) + len(content).to_bytes(2, "big")
        body = explicit + key.encrypt(fixed + explicit, content, told)
        kind, content = yield bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


def is_answered(connection):
    """Does a record of data come before the end?"""
    stream = connection.makefile("rb")
    while True:
        head = stream.read(5)
        if len(head) < 5:
            return False
        stream.read(int.from_bytes(head[3:], "big"))
        if head[0] == DATA:
            return True


with socket.create_connection(("127.0.0.1", PORT)) as connection, tempfile.NamedTemporaryFile("r") as keys:
    maker = records(shake_hands(connection, keys.name), keys)
    next(maker)
    try:
        connection.sendall(maker.send((HANDSHAKE, b"\x01\x00\x00\x00" * COUNT)))
        connection.sendall(maker.send((DATA, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")))
        print("answered" if is_answered(connection) else "closed", flush=True)
    except ConnectionError:
        print("closed", flush=True)
