"""An issuer that shows its keys over TLS on loopback.

jwks_server.py CERTIFICATE KEY FILE     FILE: a status in the first line, then what is sent; read for each request

Prints its port, then a line for each request.
"""
import http.server
import ssl
import sys

CERTIFICATE, KEY, FILE = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(FILE, "rb") as file:
            status, body = file.read().split(b"\n", 1)
        print("asked for", self.path, flush=True)
        self.send_response(int(status))
        if status.startswith(b"3"):
            self.send_header("Location", self.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that trusts nobody here is no fault of this server."""


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server = Server(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
