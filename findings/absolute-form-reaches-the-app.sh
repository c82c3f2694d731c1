#!/usr/bin/env bash
# Guess: an HTTP/1.1 server takes "GET http://host/path" as GET /path (RFC 9112 §3.2.2: a server MUST
# accept it), so an application that routes by path never notices.
# What happens: uvicorn does with httptools, and not with h11, which is what it uses where httptools is
# not installed: there, as in hypercorn, daphne and tornado, the application's path is the whole URL and
# every route misses (404). Twisted makes "/ttp://…" of it, cheroot answers 400. gunicorn is right.
# Why it matters to a gateway: a request of this form is valid, and passed on as it came it works or
# fails with the upstream's choice of parser. A gateway should send the origin form to each upstream, and
# its own tests should include the other.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0 \
    hypercorn==0.18.0 daphne==4.2.3 tornado==6.6.1 twisted==26.10.0 cheroot==11.1.2 gunicorn==27.0.1
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Path(tornado.web.RequestHandler):
    def get(self):
        self.write(self.request.path)

async def main():
    tornado.web.Application([(".*", Path)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def ask(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", target, headers={"Host": "shop.example"})
    answer = connection.getresponse()
    return answer.read().decode() if answer.status == 200 else answer.status

def paths(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return ask(port, "/cart"), ask(port, "http://shop.example/cart")
            except OSError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.kill()
        server.wait()

WHOLE = "http://shop.example/cart"
servers = [
    ("uvicorn", "with httptools", "uvicorn asgi:app --http httptools --port PORT", "/cart"),
    ("uvicorn", "with h11", "uvicorn asgi:app --http h11 --port PORT", WHOLE),
    ("hypercorn", "", "hypercorn asgi:app --bind 127.0.0.1:PORT", WHOLE),
    ("daphne", "", "daphne asgi:app --bind 127.0.0.1 --port PORT", WHOLE),
    ("tornado", "", "python with_tornado.py PORT", WHOLE),
    ("twisted", "", "twist web --wsgi wsgi.app --listen tcp:PORT:interface=127.0.0.1", "/ttp://shop.example/cart"),
    ("cheroot", "", "cheroot wsgi:app --bind 127.0.0.1:PORT", 400),
    ("gunicorn", "", "gunicorn wsgi:app --bind 127.0.0.1:PORT", "/cart"),
]
right = True
for name, how, line, expected in servers:
    seen = paths(line)
    print(f"{name} {importlib.metadata.version(name)} {how}: GET /cart: {seen[0]}; GET {WHOLE}: {seen[1]}")
    right = right and seen == ("/cart", expected)
sys.exit(not right)
END
venv/bin/python probe.py
