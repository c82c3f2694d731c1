#!/usr/bin/env bash
# Guess: a WSGI server gives a field's bytes as Latin-1, as PEP 3333 has it: a value of UTF-8 looks odd,
# and .encode("latin-1").decode() brings it back.
# What happens: granian gives the empty string, though the field was there; in ASGI the same granian
# gives the bytes. gunicorn and waitress do as the PEP says. aiohttp has its own way and decodes UTF-8.
# Why it matters to a gateway: it hands users and certificates on in fields (a common name, a user of
# basic authentication). A name with one letter outside ASCII arrives as no name at all, and "no name"
# may mean "not logged in", or a default. A gateway that percent-encodes such values, or says which it
# sends as they are, avoids this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.9 gunicorn==27.0.1 waitress==3.0.2 aiohttp==3.14.5
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    value = dict(scope["headers"]).get(b"x-user")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ascii(value).encode()})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [ascii(environ.get("HTTP_X_USER")).encode()]
END
cat >with_aiohttp.py <<'END'
import sys
from aiohttp import web

async def answer(request):
    return web.Response(text=ascii(request.headers.get("X-User")))

application = web.Application()
application.router.add_get("/", answer)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def ask(port, value):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers={"X-User": value.encode()} if value else {})
    return connection.getresponse().read().decode()

def values(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return [ask(port, value) for value in (None, "Jurgen", "Jürgen")]
            except OSError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

LATIN1 = ascii("Jürgen".encode().decode("latin-1"))
servers = [
    ("granian", "WSGI", "granian wsgi:app --interface wsgi --port PORT", "''"),
    ("granian", "ASGI", "granian asgi:app --interface asgi --port PORT", ascii("Jürgen".encode())),
    ("gunicorn", "WSGI", "gunicorn wsgi:app --bind 127.0.0.1:PORT", LATIN1),
    ("waitress", "WSGI", "waitress-serve --listen=127.0.0.1:PORT wsgi:app", LATIN1),
    ("aiohttp", "", "python with_aiohttp.py PORT", ascii("Jürgen")),
]
right = True
for name, interface, line, expected in servers:
    none, plain, seen = values(line)
    print(f"{name} {importlib.metadata.version(name)} {interface}: no field {none}, Jurgen {plain}, Jürgen {seen}")
    right = right and none == "None" and plain.strip("b") == "'Jurgen'" and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
