"""A TLS 1.3 client that says what each segment from the gateway holds: handshake_segments.py PORT CAFILE early|late

With `early` its request leaves together with its Finished, with `late` after it has read once more. Prints for each segment
from then on how many records it has, and what it brings: a ticket, close_notify; then "end" for the FIN, and the answer."""

import socket
import ssl
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def records(segment: bytes) -> int:
    count = 0
    while segment:
        segment = segment[5 + int.from_bytes(segment[3:5], "big"):]
        count += 1
    return count


def main() -> None:
    port, authority, when = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    context = ssl.create_default_context(cafile=authority)
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(arrived, leaving, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(leaving.read())
                arrived.write(connection.recv(1 << 16))
        answer, said = b"", []
        is_asked = when == "early"
        if is_asked:
            session.write(REQUEST)
        connection.sendall(leaving.read())
        while segment := connection.recv(1 << 16):
            said.append(str(records(segment)))
            arrived.write(segment)
            try:
                while piece := session.read(1 << 16):
                    answer += piece
                said.append("close_notify")
            except ssl.SSLWantReadError:
                pass
            if not is_asked:
                said.append("ticket" if session.session.has_ticket else "none")
                is_asked = True
                session.write(REQUEST)
                connection.sendall(leaving.read())
        said += ["end", "ticket" if session.session.has_ticket else "none"]
        print(" ".join(said), answer.rpartition(b"\r\n\r\n")[2].decode().strip())


main()
