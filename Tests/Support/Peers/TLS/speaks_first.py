"""An HTTP server over TLS 1.2 whose first answer is there before anybody has asked: it leaves in one packet with the handshake's
last message. What is asked afterwards is answered too, with the request's path.

speaks_first.py CERTIFICATE KEY
"""
import socket
import ssl
import sys
import threading


def new_context():
    """One for each connection, so that no session is resumed: then the last message would be the client's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def answer(text):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


def shake_hands(connection, tls, received, sending):
    while True:
        try:
            return tls.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(sending.read())
            data = connection.recv(65536)
            if not data:
                raise ConnectionError("closed in the handshake") from None
            received.write(data)


def serve(connection):
    received, sending = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = new_context().wrap_bio(received, sending, server_side=True)
    with connection:
        shake_hands(connection, tls, received, sending)
        tls.write(answer(b"unasked"))
        while True:
            connection.sendall(sending.read())
            try:
                request = tls.read(65536)
            except ssl.SSLWantReadError:
                data = connection.recv(65536)
                if not data:
                    return
                received.write(data)
                continue
            if not request:
                return
            tls.write(answer(request.split()[1]))


listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
