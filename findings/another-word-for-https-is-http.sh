#!/usr/bin/env bash
# Guess: a server that believes its proxy reads the scheme however a proxy may say it: "HTTPS" as "https" (a scheme has no
# case, RFC 3986 §3.1), "https, https" behind two proxies that add to the list, and a further field of another proxy's habit
# beside the right one (X-Forwarded-Protocol: https, X-Forwarded-Ssl: off, X-Scheme: http) changes nothing.
# What happens: gunicorn answers 400 to everything that has X-Forwarded-Protocol or X-Forwarded-Ssl with other words than its
# own ("ssl", "on") beside X-Forwarded-Proto: https. tornado goes by X-Scheme first, and is http. "HTTPS" is http to gunicorn,
# uvicorn, tornado and granian, and goes to the application in capitals from daphne and hypercorn. "https, https" is http to
# gunicorn, uvicorn and granian, 400 to waitress, and to daphne and Sanic a scheme of that name. Only hypercorn and tornado
# read the list.
# Why it matters to a gateway: a balancer in front that writes one of these, trusted and handed on, is all redirects to http,
# cookies without Secure, or "Bad Request" with nothing in the application's log; curl at the server itself shows nothing. Send
# one X-Forwarded-Proto with one word in small letters, whatever came, and take the other fields off.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1 uvicorn==0.54.0 hypercorn==0.18.0 \
    daphne==4.2.3 granian==2.8.9 waitress==3.0.2 tornado==6.5.10 sanic==25.12.1
cd "$work"
cat >apps.py <<'END'
async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    scheme = scope["scheme"].encode()
    length = (b"content-length", str(len(scheme)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": scheme})

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.url_scheme"].encode()]
END
cat >with_hypercorn.py <<'END'
import apps
from hypercorn.middleware import ProxyFixMiddleware

application = ProxyFixMiddleware(apps.asgi, mode="legacy", trusted_hops=1)
END
cat >with_granian.py <<'END'
import apps
from granian.utils.proxies import wrap_asgi_with_proxy_headers

application = wrap_asgi_with_proxy_headers(apps.asgi, trusted_hosts="127.0.0.1")
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Page(tornado.web.RequestHandler):
    def get(self):
        self.write(self.request.protocol)

async def main():
    tornado.web.Application([("/", Page)]).listen(int(sys.argv[1]), "127.0.0.1", xheaders=True)
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >with_sanic.py <<'END'
import sys, sanic

application = sanic.Sanic("pages")
application.config.PROXIES_COUNT = 1

@application.get("/")
async def page(request):
    return sanic.response.text(request.scheme)

application.run("127.0.0.1", int(sys.argv[1]), single_process=True)
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

TRUSTED = "--trusted-proxy=127.0.0.1 --trusted-proxy-headers=x-forwarded-proto"
SERVERS = {
    "gunicorn": "gunicorn apps:wsgi --bind 127.0.0.1:PORT",
    "uvicorn": "uvicorn --port PORT apps:asgi",
    "hypercorn": "hypercorn --bind 127.0.0.1:PORT with_hypercorn:application",
    "daphne": "daphne --proxy-headers -b 127.0.0.1 -p PORT apps:asgi",
    "granian": "granian --interface asgi --port PORT with_granian:application",
    "waitress": f"waitress-serve --listen=127.0.0.1:PORT {TRUSTED} apps:wsgi",
    "tornado": "python with_tornado.py PORT",
    "sanic": "python with_sanic.py PORT",
}
WAYS = (
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Proto": "HTTPS"},
    {"X-Forwarded-Proto": "https, https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
    {"X-Forwarded-Proto": "https", "X-Scheme": "http"},
)

def ask(port, fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers={"X-Forwarded-For": "192.0.2.1", "Connection": "close", **fields})
    answer = connection.getresponse()
    text = answer.read().decode()
    return text if answer.status == 200 else str(answer.status)

def served(line):
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
        return [ask(port, fields) for fields in WAYS]
    finally:
        server.terminate()
        server.wait()

print("sent:", "; ".join(", ".join(f"{name}: {value}" for name, value in fields.items()) for fields in WAYS))
expected = {
    "gunicorn": ["https", "http", "http", "400", "400", "https"],
    "uvicorn": ["https", "http", "http", "https", "https", "https"],
    "hypercorn": ["https", "HTTPS", "https", "https", "https", "https"],
    "daphne": ["https", "HTTPS", "https, https", "https", "https", "https"],
    "granian": ["https", "http", "http", "https", "https", "https"],
    "waitress": ["https", "https", "400", "https", "https", "https"],
    "tornado": ["https", "http", "https", "https", "https", "http"],
    "sanic": ["https", "https", "https, https", "https", "https", "https"],
}
seen = {}
for name, line in SERVERS.items():
    seen[name] = served(line)
    print(f"{name} {importlib.metadata.version(name)}: {'; '.join(seen[name])}", flush=True)
sys.exit(seen != expected)
END
venv/bin/python probe.py
