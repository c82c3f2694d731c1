"""Stands between a client and an ACME authority of this machine, and spoils what it is told to.

acme_proxy.py CERTIFICATE KEY PORT AUTHORITY-PORT

Lines of standard input are rules, "PATH WHAT": the next request, or all that follow, whose path begins so is treated so. A new
rule replaces the one before. It prints "ready", "rule PATH WHAT" when a rule holds, and "held PATH" when it has held one.

hold-before  the next one is never passed on, and never answered
hold-after   the next one is passed on, and its answer is kept
html         answered with a page of HTML, of status 200
busy         answered with such a page, of status 503, and that it is to be left alone for two hours
stranger     what was asked for a.test is answered for b.test
nonces       answers lead to nonces that nobody has given out
half         of the answer only a half comes, as if that were all
leaf         of a chain only the first certificate comes
long         of a chain each certificate comes six times
many         an order has its authorizations a hundred times
moved        answered with status 302, which leads elsewhere
place        its Location is a path alone
astray       it leads to another form of itself that is not there, in a field that leads to the directory first
file=PATH    what is in the file comes instead
pass         nothing is done
"""
import http.client
import http.server
import json
import ssl
import sys
import threading

END = b"-----END CERTIFICATE-----\n"
certificate, key, port, target = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
trusting = ssl.create_default_context()
trusting.check_hostname = False
trusting.verify_mode = ssl.CERT_NONE
lock = threading.Lock()
rule = ("/", "pass")
forever = threading.Event()


def say(text):
    print(text, flush=True)


def take(path):
    """What is to be done about a request; a hold is for one alone."""
    global rule
    with lock:
        prefix, what = rule
        if not path.startswith(prefix):
            return "pass"
        if what.startswith("hold"):
            rule = ("/", "pass")
        return what


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        what = take(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if what == "hold-before":
            self.hold()
        authority = http.client.HTTPSConnection("127.0.0.1", target, context=trusting, timeout=60)
        authority.request(self.command, self.path, body or None, dict(self.headers))
        answer = authority.getresponse()
        content = answer.read()
        if what == "hold-after":
            self.hold()
        status, fields = answer.status, dict(answer.getheaders())
        if what == "nonces":
            fields["Replay-Nonce"] = "bm90LXlvdXJz"
        elif status >= 400:
            pass  # The authority has refused the nonce, as it does at times: it is asked again.
        elif what == "html":
            status, fields, content = 200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Welcome</title>\n"
        elif what == "busy":
            status, fields, content = 503, {"Content-Type": "text/html", "Retry-After": "7200"}, b"<title>Later</title>\n"
        elif what == "stranger":
            content = content.replace(b"a.test", b"b.test")
        elif what == "half":
            content = content[:len(content) * 3 // 4]
        elif what == "leaf":
            content = content[:content.index(END) + len(END)]
        elif what == "long":
            content = content * 6
        elif what == "many":
            order = json.loads(content)
            order["authorizations"] *= 100
            content = json.dumps(order).encode()
        elif what == "moved":
            status, content = 302, b""
            fields["Location"] = "https://localhost/elsewhere"
        elif what == "place":
            fields["Location"] = "/somewhere"
        elif what == "astray":
            here = f"https://localhost:{port}"
            fields["Link"] = f'<{here}/dir>;rel="index", <{here}/certZ/nowhere>;rel="alternate"'
        elif what.startswith("file="):
            with open(what[5:], "rb") as file:
                content = file.read()
        self.send_response_only(status)
        for name, value in fields.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True

    do_GET = do_HEAD = do_POST = handle_any

    def hold(self):
        say("held " + self.path)
        forever.wait()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # A client that has been killed.


server = Server(("127.0.0.1", port), Handler)
ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ours.load_cert_chain(certificate, key)
server.socket = ours.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
say("ready")
for line in sys.stdin:
    with lock:
        rule = tuple(line.split(maxsplit=1)[:1]) + (line.split(maxsplit=1)[1].strip(),)
    say("rule " + " ".join(rule))
