#!/usr/bin/env bash
# Guess: an application server on a Unix socket, where only local processes connect, takes X-Forwarded-Proto
# and X-Forwarded-For from there as it does from 127.0.0.1; if not, the path of the socket in the list of
# trusted proxies, which uvicorn's help names as an example, makes it do so.
# What happens: gunicorn does. uvicorn, which trusts 127.0.0.1 by default, takes neither field over a Unix
# socket, whatever stands in --forwarded-allow-ips, its path included, except "*". With "*" the client is the
# *first* address of X-Forwarded-For, which anybody can write, and no longer the last one. granian's
# wrapper for proxies is the same.
# Why it matters to a gateway: who moves an application from a port to a Unix socket gets http:// in its
# redirects and its links, cookies without Secure, and a log without clients; nothing says why. With
# "*" the gateway needs to replace X-Forwarded-For, not to add to it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 granian==2.8.9 gunicorn==27.0.1
cd "$work"
cat >asgi.py <<'END'
from granian.utils.proxies import wrap_asgi_with_proxy_headers

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    client = scope["client"] and scope["client"][0]
    await send({"type": "http.response.body", "body": f"{scope['scheme']} {client or 'nobody'}".encode()})

trusts_local = wrap_asgi_with_proxy_headers(app, trusted_hosts="127.0.0.1")
trusts_path = wrap_asgi_with_proxy_headers(app, trusted_hosts="socket")
trusts_all = wrap_asgi_with_proxy_headers(app, trusted_hosts="*")
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['wsgi.url_scheme']} {environ['REMOTE_ADDR'] or 'nobody'}".encode()]
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

FIELDS = {"Host": "site.example", "X-Forwarded-For": "192.0.2.1, 192.0.2.2", "X-Forwarded-Proto": "https"}

def connect(place):
    if isinstance(place, int):
        return socket.create_connection(("127.0.0.1", place), timeout=10)
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(place)
    return peer

def ask(place):
    connection = http.client.HTTPConnection("site.example")
    connection.sock = connect(place)
    connection.request("GET", "/", headers=FIELDS)
    return connection.getresponse().read().decode()

def told(line, place):
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(["venv/bin/" + line[0], *line[1:]], env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return ask(place)
            except (ConnectionRefusedError, FileNotFoundError):
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()
        if os.path.exists("socket"):
            os.unlink("socket")

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
uvicorn = ["uvicorn", "asgi:app", "--forwarded-allow-ips"]
granian = ["granian", "--interface", "asgi"]
NOBODY, LAST, FIRST = "http nobody", "https 192.0.2.2", "https 192.0.2.1"
cases = [
    ("uvicorn", "127.0.0.1, on a port", [*uvicorn, "127.0.0.1", "--port", str(port)], port, LAST),
    ("uvicorn", "127.0.0.1", [*uvicorn, "127.0.0.1", "--uds", "socket"], "socket", NOBODY),
    ("uvicorn", "its path", [*uvicorn, "socket", "--uds", "socket"], "socket", NOBODY),
    ("uvicorn", "*", [*uvicorn, "*", "--uds", "socket"], "socket", FIRST),
    ("granian", "127.0.0.1, on a port", [*granian, "asgi:trusts_local", "--port", str(port)], port, LAST),
    ("granian", "127.0.0.1", [*granian, "asgi:trusts_local", "--uds", "socket"], "socket", NOBODY),
    ("granian", "its path", [*granian, "asgi:trusts_path", "--uds", "socket"], "socket", NOBODY),
    ("granian", "*", [*granian, "asgi:trusts_all", "--uds", "socket"], "socket", FIRST),
    ("gunicorn", "its default", ["gunicorn", "wsgi:app", "--bind", "unix:socket"], "socket", "https nobody"),
]
right = True
for name, trusted, line, place, expected in cases:
    seen = told(line, place)
    print(f"{name} {importlib.metadata.version(name)}, trusting {trusted}: {seen}")
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
