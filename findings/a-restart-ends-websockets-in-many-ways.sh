#!/usr/bin/env bash
# Guess: a server of WebSockets that is told to stop (SIGTERM), as at each deployment, says so with 1001, "going away", for which
# RFC 6455 §7.4.1 has "such as a server going down"; clients come back on that.
# What happens: websockets does. uvicorn says 1012, hypercorn 1011 ("internal error") after its three seconds of grace, Sanic
# 1000, after which there is nothing to come back for. granian and daphne drop the connection without a Close (1006). aiohttp says
# nothing and waits for its handlers, for 60 seconds, unless the application closes its sockets in on_shutdown itself.
# Why it matters to a gateway: an alert on 1006 or 1011 fires at every deployment behind one server and never behind another, and
# clients that come back after all but 1000 stay away from Sanic. With aiohttp systemd or Kubernetes, which wait for 30 or 90
# seconds, decide how it ends. Whoever wants one answer for all has to drain in front: the gateway that closes with 1001 itself,
# before the server is stopped.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 \
    daphne==4.2.3 aiohttp==3.14.5 websockets==17.4 sanic==25.12.1
cat >app.py <<'END_OF_PYTHON'
import asyncio, signal, sys

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": "yes"})

if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "aiohttp":
        from aiohttp import web

        async def page(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str("yes")
            return socket

        application = web.Application()
        application.router.add_get("/", page)
        web.run_app(application, host="127.0.0.1", port=port, print=None)
    elif kind == "websockets":
        from websockets.asyncio.server import serve

        async def echo(connection):
            async for message in connection:
                await connection.send("yes")

        async def main():
            async with serve(echo, "127.0.0.1", port) as server:
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
                await server.wait_closed()

        asyncio.run(main())
    elif kind == "sanic":
        from sanic import Sanic
        application = Sanic("x")

        @application.websocket("/")
        async def page(request, socket):
            async for message in socket:
                await socket.send("yes")

        application.run("127.0.0.1", port, single_process=True)
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import asyncio, importlib.metadata, os, signal, socket, subprocess, sys
from websockets.asyncio.client import connect

bin = os.path.abspath("venv/bin") + "/"
SERVERS = {
    "uvicorn": lambda port: [bin + "uvicorn", "--port", port, "app:asgi"],
    "hypercorn": lambda port: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, "app:asgi"],
    "granian": lambda port: [bin + "granian", "--interface", "asgi", "--port", port, "app:asgi"],
    "daphne": lambda port: [bin + "daphne", "--port", port, "app:asgi"],
    "aiohttp": lambda port: [bin + "python", "app.py", "aiohttp", port],
    "websockets": lambda port: [bin + "python", "app.py", "websockets", port],
    "sanic": lambda port: [bin + "python", "app.py", "sanic", port],
}
EXPECTED = {"uvicorn": "1012", "hypercorn": "1011", "granian": "1006", "daphne": "1006", "aiohttp": "nothing for 8 seconds",
            "websockets": "1001", "sanic": "1000"}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])

async def connected(port):
    while True:
        try:
            return await connect(f"ws://127.0.0.1:{port}/", open_timeout=60, close_timeout=1)
        except OSError:
            await asyncio.sleep(0.1)

async def look(name):
    port = free_port()
    with open("log", "a") as log:
        server = subprocess.Popen(SERVERS[name](port), stdout=log, stderr=log, start_new_session=True)
    try:
        connection = await connected(port)
        await connection.send("here?")
        await connection.recv()
        server.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(connection.wait_closed(), 8)
            return str(int(connection.close_code))
        except TimeoutError:
            return "nothing for 8 seconds"
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()

async def all():
    return dict(zip(SERVERS, await asyncio.gather(*map(look, SERVERS))))

seen = asyncio.run(all())
for name in SERVERS:
    print(name, importlib.metadata.version(name), "tells the client after SIGTERM:", seen[name])
sys.exit(seen != EXPECTED)
END_OF_PROBE
venv/bin/python probe.py
