#!/usr/bin/env bash
# Guess: to bind to [::] instead of 0.0.0.0 adds IPv6 and changes nothing else. A proxy at 127.0.0.1, which a server trusts by
# default, stays trusted.
# What happens: on a socket of both families it is ::ffff:127.0.0.1 to the server, and gunicorn, uvicorn with --workers and
# granian's wrapper for proxies do not know it: the scheme is http again, and the client is the proxy. uvicorn in one process
# and waitress make [::] a socket of IPv6 alone, so that 127.0.0.1 is refused. daphne, which believes everybody, goes on.
# With ::ffff:127.0.0.1 in the list, beside 127.0.0.1, the first three are right.
# Why it matters to a gateway: containers and manuals write [::] by habit. Redirects and links lead to http://, cookies are not
# Secure, limits by address take all users for one; and uvicorn does so with two workers and not with one. Bind to 127.0.0.1
# where the gateway is on the same machine, or name both forms.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 daphne==4.2.3 granian==2.8.9 \
    gunicorn==27.0.1 waitress==3.0.2
cat >app.py <<'END_OF_PYTHON'
import os

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    text = f"{scope['scheme']} {scope['client'][0]}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})

def wsgi(environ, start_response):
    text = f"{environ['wsgi.url_scheme']} {environ['REMOTE_ADDR']}".encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]

if "TRUSTED" in os.environ:
    from granian.utils.proxies import wrap_asgi_with_proxy_headers
    wrapped = wrap_asgi_with_proxy_headers(asgi, trusted_hosts=os.environ["TRUSTED"].split(","))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import http.client, importlib.metadata, os, signal, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"

def uvicorn(*more):
    return lambda host, port, trusted: [bin + "uvicorn", *more, "--host", host.strip("[]"), "--port", port,
                                        "--forwarded-allow-ips", trusted, "app:asgi"]

SERVERS = {
    "gunicorn": lambda host, port, trusted: [bin + "gunicorn", "--bind", f"{host}:{port}", "--forwarded-allow-ips", trusted,
                                             "app:wsgi"],
    "uvicorn --workers 2": uvicorn("--workers", "2"),
    "granian": lambda host, port, trusted: [bin + "granian", "--interface", "asgi", "--host", host.strip("[]"), "--port", port,
                                            "app:wrapped"],
    "uvicorn": uvicorn(),
    "waitress": lambda host, port, trusted: [bin + "waitress-serve", "--trusted-proxy", trusted, "--trusted-proxy-headers",
                                             "x-forwarded-for x-forwarded-proto", "--listen", f"{host}:{port}", "app:wsgi"],
    "daphne": lambda host, port, trusted: [bin + "daphne", "--proxy-headers", "-b", host.strip("[]"), "--port", port, "app:asgi"],
}
BOTH = "127.0.0.1,::ffff:127.0.0.1"
CASES = (("0.0.0.0", "127.0.0.1"), ("[::]", "127.0.0.1"), ("[::]", BOTH))

def free_port():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as free:
        return str(free.getsockname()[1])

def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    connection.request("GET", "/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"})
    return connection.getresponse().read().decode()

def listens(port):
    for address in ("127.0.0.1", "::1"):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as attempt:
            if attempt.connect_ex((address, int(port))) == 0:
                return True
    return False

def look(name, host, trusted):
    port = free_port()
    with open("log", "a") as log:
        server = subprocess.Popen(SERVERS[name](host, port, trusted), stdout=log, stderr=log, start_new_session=True,
                                  env=dict(os.environ, TRUSTED=trusted))
    try:
        while not listens(port):
            time.sleep(0.1)
        return ask(port)
    except ConnectionRefusedError:
        return "refused"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

seen = {}
for name in SERVERS:
    cases = CASES if name in ("gunicorn", "uvicorn --workers 2", "granian") else CASES[:2]
    seen[name] = [look(name, *case) for case in cases]
    print(name.split()[0], importlib.metadata.version(name.split()[0]), f"({name}):",
          "; ".join(f"at {host}, trusting {trusted}: {what}" for (host, trusted), what in zip(cases, seen[name])))
right, lost = "https 192.0.2.7", "http ::ffff:127.0.0.1"
sys.exit(seen != {
    "gunicorn": ["https 127.0.0.1", lost, "https ::ffff:127.0.0.1"],  # It takes the scheme alone from a proxy.
    "uvicorn --workers 2": [right, lost, right],
    "granian": [right, lost, right],
    "uvicorn": [right, "refused"],
    "waitress": [right, "refused"],
    "daphne": [right, right],
})
END_OF_PROBE
venv/bin/python probe.py
