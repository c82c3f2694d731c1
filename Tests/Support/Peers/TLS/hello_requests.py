"""A server of TLS 1.2 that answers nothing: behind its handshake it asks for another one (HelloRequest, RFC 5246 §7.4.1.1), as
often as it is read, until the client ends the connection.

hello_requests.py PORT CERTIFICATE KEY

Prints "listening" and then, for each client that has gone, "left".
"""
import socket
import ssl
import sys

from tls12_records import HANDSHAKE, shake_hands

PORT, CERTIFICATE, KEY = int(sys.argv[1]), sys.argv[2], sys.argv[3]

with socket.create_server(("127.0.0.1", PORT)) as server:
    print("listening", flush=True)
    while True:
        connection = server.accept()[0]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        with connection:
            try:
                maker = shake_hands(connection, context, is_server=True)
                while True:
                    connection.sendall(maker.send((HANDSHAKE, bytes(16384))))
            except ConnectionError:
                print("left", flush=True)
