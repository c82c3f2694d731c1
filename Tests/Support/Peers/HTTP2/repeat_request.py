"""Sends one request many times over one TLS connection: repeat_request.py VERSION PORT CA COUNT FIELDS

VERSION is "1.1" or "2"; FIELDS further fields are in each. Prints how many answers were 200.
"""
import socket
import ssl
import sys

import h2.connection
import h2.events

version, port, authority, count, fields = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
context = ssl.create_default_context(cafile=authority)
context.set_alpn_protocols(["h2" if version == "2" else "http/1.1"])
connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")


def repeat() -> int:
    lines = "".join(f"X-Field-{number}: value {number}\r\n" for number in range(fields))
    request = f"GET /small HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
    answers = connection.makefile("rb")
    good = 0
    for _ in range(count):
        connection.sendall(request)
        status = answers.readline()
        length = 0
        while (line := answers.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.read(length)
        good += status.startswith(b"HTTP/1.1 200 ")
    return good


def answer_of(session: h2.connection.H2Connection) -> str:
    """The status of the answer that comes next, when all of it has come."""
    status = ""
    while data := connection.recv(65_536):
        for event in session.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                status = dict(event.headers)[b":status"].decode()
            elif isinstance(event, h2.events.StreamEnded):
                return status
    return ""


def repeat_in_http2() -> int:
    session = h2.connection.H2Connection()
    session.initiate_connection()
    head = [(":method", "GET"), (":scheme", "https"), (":path", "/small"), (":authority", "localhost")]
    good = 0
    for turn in range(count):
        # Other values each time: what the connection's table knows already would cost nothing.
        added = [(f"x-field-{number}", f"value {turn}") for number in range(fields)]
        session.send_headers(session.get_next_available_stream_id(), head + added, end_stream=True)
        connection.sendall(session.data_to_send())
        good += answer_of(session) == "200"
    return good


print(repeat_in_http2() if version == "2" else repeat())
