#!/usr/bin/env bash
# Guess: a WebSocket server's library answers pings and closes by itself, whatever the application does.
# What happens: aiohttp and granian read only while the application waits for a message, tornado only once
# open() is over. A handler that only sends (prices, a log) never answers a ping, and not a close either;
# it goes on sending after the close. uvicorn, websockets, daphne and hypercorn answer at once.
# Why it matters to a gateway: who sends pings to find dead upstreams, or a close to drain them, waits for
# ever, or kills healthy feeds. Data that arrives is life as good as a pong, and a close needs a deadline
# of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 granian==2.8.9 uvicorn==0.54.0 \
    websockets==17.4 tornado==6.6.1 daphne==4.2.3 hypercorn==0.18.0
cd "$work"
cat >asgi.py <<'END'
import asyncio

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "tick"})
        await asyncio.sleep(0.05)
END
cat >with_aiohttp.py <<'END'
import asyncio, sys
from aiohttp import web

async def push(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    while True:
        await socket.send_str("tick")
        await asyncio.sleep(0.05)

application = web.Application()
application.router.add_get("/", push)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >with_websockets.py <<'END'
import asyncio, sys
from websockets.asyncio.server import serve

async def push(connection):
    while True:
        await connection.send("tick")
        await asyncio.sleep(0.05)

async def main():
    async with serve(push, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()

asyncio.run(main())
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web, tornado.websocket

class Push(tornado.websocket.WebSocketHandler):
    async def open(self):
        while True:
            await self.write_message("tick")
            await asyncio.sleep(0.05)

async def main():
    tornado.web.Application([("/", Push)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >probe.py <<'END'
import importlib.metadata, os, socket, subprocess, sys, time

REQUEST = (b"GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
PING, CLOSE = b"\x89\x80abcd", b"\x88\x82abcd\x62\x8a"  # Both masked with "abcd"; the close has code 1000.

def answers(port, frame, opcode):  # Whether a frame of that opcode comes before 40 messages have.
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(REQUEST)
        stream = connection.makefile("rb")
        assert b" 101 " in stream.readline()
        while stream.readline().strip():
            pass
        ticks = 0
        while ticks < 40:
            first, size = stream.read(2)
            stream.read(size)
            if first & 15 == opcode:
                return True
            if ticks == 0:
                connection.sendall(frame)
            ticks += 1
        return False

def served(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return answers(port, PING, 10), answers(port, CLOSE, 8)
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
    ("aiohttp", "python with_aiohttp.py PORT", False),
    ("granian", "granian asgi:app --interface asgi --port PORT", False),
    ("uvicorn", "uvicorn asgi:app --port PORT", True),
    ("tornado", "python with_tornado.py PORT", False),
    ("websockets", "python with_websockets.py PORT", True),
    ("daphne", "daphne asgi:app --bind 127.0.0.1 --port PORT", True),
    ("hypercorn", "hypercorn asgi:app --bind 127.0.0.1:PORT", True),
]
right = True
for name, line, expected in servers:
    ping, close = served(line)
    say = lambda yes: "answered" if yes else "no answer within 40 messages (2 s)"
    print(f"{name} {importlib.metadata.version(name)}: ping: {say(ping)}; close: {say(close)}")
    right = right and (ping, close) == (expected, expected)
sys.exit(not right)
END
venv/bin/python probe.py
