"""Ends TLS in front of a plain server of this machine and passes the bytes on, both ways.

tls_front.py CERTIFICATE KEY PORT [--client-ca FILE] [--tls 1.2] [--end notified|abrupt|reset]

With --end abrupt it never sends close_notify: the connection just ends, as it does when a server dies. With --end reset it is
broken off as soon as everything is sent, as it is when a server dies that has not read everything.
"""
import argparse
import select
import socket
import ssl
import threading


class Secured:
    """A TLS socket for one thread that reads and one that writes: OpenSSL lets one at a time have it."""

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock
        self.lock = threading.Lock()

    def attempt(self, action, *arguments, seconds=None):
        while True:
            try:
                with self.lock:
                    return action(*arguments)
            except ssl.SSLWantReadError:
                ready = select.select([self.sock], [], [], seconds)
            except ssl.SSLWantWriteError:
                ready = select.select([], [self.sock], [], seconds)
            if not any(ready):
                raise TimeoutError

    def recv(self, count):
        return self.attempt(self.sock.recv, count)

    def sendall(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[self.attempt(self.sock.send, rest):]

    def unwrap(self):
        self.attempt(self.sock.unwrap, seconds=5)

    def shutdown(self, how):
        self.sock.shutdown(how)

    def setsockopt(self, *arguments):
        self.sock.setsockopt(*arguments)

    def close(self):
        self.sock.close()


def pump(source, sink, at_end):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        at_end()
    except ConnectionResetError:
        reset(sink)
    except (OSError, ValueError):
        at_end()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    # Nothing is reset while another thread waits for it.
    sock.shutdown(socket.SHUT_RD)
    sock.close()


def quietly(action, *arguments):
    try:
        action(*arguments)
    except (OSError, ValueError):
        pass


def linger(sock):
    """Closed with bytes unread, the connection would be reset, and the alert perhaps lost with it."""
    sock.settimeout(10)
    socket.socket.shutdown(sock, socket.SHUT_WR)
    while socket.socket.recv(sock, 65536):
        pass
    sock.close()


def serve(client, context, port, end):
    # What has been sent must be on its way when a reset follows: Nagle's algorithm would keep it, and the reset throw it away.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    secured = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
    try:
        secured.do_handshake()
    except OSError as error:
        print("handshake failed:", error)
        quietly(linger, secured)
        return
    client = Secured(secured)
    server = socket.create_connection(("127.0.0.1", port))

    def end_to_client():
        if end == "reset":
            return quietly(reset, client)
        if end == "notified":
            quietly(client.unwrap)
        quietly(client.shutdown, socket.SHUT_RDWR)

    def end_to_server():
        quietly(server.shutdown, socket.SHUT_WR)

    upward = threading.Thread(target=pump, args=(client, server, end_to_server), daemon=True)
    upward.start()
    pump(server, client, end_to_client)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate")
    parser.add_argument("key")
    parser.add_argument("port", type=int)
    parser.add_argument("--client-ca")
    parser.add_argument("--tls", choices=["1.2"])
    parser.add_argument("--end", choices=["notified", "abrupt", "reset"], default="notified")
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    if options.tls:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    context.sni_callback = lambda sock, name, context: print("sni", name)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print("port", listener.getsockname()[1])
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, context, options.port, options.end), daemon=True).start()


main()
