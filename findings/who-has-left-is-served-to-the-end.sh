#!/usr/bin/env bash
# Guess: when the client has gone, the application that streams an answer (a report, a model's words) is told by its next write,
# which fails, as in WSGI, aiohttp and Node.js; what nobody reads is not made.
# What happens: under ASGI no write fails. On uvicorn, hypercorn, granian and daphne send() takes all the pieces and drops them,
# unless somebody waits for http.disconnect beside it. Starlette (so FastAPI) and Litestar do that for their streaming answers,
# and stop the generator. falcon does not: it makes the stream to its end, for nobody. gunicorn (WSGI) stops after some pieces.
# Why it matters to a gateway: it ends the upstream's connection when its client leaves, and relies on the server to stop; one
# that counts requests under way, or a queue with a limit, is free again while the work goes on. Users who press "stop", or reload
# because it takes long, add work each time. A limit of the time in the application, or a middleware that listens for
# http.disconnect, helps; more retries in front do not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 \
    daphne==4.2.3 gunicorn==27.0.1 starlette==1.10.0 litestar==2.25.0 falcon==4.4.0
cat >apps.py <<'END_OF_PYTHON'
import asyncio, time

PIECES = 60
made = {"count": 0, "stopped": False}

def told():
    return "still at it" if made["count"] < PIECES and not made["stopped"] else str(made["count"])

async def pieces():
    made.update(count=0, stopped=False)
    try:
        while made["count"] < PIECES:
            made["count"] += 1
            yield b"x" * 100
            await asyncio.sleep(0.05)
    finally:
        made["stopped"] = True

async def plain(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if scope["path"] == "/stream":
        async for piece in pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": told().encode()})

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] != "/stream":
        return [told().encode()]

    def stream():
        made.update(count=0, stopped=False)
        try:
            while made["count"] < PIECES:
                made["count"] += 1
                yield b"x" * 100
                time.sleep(0.05)
        finally:
            made["stopped"] = True

    return stream()

def with_starlette():
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    async def stream(request):
        return StreamingResponse(pieces())

    async def count(request):
        return PlainTextResponse(told())

    return Starlette(routes=[Route("/stream", stream), Route("/count", count)])

def with_litestar():
    from litestar import Litestar, MediaType, get
    from litestar.response import Stream

    @get("/stream")
    async def stream() -> Stream:
        return Stream(pieces())

    @get("/count", media_type=MediaType.TEXT)
    async def count() -> str:
        return told()

    return Litestar([stream, count])

def with_falcon():
    import falcon.asgi

    class Answer:
        async def on_get(self, request, response):
            if request.path == "/stream":
                response.stream = pieces()
            else:
                response.text = told()

    application = falcon.asgi.App()
    application.add_route("/stream", Answer())
    application.add_route("/count", Answer())
    return application
END_OF_PYTHON
for name in starlette litestar falcon; do echo "import apps; application = apps.with_$name()" >"${name}_app.py"; done
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
SERVERS = {
    "uvicorn": lambda port, program: [bin + "uvicorn", "--port", port, program],
    "hypercorn": lambda port, program: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, program],
    "granian": lambda port, program: [bin + "granian", "--interface", "asgi", "--port", port, program],
    "daphne": lambda port, program: [bin + "daphne", "--port", port, program],
    "gunicorn": lambda port, program: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, program],
}
CASES = [("uvicorn", "apps:plain", "all"), ("hypercorn", "apps:plain", "all"), ("granian", "apps:plain", "all"),
         ("daphne", "apps:plain", "all"), ("gunicorn", "apps:wsgi", "some"), ("uvicorn", "starlette_app:application", "some"),
         ("uvicorn", "litestar_app:application", "some"), ("uvicorn", "falcon_app:application", "all"),
         ("hypercorn", "starlette_app:application", "some"), ("hypercorn", "falcon_app:application", "all")]

def get(port, path, whole=True):
    with socket.create_connection(("127.0.0.1", int(port)), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = connection.recv(1000)
        while whole and (piece := connection.recv(1000)):
            answer += piece
        return answer

def look(server, program):  # How many pieces are made for a client that leaves after the first.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with open("log", "a") as log:
        running = subprocess.Popen(SERVERS[server](port, program), stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            try:
                get(port, "/stream", whole=False)
                break
            except OSError:
                time.sleep(0.1)
        while "still at it" in (said := get(port, "/count").decode()):
            time.sleep(0.2)
        return "all" if "60" in said.split("\r\n\r\n", 1)[1] else "some"
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()

right = True
for server, program, expected in CASES:
    seen = look(server, program)
    right = right and seen == expected
    framework = "" if program.startswith("apps") else program.split("_")[0]
    about = f"{framework} {importlib.metadata.version(framework)} on " if framework else ""
    print(f"{about}{server} {importlib.metadata.version(server)}: {seen} of the 60 pieces are made")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
