#!/usr/bin/env bash
# Guess: servers that trust a proxy agree on who the client is: the last address of X-Forwarded-For that
# the proxy vouches for, X-Forwarded-Port being the port of the site.
# What happens: for "X-Forwarded-For: 192.0.2.1, 192.0.2.2" with X-Real-IP 192.0.2.3, uvicorn says
# 192.0.2.2. daphne says 192.0.2.1, what the outermost party wrote, and takes X-Forwarded-Port for the
# *client's* port. tornado says X-Real-IP, and where X-Forwarded-For has ports (which proxies may add) it
# drops the field and says that the proxy is the client. waitress says 192.0.2.2 and answers 400 to a list
# in X-Forwarded-Proto.
# Why it matters to a gateway: an allow list or a limit in the application works on another address than
# the gateway's log shows. Send each field with one value, without a port, and remove those of the kind
# that came from outside, X-Real-IP as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 daphne==4.2.3 tornado==6.6.1 waitress==3.0.2
cd "$work"
cat >asgi.py <<'END'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    client = scope["client"]
    await send({"type": "http.response.body", "body": f"{client[0]}|{scope['scheme']}|{client[1]}".encode()})
END
cat >wsgi.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REMOTE_ADDR']}|{environ['wsgi.url_scheme']}|{environ['REMOTE_PORT']}".encode()]
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web

class Client(tornado.web.RequestHandler):
    def get(self):
        self.write(f"{self.request.remote_ip}|{self.request.protocol}|?")

async def main():
    tornado.web.Application([(".*", Client)]).listen(int(sys.argv[1]), "127.0.0.1", xheaders=True)
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

CASES = [
    {"X-Forwarded-For": "192.0.2.1, 192.0.2.2", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "8443"},
    {"X-Forwarded-For": "192.0.2.1, 192.0.2.2", "X-Forwarded-Proto": "https", "X-Real-IP": "192.0.2.3"},
    {"X-Forwarded-For": "192.0.2.1:4711", "X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https, http"},
]

def client(port, fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers=fields)
    answer = connection.getresponse()
    address, scheme, client_port = answer.read().decode().split("|") if answer.status == 200 else (answer.status, "", "")
    return f"{address}:8443" if client_port == "8443" else str(address), scheme

def clients(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line[0]] + [word.replace("PORT", str(port)) for word in line[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return [client(port, fields) for fields in CASES]
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

trusted = ["--trusted-proxy=127.0.0.1", "--trusted-proxy-headers=x-forwarded-for x-forwarded-proto x-forwarded-port"]
servers = [
    ("uvicorn", ["uvicorn", "asgi:app", "--port", "PORT"], ["192.0.2.2", "192.0.2.2", "192.0.2.1", "192.0.2.1"]),
    ("daphne", ["daphne", "asgi:app", "--bind", "127.0.0.1", "--port", "PORT", "--proxy-headers"],
     ["192.0.2.1:8443", "192.0.2.1", "192.0.2.1:4711", "192.0.2.1"]),
    ("tornado", ["python", "with_tornado.py", "PORT"], ["192.0.2.2", "192.0.2.3", "127.0.0.1", "192.0.2.1"]),
    ("waitress", ["waitress-serve", "--listen=127.0.0.1:PORT", *trusted, "wsgi:app"],
     ["192.0.2.2", "192.0.2.2", "192.0.2.1", "400"]),
]
right = True
for fields in CASES:
    print(f"case {CASES.index(fields) + 1}:", "; ".join(f"{name}: {value}" for name, value in fields.items()))
for name, line, expected in servers:
    seen = clients(line)
    told = "; ".join(f"{number}: {address} {scheme}" for number, (address, scheme) in enumerate(seen, 1))
    print(f"{name} {importlib.metadata.version(name)}: {told}")
    right = right and [address for address, _ in seen] == expected
sys.exit(not right)
END
venv/bin/python probe.py
