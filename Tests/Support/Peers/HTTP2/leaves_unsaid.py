"""A client of TLS that has spoken, is idle, and closes its side without close_notify, as browsers and curl do.

    leaves_unsaid.py PORT AUTHORITY PROTOCOL

Prints how the connection ends: "end", or "reset".
"""

import socket
import ssl
import sys

port, authority, protocol = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
context.set_alpn_protocols([protocol])
wire = socket.create_connection(("127.0.0.1", int(port)))
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")


def until_done(step):
    while True:
        try:
            result = step()
        except ssl.SSLWantReadError:
            wire.sendall(outgoing.read())
            incoming.write(wire.recv(65536))
            continue
        wire.sendall(outgoing.read())
        return result


until_done(session.do_handshake)
if protocol == "h2":
    # The preface, empty SETTINGS, and a PING, whose answer is the last of what is on its way.
    settings, ping = b"\0\0\0\4\0\0\0\0\0", b"\0\0\10\6\0\0\0\0\0" + b"12345678"
    until_done(lambda: session.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + ping))
    seen = b""
    while b"12345678" not in seen:
        seen += until_done(lambda: session.read(65536))
else:
    until_done(lambda: session.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    until_done(lambda: session.read(65536))
wire.shutdown(socket.SHUT_WR)
try:
    while wire.recv(65536):
        pass
    print("end")
except ConnectionResetError:
    print("reset")
