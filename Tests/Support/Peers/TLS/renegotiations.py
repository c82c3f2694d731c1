"""A client of TLS 1.2 that asks for other handshakes and then for a page, and says whether the page comes.

renegotiations.py PORT COUNT     COUNT: how many other handshakes it asks for, by empty hellos in one record

Prints "answered" or "closed".
"""
import socket
import ssl
import sys

from tls12_records import DATA, HANDSHAKE, shake_hands

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])


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


context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection(("127.0.0.1", PORT)) as connection:
    maker = shake_hands(connection, context)
    try:
        asking = maker.send((HANDSHAKE, b"\x01\x00\x00\x00" * COUNT))
        # At once: what the server has read with the one it could answer without reading on.
        connection.sendall(asking + maker.send((DATA, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")))
        print("answered" if is_answered(connection) else "closed", flush=True)
    except ConnectionError:
        print("closed", flush=True)
