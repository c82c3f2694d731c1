#!/usr/bin/env bash
# Guess: when an ASGI application's WebSocket handler returns, its server closes with code 1000, as
# websockets and aiohttp do for theirs.
# What happens: uvicorn drops the connection without a close frame, which the client must call 1006;
# hypercorn says 1011 (internal error); granian sends a close without a code; daphne does nothing, and the
# connection stays open until somebody's time is over. No handler failed in any of them.
# Why it matters to a gateway: counting 1006 and 1011 as faults of an upstream counts ordinary ends, and
# an alarm on them is an alarm on the choice of server. With daphne, only the gateway's own limit for idle
# WebSockets ends the connection. An application should send websocket.close itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 websockets==17.4 hypercorn==0.18.0 \
    granian==2.8.9 daphne==4.2.3
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "that is all"})
    if scope["path"] == "/close":
        await send({"type": "websocket.close"})
END
cat >probe.py <<'END'
import importlib.metadata, os, socket, subprocess, sys, time

HEAD = (b"GET %b HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")

def end(port, path):
    with socket.create_connection(("127.0.0.1", port), timeout=4) as connection:
        connection.sendall(HEAD % path)
        stream = connection.makefile("rb")
        assert b" 101 " in stream.readline()
        while stream.readline().strip():
            pass
        assert stream.read(2 + len("that is all")).endswith(b"that is all")
        try:
            frame = stream.read(2)
        except TimeoutError:
            return "still open after 4 s"
        if not frame:
            return "no close frame"
        assert frame[0] == 0x88
        return str(int.from_bytes(stream.read(2), "big")) if frame[1] else "a close without a code"

def ends(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return end(port, b"/close"), end(port, b"/return")
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
    ("uvicorn", "uvicorn asgi:app --port PORT", "no close frame"),
    ("hypercorn", "hypercorn asgi:app --bind 127.0.0.1:PORT", "1011"),
    ("granian", "granian asgi:app --interface asgi --port PORT", "a close without a code"),
    ("daphne", "daphne asgi:app --bind 127.0.0.1 --port PORT", "still open after 4 s"),
]
right = True
for name, line, expected in servers:
    closed, returned = ends(line)
    print(f"{name} {importlib.metadata.version(name)}: after websocket.close: {closed}; after return: {returned}")
    right = right and (closed, returned) == ("1000", expected)
sys.exit(not right)
END
venv/bin/python probe.py
