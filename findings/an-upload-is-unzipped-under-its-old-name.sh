#!/usr/bin/env bash
# Guess: a request's body with Content-Encoding: gzip comes to the application as it was sent, with the field to tell so; if a
# server decodes it, the field and the old Content-Length are gone, as with answers that a client decodes.
# What happens: Starlette, Flask, falcon, Sanic and tornado hand on what was sent. aiohttp's server decodes gzip and deflate,
# unasked, and leaves both fields as they were: 80 bytes of JSON with "Content-Encoding: gzip" and "Content-Length: 31". Its limit
# (client_max_size) is for what was decoded: a kilobyte of gzip is 413. With auto_decompress=False it is as guessed.
# Why it matters to a gateway: senders of webhooks, metrics and traces compress. A signature over the body is wrong behind aiohttp
# alone; a small proxy in aiohttp that copies fields and body sends a body that is none of gzip, with a length that is too short;
# and the 413 is over a body that the gateway, which counts what is sent, has let pass. The others need a middleware that decodes,
# or see no JSON.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile aiohttp==3.14.5 tornado==6.6.1 uvicorn==0.54.0 \
    starlette==1.10.0 flask==3.1.3 falcon==4.4.0 sanic==25.12.1
cat >app.py <<'END_OF_PYTHON'
import asyncio, sys

def told(body, fields):
    kind = "gzip" if body.startswith(bytes([0x1F, 0x8B])) else "plain"
    return f"{len(body)} bytes, {kind}; the fields say {fields.get('Content-Encoding')}, {fields.get('Content-Length')}"

def serve(name, port):
    if name.startswith("aiohttp"):
        from aiohttp import web

        async def page(request):
            return web.Response(text=told(await request.read(), request.headers))

        application = web.Application()
        application.router.add_post("/", page)
        options = {"auto_decompress": False} if name == "aiohttp-off" else {}
        web.run_app(application, host="127.0.0.1", port=port, print=None, **options)
    elif name == "tornado":
        import tornado.web

        class Page(tornado.web.RequestHandler):
            def post(self):
                self.write(told(self.request.body, self.request.headers))

        async def main():
            tornado.web.Application([("/", Page)]).listen(port, "127.0.0.1")
            await asyncio.Event().wait()

        asyncio.run(main())
    elif name == "starlette":
        import uvicorn
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        async def page(request):
            return PlainTextResponse(told(await request.body(), request.headers))

        uvicorn.run(Starlette(routes=[Route("/", page, methods=["POST"])]), port=port)
    elif name == "sanic":
        from sanic import Sanic, response
        application = Sanic("x")
        application.post("/")(lambda request: response.text(told(request.body, request.headers)))
        application.run("127.0.0.1", port, single_process=True)
    elif name == "flask":
        from flask import Flask, request
        application = Flask("x")
        application.post("/")(lambda: told(request.get_data(), request.headers))
        application.run("127.0.0.1", port)
    else:
        from wsgiref.simple_server import make_server
        import falcon

        class Page:
            def on_post(self, request, response):
                fields = {name: request.get_header(name) for name in ("Content-Encoding", "Content-Length")}
                response.text = told(request.bounded_stream.read(), fields)

        application = falcon.App()
        application.add_route("/", Page())
        make_server("127.0.0.1", port, application).serve_forever()

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import gzip, http.client, importlib.metadata, socket, subprocess, sys, time

SENT = gzip.compress(b'{"a": 1}' * 10, mtime=0)
LARGE = gzip.compress(bytes(1_500_000))
AS_SENT = f"200: {len(SENT)} bytes, gzip; the fields say gzip, {len(SENT)}"
DECODED = f"200: 80 bytes, plain; the fields say gzip, {len(SENT)}"
EXPECTED = {"aiohttp": (DECODED, "413"), "aiohttp-off": (AS_SENT, "200"), "tornado": (AS_SENT, "200"),
            "starlette": (AS_SENT, "200"), "flask": (AS_SENT, "200"), "falcon": (AS_SENT, "200"), "sanic": (AS_SENT, "200")}

def post(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", body, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    answer = connection.getresponse()
    return f"{answer.status}: {answer.read().decode()}"

def look(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "a") as log:
        server = subprocess.Popen(["venv/bin/python", "app.py", name, str(port)], stdout=log, stderr=log)
    try:
        while True:
            try:
                return post(port, SENT), post(port, LARGE)[:3]
            except OSError:
                time.sleep(0.1)
    finally:
        server.kill()
        server.wait()

right = True
print(f"Sent are {len(SENT)} bytes of gzip, and then {len(LARGE)}.")
for name, expected in EXPECTED.items():
    seen = look(name)
    right = right and seen == expected
    print(name, importlib.metadata.version(name.removesuffix("-off")), "has", *seen)
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
