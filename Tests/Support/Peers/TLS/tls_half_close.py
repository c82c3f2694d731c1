"""A TLS client that asks for /slow, says that it sends no more, and waits for its answer.

tls_half_close.py PORT AUTHORITY notify|fin     fin: its FIN comes behind the close_notify

Prints `ended` when it has said so, and then what it got.
"""
import socket
import ssl
import sys

port, authority, how = sys.argv[1:]
connection = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
# By hand, since a socket of Python's ends both ways when it ends one.
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
session = ssl.create_default_context(cafile=authority).wrap_bio(incoming, outgoing, server_hostname="localhost")


def step(operation):
    """Until it need not read any more; b"" at the end."""
    while True:
        try:
            return operation()
        except ssl.SSLWantReadError:
            # Even of nothing a send fails behind a FIN.
            if said := outgoing.read():
                connection.sendall(said)
            arrived = connection.recv(65536)
            if not arrived:
                return b""
            incoming.write(arrived)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""


step(session.do_handshake)
session.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
try:
    session.unwrap()
except ssl.SSLWantReadError:
    # It would wait for the other side's.
    pass
connection.sendall(outgoing.read())
if how == "fin":
    connection.shutdown(socket.SHUT_WR)
print("ended", flush=True)

got = b""
try:
    while piece := step(lambda: session.read(65536)):
        got += piece
except ConnectionError:
    pass
head, _, body = got.decode().partition("\r\n\r\n")
print("got " + (f"{head.split(' ')[1]} {body}" if got else "nothing"), flush=True)
