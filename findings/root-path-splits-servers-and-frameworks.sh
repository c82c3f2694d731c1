#!/usr/bin/env bash
# Guess: with --root-path /api an ASGI server tells the application that a proxy serves it below /api, and
# any server does so in the same way for any framework; the proxy may take the prefix off or leave it on.
# What happens: uvicorn puts the prefix before the path that came, so the proxy has to take it off;
# with it on, every route is 404. hypercorn, daphne and granian (--url-path-prefix) hand on the path that
# came. There Starlette finds its route either way, Quart only if the prefix is left on, and falcon
# only if it is off. falcon on uvicorn finds none, whatever the proxy does.
# Why it matters to a gateway: whether a route should strip its prefix is decided by server *and* framework,
# and a change from one server to another turns a site into 404s. A path below a prefix of its own needs one
# request through the gateway as a check after each such change.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 hypercorn==0.18.0 daphne==4.2.3 \
    granian==2.8.9 starlette==1.10.0 quart==0.22.0 falcon==4.4.0
cd "$work"
cat >with_starlette.py <<'END'
import starlette.applications, starlette.responses, starlette.routing

async def page(request):
    return starlette.responses.PlainTextResponse("found")

app = starlette.applications.Starlette(routes=[starlette.routing.Route("/page", page)])
END
cat >with_quart.py <<'END'
import quart

app = quart.Quart("site")

@app.route("/page")
async def page():
    return "found"
END
cat >with_falcon.py <<'END'
import falcon.asgi

class Page:
    async def on_get(self, request, response):
        response.text = "found"

app = falcon.asgi.App()
app.add_route("/page", Page())
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status

def statuses(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return status(port, "/page"), status(port, "/api/page")
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

SERVERS = {
    "uvicorn": "uvicorn MODULE:app --port PORT --root-path /api",
    "hypercorn": "hypercorn MODULE:app --bind 127.0.0.1:PORT --root-path /api",
    "daphne": "daphne MODULE:app --bind 127.0.0.1 --port PORT --root-path /api",
    "granian": "granian MODULE:app --interface asgi --port PORT --url-path-prefix /api",
}
OFF, ON, BOTH, NEITHER = (200, 404), (404, 200), (200, 200), (404, 404)  # What finds the route: the prefix taken off, left on.
EXPECTED = {"starlette": (OFF, BOTH), "quart": (OFF, ON), "falcon": (NEITHER, OFF)}  # On uvicorn, and on the others.
right = True
for framework, (on_uvicorn, elsewhere) in EXPECTED.items():
    for server, line in SERVERS.items():
        off, on = statuses(line.replace("MODULE", "with_" + framework))
        names = [f"{name} {importlib.metadata.version(name)}" for name in (framework, server)]
        print(f"{' on '.join(names)}: {off} with the prefix taken off, {on} with it left on")
        right = right and (off, on) == (on_uvicorn if server == "uvicorn" else elsewhere)
sys.exit(not right)
END
venv/bin/python probe.py
