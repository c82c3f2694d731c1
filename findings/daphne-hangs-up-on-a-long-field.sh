#!/usr/bin/env bash
# Guess: a server that is sent a field longer than it takes answers 431, or 400, so that a log tells the
# reason.
# What happens: Twisted's HTTP server, and with it daphne, takes lines of 16,384 bytes at most and closes
# the connection over a longer one without a byte of answer and without a line in its log. The request
# line may be as long, too. Two cookies of 12 KiB in one field are enough. gunicorn answers 431 to the
# same request, and uvicorn takes it.
# Why it matters to a gateway: it sees an upstream that closes before it answers, which looks like a
# crash: it tries again, counts failures, and may take a sound server out of service because of one
# user's cookies. For such upstreams its own limit for a field belongs below theirs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check daphne==4.2.3 twisted==26.10.0 gunicorn==27.0.1 uvicorn==0.54.0
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def ask(port, size):  # The size of the whole line "Cookie: …", without its end.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Cookie": "a" * (size - len("Cookie: "))})
        return connection.getresponse().status
    except http.client.RemoteDisconnected:
        return "closed without an answer"

def statuses(line, sizes):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    with open("log", "w") as log:
        server = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                ask(port, 100)
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        before = os.path.getsize("log")
        seen = [ask(port, size) for size in sizes]
        with open("log") as log:
            log.seek(before)
            return seen, [text for text in log.read().splitlines() if text and " 200 " not in text]
    finally:
        server.kill()
        server.wait()

CLOSED = "closed without an answer"
servers = [
    ("daphne", "daphne asgi:app --bind 127.0.0.1 --port PORT", [200, CLOSED]),
    ("twisted", "twist web --wsgi wsgi.app --listen tcp:PORT:interface=127.0.0.1", [200, CLOSED]),
    ("gunicorn", "gunicorn wsgi:app --bind 127.0.0.1:PORT --limit-request-field_size 16384", [200, 431]),
    ("uvicorn", "uvicorn asgi:app --port PORT", [200, 200]),
]
right = True
for name, line, expected in servers:
    seen, said = statuses(line, [16_000, 24_000])
    print(f"{name} {importlib.metadata.version(name)}: a field of 16,000 bytes: {seen[0]}; of 24,000: {seen[1]}; log: {said}")
    right = right and seen == expected and (said == [] or seen[1] != CLOSED)
sys.exit(not right)
END
venv/bin/python probe.py
