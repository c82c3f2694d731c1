"""Sends one request many times over one TLS connection: repeat_request.py PORT CA COUNT FIELDS

FIELDS further fields are in each. Prints how many answers were 200.
"""
import socket
import ssl
import sys

port, authority, count, fields = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = ssl.create_default_context(cafile=authority)
connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
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
print(good)
