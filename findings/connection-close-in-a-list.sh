#!/usr/bin/env bash
# Guess: a server closes after "Connection: TE, close" as after "Connection: close": the field is a list
# (RFC 9110 §7.6.1), of names without case, in one line or in several.
# What happens: gunicorn's gthread worker, waitress, tornado and cheroot compare the whole value with
# "close". In a list they do not find it, and the connection stays open; cheroot does not know "Close"
# either. Two field lines make a list, too, and twisted and daphne look at the first alone. uvicorn,
# granian and aiohttp are right.
# Why it matters to a gateway: it says close when it is about to drop a connection, and a list when it has
# more to say (TE for gRPC, Upgrade). It must then close itself instead of waiting for the server's end,
# and should send close alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1 waitress==3.0.2 tornado==6.6.1 cheroot==11.1.2 \
    twisted==26.10.0 daphne==4.2.3 uvicorn==0.54.0 granian==2.8.9 aiohttp==3.14.5
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("hello")

async def main():
    tornado.web.Application([(".*", Hello)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >with_aiohttp.py <<'END'
import sys
from aiohttp import web

async def answer(request):
    return web.Response(text="hello")

application = web.Application()
application.router.add_get("/", answer)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >probe.py <<'END'
import importlib.metadata, os, socket, subprocess, sys, time

WAYS = ["close", "Close", "TE, close", "TE\r\nConnection: close"]

def closes(port, value):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: a.example\r\nTE: trailers\r\nConnection: {value}\r\n\r\n".encode())
        got = b""
        try:
            while data := connection.recv(65536):
                got += data
            ended = True
        except TimeoutError:
            ended = False
    assert got.endswith(b"hello"), got
    return ended

def served(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return [closes(port, value) for value in WAYS]
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()

servers = [
    ("gunicorn", "gunicorn wsgi:app --threads 2 --keep-alive 60 --bind 127.0.0.1:PORT", [True, True, False, False]),
    ("waitress", "waitress-serve --listen=127.0.0.1:PORT wsgi:app", [True, True, False, False]),
    ("tornado", "python with_tornado.py PORT", [True, True, False, False]),
    ("cheroot", "cheroot wsgi:app --bind 127.0.0.1:PORT", [True, False, False, False]),
    ("twisted", "twist web --wsgi wsgi.app --listen tcp:PORT:interface=127.0.0.1", [True, True, True, False]),
    ("daphne", "daphne asgi:app --bind 127.0.0.1 --port PORT", [True, True, True, False]),
    ("uvicorn", "uvicorn asgi:app --port PORT", [True] * 4),
    ("granian", "granian asgi:app --interface asgi --port PORT", [True] * 4),
    ("aiohttp", "python with_aiohttp.py PORT", [True] * 4),
]
right = True
for name, line, expected in servers:
    seen = served(line)
    told = "; ".join(f"{value!r}: {'closes' if ended else 'stays open'}" for value, ended in zip(WAYS, seen))
    print(f"{name} {importlib.metadata.version(name)}: {told}")
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
