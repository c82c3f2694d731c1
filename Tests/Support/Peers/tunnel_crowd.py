"""A crowd of WebSockets: tunnel_crowd.py COUNT.

Says at which port its upstream listens, reads the gateway's from its standard input, opens so many through it, all silent, and
says how many there are: fewer where the hard limit on open files has no room for two of the gateway's each. A Close frame is
answered, and told by a line. The end of its standard input ends it.
"""

import resource
import selectors
import socket
import sys
import threading

HANDSHAKE = (b"GET /tunnel HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
#: Of 1001, which the gateway sends on an operator's order.
ANSWER = b"\x88\x82\0\0\0\0\x03\xe9"
AT_ONCE = 200

MOST_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
COUNT = int(sys.argv[1])
if MOST_FILES != resource.RLIM_INFINITY:
    COUNT = min(COUNT, (MOST_FILES - 1000) // 2)


def serve(listener):
    """The upstream: switches, and keeps what it has until it ends."""
    every = selectors.DefaultSelector()
    every.register(listener, selectors.EVENT_READ)
    while True:
        for ready, _ in every.select():
            if ready.fileobj is listener:
                every.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            data = ready.fileobj.recv(4096)
            if data.startswith(b"GET "):
                ready.fileobj.sendall(SWITCH)
            else:
                # A Close frame, or the end: either way it is over.
                every.unregister(ready.fileobj)
                ready.fileobj.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listener.getsockname()[1], flush=True)
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port, every = int(sys.stdin.readline()), selectors.DefaultSelector()
opened = 0
while opened < COUNT:
    some = [socket.create_connection(("127.0.0.1", port)) for _ in range(min(AT_ONCE, COUNT - opened))]
    for link in some:
        link.sendall(HANDSHAKE)
    for link in some:
        head = b""
        while b"\r\n\r\n" not in head:
            more = link.recv(4096)
            assert more, head
            head += more
        assert head.startswith(b"HTTP/1.1 101 "), head
        every.register(link, selectors.EVENT_READ)
    opened += len(some)
print(opened, flush=True)
every.register(sys.stdin, selectors.EVENT_READ)
over = False
while not over:
    for ready, _ in every.select():
        if ready.fileobj is sys.stdin:
            over = True
            continue
        data = ready.fileobj.recv(4096)
        every.unregister(ready.fileobj)
        if data[:1] == b"\x88" and data[2:4] == b"\x03\xe9":
            ready.fileobj.sendall(ANSWER)
            print("closed", flush=True)
