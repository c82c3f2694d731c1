#!/usr/bin/env bash
# Guess: an application that refuses an upload without reading it (401, too many, wrong type) costs the connection nothing: the
# server reads what is left, up to some limit, and takes the next request; where it does not want to, it says "Connection:
# close" in the answer, as it must (RFC 9112 §9.3: "read the entire request message body or close the connection", §9.6).
# What happens: uvicorn, daphne, waitress, cheroot, gevent, tornado and aiohttp read all of it, 8 MB too, and go on. gunicorn
# with threads says "Connection: keep-alive" in the 401 and then closes, after 100 KB that had all been sent as after 8 MB.
# granian closes at both sizes, and says so now and then; hypercorn goes on after 100 KB and closes after 8 MB without a word.
# With 1 KB all go on.
# Why it matters to a gateway: it has an answer that says the connection stays, and keeps it for the next request, which is
# somebody else's: if that comes in the moment before the end is seen it is lost, and a POST is not sent again, so that one
# client's expired token is another one's 502. Who has not had all of a body taken should not use that connection again; or the
# gateway asks about tokens and sizes itself, before the body goes on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1 uvicorn==0.54.0 httptools==0.9.0 \
    hypercorn==0.18.0 daphne==4.2.3 granian==2.8.9 waitress==3.0.2 cheroot==11.1.2 gevent==26.9.0 tornado==6.5.10 aiohttp==3.13.5
cd "$work"
cat >apps.py <<'END'
async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})

def wsgi(environ, start_response):
    start_response("401 Unauthorized", [("Content-Length", "2")])
    return [b"no"]
END
cat >with_gevent.py <<'END'
import sys, gevent.pywsgi, apps

gevent.pywsgi.WSGIServer(("127.0.0.1", int(sys.argv[1])), apps.wsgi, log=None).serve_forever()
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Refusal(tornado.web.RequestHandler):
    def post(self):
        self.set_status(401)
        self.finish("no")

async def main():
    tornado.web.Application([("/", Refusal)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >with_aiohttp.py <<'END'
import sys, aiohttp.web

async def refuse(request):
    return aiohttp.web.Response(status=401, text="no")

application = aiohttp.web.Application()
application.router.add_post("/", refuse)
aiohttp.web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END
cat >probe.py <<'END'
import importlib.metadata, os, socket, subprocess, sys, threading, time

SERVERS = {
    "gunicorn": "gunicorn apps:wsgi --threads 4 --bind 127.0.0.1:PORT",
    "granian": "granian --interface asgi --port PORT apps:asgi",
    "hypercorn": "hypercorn --bind 127.0.0.1:PORT apps:asgi",
    "uvicorn": "uvicorn --port PORT apps:asgi",
    "daphne": "daphne -b 127.0.0.1 -p PORT apps:asgi",
    "waitress": "waitress-serve --listen=127.0.0.1:PORT apps:wsgi",
    "cheroot": "cheroot apps:wsgi --bind 127.0.0.1:PORT",
    "gevent": "python with_gevent.py PORT",
    "tornado": "python with_tornado.py PORT",
    "aiohttp": "python with_aiohttp.py PORT",
}
SIZES = (1_000, 100_000, 8_000_000)
claims = {}  # What the field Connection said in the answers, for each server.

def send(connection, size):
    try:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
    except OSError:
        pass  # The answer is there to be read all the same.

def answer(connection):
    got = b""
    try:
        while not got.endswith(b"\r\n\r\nno"):
            if not (piece := connection.recv(65536)):
                break
            got += piece
    except OSError:
        pass
    return got

def upload(name, port, size):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        sender = threading.Thread(target=send, args=(connection, size))
        sender.start()
        refusal = answer(connection)
        sender.join()
        if not refusal.startswith(b"HTTP/1.1 401"):
            return str(refusal)
        lines = refusal.lower().split(b"\r\n")
        said = {line.partition(b":")[2].strip() for line in lines if line.startswith(b"connection:")}
        claims.setdefault(name, []).append(said)
        time.sleep(1)
        send(connection, 1)
        return "goes on" if answer(connection).startswith(b"HTTP/1.1 401") else "closes"

def served(name, line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["venv/bin/" + line.split()[0], *line.replace("PORT", str(port)).split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return [upload(name, port, size) for size in SIZES]
    finally:
        server.terminate()
        server.wait()

seen = {}
for name, line in SERVERS.items():
    seen[name] = served(name, line)
    print(f"{name} {importlib.metadata.version(name)}: of 1 KB, 100 KB and 8 MB unread: {', '.join(seen[name])}", flush=True)
print("gunicorn's Connection:", *(value.decode() for said in claims["gunicorn"] for value in said))
expected = dict.fromkeys(SERVERS, ["goes on"] * 3) | dict.fromkeys(("gunicorn", "granian"), ["goes on", "closes", "closes"])
expected |= {"hypercorn": ["goes on", "goes on", "closes"]}
sys.exit(seen != expected or claims["gunicorn"] != [{b"keep-alive"}] * 3 or claims["hypercorn"] != [set()] * 3)
END
venv/bin/python probe.py
