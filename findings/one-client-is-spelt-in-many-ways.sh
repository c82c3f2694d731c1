#!/usr/bin/env bash
# Guess: who trusts a proxy reads the client's address however the proxy may write it: in X-Forwarded-For with a port, as some
# cloud balancers send it, in IPv6 with or without brackets, and in Forwarded quoted, since an IPv6 address must be (RFC 7239 §6).
# The result is the address alone, in one form.
# What happens: uvicorn does. Of "[2001:db8::1]:4711" Werkzeug's ProxyFix, hypercorn's ProxyFixMiddleware, falcon and Sanic make
# an address with brackets and port; waitress does, though it takes the port off an IPv4 address; tornado drops the field, and the
# client is the proxy. Sanic puts brackets around a plain IPv6 address, too. In Forwarded hypercorn keeps the quotes, as part of
# the address and even of the scheme ('"https"'), and it knows "for" and "proto" in small letters alone, where the RFC has no
# case. falcon and waitress read all of those.
# Why it matters to a gateway: the address becomes a key (limits, lists of allowed networks, sessions, GeoIP). With the port in it
# each connection of a client is somebody else, and a limit by address limits nothing; ipaddress.ip_address() raises, 500. It
# shows with the first client of IPv6, or behind another balancer. A gateway is understood by all if it writes X-Forwarded-For
# without port and without brackets.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile uvicorn==0.54.0 hypercorn==0.18.0 waitress==3.0.2 \
    werkzeug==3.1.9 falcon==4.4.0 sanic==25.12.1 tornado==6.6.1
cat >app.py <<'END_OF_PYTHON'
import asyncio, sys

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']}".encode()]

async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": f"{scope['client'][0]} {scope['scheme']}".encode()})

class Page:  # falcon's.
    def on_get(self, request, response):
        response.text = f"{request.access_route[0]} {request.forwarded_scheme}"

def serve(name, port):
    if name.startswith("waitress"):
        import waitress
        fields = "forwarded" if name == "waitress-forwarded" else "x-forwarded-for x-forwarded-proto"
        waitress.serve(wsgi, host="127.0.0.1", port=port, trusted_proxy="127.0.0.1", trusted_proxy_headers=fields,
                       clear_untrusted_proxy_headers=True)
    elif name == "werkzeug":
        from werkzeug.middleware.proxy_fix import ProxyFix
        from werkzeug.serving import run_simple
        run_simple("127.0.0.1", port, ProxyFix(wsgi))
    elif name == "falcon":
        from wsgiref.simple_server import make_server
        import falcon
        application = falcon.App()
        application.add_route("/", Page())
        make_server("127.0.0.1", port, application).serve_forever()
    elif name == "uvicorn":
        import uvicorn
        uvicorn.run(asgi, port=port, lifespan="off")
    elif name.startswith("hypercorn"):
        from hypercorn.asyncio import serve
        from hypercorn.config import Config
        from hypercorn.middleware import ProxyFixMiddleware
        config = Config()
        config.bind = [f"127.0.0.1:{port}"]
        mode = "modern" if name == "hypercorn-forwarded" else "legacy"
        asyncio.run(serve(ProxyFixMiddleware(asgi, mode=mode), config, mode="asgi"))
    elif name == "sanic":
        from sanic import Sanic, response
        application = Sanic("x")
        application.config.PROXIES_COUNT = 1
        application.get("/")(lambda request: response.text(f"{request.remote_addr} {request.scheme}"))
        application.run("127.0.0.1", port, single_process=True)
    elif name == "tornado":
        import tornado.web

        class Handler(tornado.web.RequestHandler):
            def get(self):
                self.write(f"{self.request.remote_ip} {self.request.protocol}")

        async def main():
            tornado.web.Application([("/", Handler)]).listen(port, "127.0.0.1", xheaders=True)
            await asyncio.Event().wait()

        asyncio.run(main())

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import http.client, importlib.metadata, socket, subprocess, sys, time

PLAIN = ["192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711"]
LIST = ["for=192.0.2.1;proto=https", 'For="[2001:db8::1]:4711";Proto="https"', 'for="[2001:db8::1]";proto="https"']
EXPECTED = {
    "uvicorn": ["192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::1"],
    "werkzeug": PLAIN, "falcon": PLAIN, "hypercorn": PLAIN,
    "sanic": ["192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]", "[2001:db8::1]:4711"],
    "waitress": ["192.0.2.1", "192.0.2.1", "2001:db8::1", "[2001:db8::1]:4711"],
    "tornado": ["192.0.2.1", "127.0.0.1", "2001:db8::1", "127.0.0.1"],
    "waitress-forwarded": ["192.0.2.1 https", "2001:db8::1 https", "2001:db8::1 https"],
    "falcon-forwarded": ["192.0.2.1 https", "2001:db8::1 https", "2001:db8::1 https"],
    "hypercorn-forwarded": ["192.0.2.1 https", "127.0.0.1 http", '"[2001:db8::1]" "https"'],
}

def get(port, fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/", headers=fields)
    return connection.getresponse().read().decode()

def look(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = name.removesuffix("-forwarded") if name == "falcon-forwarded" else name
    with open("log", "a") as log:
        server = subprocess.Popen(["venv/bin/python", "app.py", program, str(port)], stdout=log, stderr=log)
    try:
        while True:
            try:
                get(port, {})
                break
            except OSError:
                time.sleep(0.1)
        if name.endswith("-forwarded"):
            return [get(port, {"Forwarded": value}) for value in LIST]
        fields = [{"X-Forwarded-For": value, "X-Forwarded-Proto": "https"} for value in PLAIN]
        return [get(port, both).split()[0] for both in fields]
    finally:
        server.kill()
        server.wait()

print("X-Forwarded-For:", *PLAIN)
print("Forwarded:", *LIST)
right = True
for name, expected in EXPECTED.items():
    seen = look(name)
    right = right and seen == expected
    print(name, importlib.metadata.version(name.split("-")[0]), "has", *[f"<{one}>" for one in seen])
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
