#!/usr/bin/env bash
# Guess: a client that reads slowly slows the application: the server takes some pieces of an answer more than the connection
# does, and then its send() waits (asyncio's drain, TCP's window), so that an export of a gigabyte needs no gigabyte of memory.
# What happens: uvicorn, hypercorn, granian, waitress and gunicorn do so, after some megabytes (waitress after 16 to 20). daphne
# never waits: the application has sent all its 60 MB as fast as it can make them, and they are in daphne's memory until the
# client has read them or gone.
# Why it matters to a gateway: one that reads only as fast as its client, as it should, is the slow reader; ten clients with
# telephones and an export each are a process that the kernel kills, and 502 for everybody else. It looks like a leak of the
# application, and a test in the same house shows nothing. A gateway that spools answers hides it. Give such routes another
# server, or write a file and have it sent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 \
    daphne==4.2.3 gunicorn==27.0.1 waitress==3.0.2
cat >app.py <<'END_OF_PYTHON'
PIECES, PIECE = 600, bytes(100_000)
sent = {"count": 0}

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if scope["path"] == "/large":
        for _ in range(PIECES):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            sent["count"] += 1
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": b"count=%d;" % sent["count"]})

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] != "/large":
        return [b"count=%d;" % sent["count"]]

    def pieces():
        for _ in range(PIECES):
            yield PIECE
            sent["count"] += 1

    return pieces()
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
SERVERS = {
    "uvicorn": lambda port: [bin + "uvicorn", "--port", port, "app:asgi"],
    "hypercorn": lambda port: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, "app:asgi"],
    "granian": lambda port: [bin + "granian", "--interface", "asgi", "--port", port, "app:asgi"],
    "daphne": lambda port: [bin + "daphne", "--port", port, "app:asgi"],
    "gunicorn": lambda port: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, "app:wsgi"],
    "waitress": lambda port: [bin + "waitress-serve", "--listen", "127.0.0.1:" + port, "app:wsgi"],
}

def asked(port, path):
    connection = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    return connection

def count(port):
    answer = b""
    with asked(port, "/count") as connection:
        while piece := connection.recv(1000):
            answer += piece
    return int(answer.split(b"count=")[1].split(b";")[0])

def memory(process):  # Of all processes of its group, in megabytes.
    total = 0
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(entry)) == process.pid:
                with open(f"/proc/{entry}/statm") as file:
                    total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            pass
    return total // 1_000_000

def look(name):  # How many pieces the application gets rid of while the client reads next to nothing.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with open("log", "a") as log:
        process = subprocess.Popen(SERVERS[name](port), stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            try:
                count(port)
                break
            except OSError:
                time.sleep(0.1)
        before = memory(process)
        with asked(port, "/large") as slow:
            slow.recv(1000)
            known = []
            while len(known) < 4 or len(set(known[-4:])) > 1:  # Until nothing more is sent.
                time.sleep(0.5)
                known.append(count(port))
            return known[-1], memory(process) - before
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

right = True
for name in SERVERS:
    pieces, grown = look(name)
    right = right and (pieces == 600) == (name == "daphne") and (grown > 40) == (name == "daphne")
    print(f"{name} {importlib.metadata.version(name)} takes {pieces} of 600 pieces; its memory grows by {grown} MB")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
