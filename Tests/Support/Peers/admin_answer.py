"""An admin API that has one answer. Arguments: its Unix socket, and the JSON that it answers every GET with."""

import http.server
import socketserver
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = sys.argv[2].encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Nothing: the other end of a Unix socket has no address to be logged."""


server = socketserver.UnixStreamServer(sys.argv[1], Handler)
print("ready", flush=True)
server.serve_forever()
