"""TLS 1.3 peers that are not OpenSSL 3.0: tlslite-ng, whose every record can be decided here, and PyPI's cryptography's OpenSSL.

tls_peer.py tlslite PORT [RECORD_SIZE_LIMIT]     downloads /large with tlslite-ng
tls_peer.py openssl PORT                         downloads /large with cryptography's OpenSSL, three times: the last resumed
tls_peer.py updates PORT                         cuts KeyUpdates into two records, at each byte, with requests in between
tls_peer.py upstream CERTIFICATE KEY             serves with tlslite-ng: see Upstream

The clients print what came of it, a line each.
"""
import socket
import struct
import sys
import threading

LARGE = b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SMALL = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(port):
    sock = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def tlslite_client(port, limit=None):
    from tlslite.api import HandshakeSettings, TLSConnection

    connection = TLSConnection(connect(port))
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 4)
    if limit:
        settings.record_size_limit = int(limit)
    connection.handshakeClientCert(settings=settings, serverName="localhost")
    return connection


def download_tlslite(port, limit=None):
    connection = tlslite_client(port, limit)
    connection.write(LARGE)
    count = 0
    while data := bytes(connection.read(max=1 << 16)):
        count += data.count(b"~")
    connection.close()
    print(count)


def send_in_two(connection, message_type, first):
    """A KeyUpdate of two records; what follows it has the next key (RFC 8446 §4.6.3, §5.1)."""
    from tlslite.constants import ContentType
    from tlslite.messages import KeyUpdate, Message

    message = KeyUpdate().create(message_type).write()
    for piece in (message[:first], message[first:]):
        for _ in connection._sendMsg(Message(ContentType.handshake, piece), False):
            pass
    session = connection.session
    session.cl_app_secret, session.sr_app_secret = connection._recordLayer.calcTLS1_3KeyUpdate_reciever(
        session.cipherSuite, session.cl_app_secret, session.sr_app_secret)


def updates(port):
    connection = tlslite_client(port)
    for message_type in (0, 1):
        for first in (1, 2, 3, 4):
            send_in_two(connection, message_type, first)
            connection.write(SMALL)
            answer = b""
            while not answer.endswith(b"small\n"):
                piece = bytes(connection.read(max=1 << 16))
                if not piece:
                    return print("ended within an answer")
                answer += piece
            print(answer.split(b"\r\n")[0].decode())
    connection.close()


def download_openssl(port):
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    session = None
    for _ in range(3):
        sock = connect(port)
        sock.settimeout(None)
        connection = SSL.Connection(context, sock)
        connection.set_tlsext_host_name(b"localhost")
        if session is not None:
            connection.set_session(session)
        connection.set_connect_state()
        connection.do_handshake()
        connection.sendall(LARGE)
        count, ending = 0, "cut"
        try:
            while True:
                count += connection.recv(1 << 16).count(b"~")
        except SSL.ZeroReturnError:
            ending = "close_notify"
        session = connection.get_session()
        print(count, ending)
        connection.shutdown()
        connection.close()


class Upstream:
    """GET /small: an answer. /updates: one of 100 records, before each of which it asks for a new key. /reset: an answer, a
    KeyUpdate that asks for another, and a reset, all at once."""

    def __init__(self, certificate, key):
        from tlslite.api import X509, X509CertChain, parsePEMKey

        self.chain = X509CertChain([X509().parse(open(certificate).read())])
        self.key = parsePEMKey(open(key).read(), private=True, implementations=["python"])
        listener = socket.create_server(("127.0.0.1", 0))
        print("port", listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=self.serve, args=listener.accept()[:1], daemon=True).start()

    def serve(self, sock):
        from tlslite.api import HandshakeSettings, TLSConnection

        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = TLSConnection(sock)
        settings = HandshakeSettings()
        settings.minVersion = settings.maxVersion = (3, 4)
        connection.handshakeServer(certChain=self.chain, privateKey=self.key, settings=settings, alpn=[b"http/1.1"])
        request = b""
        while piece := bytes(connection.read(max=1 << 14)):
            request += piece
            if not request.endswith(b"\r\n\r\n"):
                continue
            path = request.split(b" ")[1].decode()
            request = b""
            body = b"x" * 1000 * (100 if path == "/updates" else 1)
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            if path == "/updates":
                connection.write(head)
                for start in range(0, len(body), 1000):
                    self.ask_for_key(connection)
                    connection.write(body[start:start + 1000])
            elif path == "/reset":
                connection.sock.buffer_writes = True
                connection.write(head + body)
                self.ask_for_key(connection)
                connection.sock.flush()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return sock.close()
            else:
                connection.write(head + body)

    @staticmethod
    def ask_for_key(connection):
        for _ in connection.send_keyupdate_request(1):
            pass


if __name__ == "__main__":
    roles = {"tlslite": download_tlslite, "openssl": download_openssl, "updates": updates, "upstream": Upstream}
    roles[sys.argv[1]](*sys.argv[2:])
