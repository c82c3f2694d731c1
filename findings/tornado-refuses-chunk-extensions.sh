#!/usr/bin/env bash
# Guess: extensions of chunks and trailers, which nearly nobody uses, are skipped by every server: RFC
# 9112 §7.1.1 says that a recipient MUST ignore the extensions that it does not know.
# What happens: tornado answers 400 to either. Werkzeug's server calls the application and its read of
# the body raises OSError. uvicorn, gunicorn, waitress and aiohttp give the body without them.
# Why it matters to a gateway: it may not copy a chunked body's framing from client to upstream. It has
# to frame anew (a size and nothing else), and to hold trailers back unless it knows that the upstream
# takes them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1 werkzeug==3.1.9 waitress==3.0.2 \
    uvicorn==0.54.0 gunicorn==27.0.1 aiohttp==3.14.5
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    try:
        body = environ["wsgi.input"].read()
    except OSError as error:
        body = f"OSError: {error}".encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]
END
cat >with_werkzeug.py <<'END'
import sys, werkzeug.serving, wsgi

werkzeug.serving.run_simple("127.0.0.1", int(sys.argv[1]), wsgi.app)
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Body(tornado.web.RequestHandler):
    def post(self):
        self.write(self.request.body)

async def main():
    tornado.web.Application([(".*", Body)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >with_aiohttp.py <<'END'
import sys
from aiohttp import web

async def answer(request):
    return web.Response(body=await request.read())

application = web.Application()
application.router.add_post("/", answer)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

HEAD = b"POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
BODIES = {
    "plain chunks": HEAD + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "an extension": HEAD + b"\r\n5;part=1\r\nhello\r\n0\r\n\r\n",
    "a trailer": HEAD + b"Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
}

def ask(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.read().decode() if answer.status == 200 else answer.status

def bodies(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return [ask(port, request) for request in BODIES.values()]
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

GOOD = ["hello"] * 3
servers = [
    ("tornado", "python with_tornado.py PORT", ["hello", 400, 400]),
    ("werkzeug", "python with_werkzeug.py PORT", ["hello", "OSError", "OSError"]),
    ("uvicorn", "uvicorn asgi:app --port PORT", GOOD),
    ("gunicorn", "gunicorn wsgi:app --bind 127.0.0.1:PORT", GOOD),
    ("waitress", "waitress-serve --listen=127.0.0.1:PORT wsgi:app", GOOD),
    ("aiohttp", "python with_aiohttp.py PORT", GOOD),
]
right = True
for name, line, expected in servers:
    seen = bodies(line)
    print(f"{name} {importlib.metadata.version(name)}:", "; ".join(f"{what}: {got}" for what, got in zip(BODIES, seen)))
    right = right and [got if isinstance(got, int) else got.split(":")[0] for got in seen] == expected
sys.exit(not right)
END
venv/bin/python probe.py
