#!/usr/bin/env bash
# Guess: a client's jar keeps a cookie's value as it came and sends it as it is, quotes and = included: it is the server's (RFC
# 6265 §5.4). It does so for whatever host set it, be that a name or an address.
# What happens: aiohttp puts quotes around each value with one of / = , @ [ ] { in it and escapes what is inside: "YWJj/+==" goes
# back in quotes, and a comma as \054. For a host that is an IP address it keeps no cookie at all. Neither is said in any way.
# requests, httpx, curl and wget send all of them as they came. With CookieJar(unsafe=True, quote_cookie=False) aiohttp does, too,
# but for a value that came in quotes, which it then takes off. Other marks, such as . - _ | : %, pass as they are.
# Why it matters to a gateway: sessions and sticky cookies are base64 by habit. Behind a gateway that compares the bytes, or
# checks a signature over them, such a client is new with each request: it changes servers, and is logged out, while curl through
# the same gateway is well; and with an address in the URL, as in containers, every cookie fails. Make cookies of letters, digits,
# - and _ (base64url without =).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiohttp==3.14.5 requests==2.34.2 httpx==0.28.1
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, http.server, importlib.metadata, os, subprocess, sys, threading
import aiohttp, httpx, requests

VALUES = ["YWJj/+==", "a=b", "a/b", "a,b", "user@site", "[x]", '{"a":1}', '"abc"', "abc", "a.b-c_d|e:f%2F"]

class Server(http.server.BaseHTTPRequestHandler):  # /N sets the value of that number; / tells the field that came.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = (self.headers["Cookie"] or "none").encode()
        self.send_response(200)
        if self.path != "/":
            self.send_header("Set-Cookie", f"s={VALUES[int(self.path[1:])]}; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))

def run(*words):
    own = dict(os.environ, LD_LIBRARY_PATH=libraries)
    return subprocess.run(["root/usr/bin/" + words[0], *words[1:]], env=own, capture_output=True, text=True).stdout

def with_requests(first, second):
    with requests.Session() as session:
        session.get(first)
        return session.get(second).text

def with_httpx(first, second):
    with httpx.Client() as client:
        client.get(first)
        return client.get(second).text

def with_aiohttp(first, second, **options):
    async def ask():
        jar = aiohttp.CookieJar(**options) if options else None
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            async with session.get(first) as answer:
                await answer.read()
            async with session.get(second) as answer:
                return await answer.text()
    return asyncio.run(ask())

def with_curl(first, second):
    run("curl", "-s", "-c", "curl's", "-b", "none", first)
    return run("curl", "-s", "-b", "curl's", second)

def with_wget(first, second):
    run("wget", "-q", "-O", "-", "--keep-session-cookies", "--save-cookies", "wget's", first)
    return run("wget", "-q", "-O", "-", "--load-cookies", "wget's", second)

CLIENTS = {"requests": with_requests, "httpx": with_httpx, "curl": with_curl, "wget": with_wget, "aiohttp": with_aiohttp,
           "aiohttp, told so": lambda first, second: with_aiohttp(first, second, unsafe=True, quote_cookie=False)}

def sent(name, host):  # What comes back of each value: "as it was", or the field.
    base = f"http://{host}:{server.server_port}/"
    fields = [CLIENTS[name](f"{base}{number}", base) for number in range(len(VALUES))]
    return ["as it was" if field == "s=" + value else field for field, value in zip(fields, VALUES)]

for name in ("aiohttp", "requests", "httpx"):
    print(name, importlib.metadata.version(name))
print(run("curl", "--version").splitlines()[0])
print(run("wget", "--version").splitlines()[0])
seen = {(name, host): sent(name, host) for name in CLIENTS for host in ("localhost", "127.0.0.1")}
for (name, host), fields in seen.items():
    if set(fields) == {"as it was"}:
        print(f"{name}, {host}: each value as it was")
    for value, field in zip(VALUES, fields):
        if field != "as it was":
            print(f"{name}, {host}: {value} comes back as {field}")
expected = {key: ["as it was"] * len(VALUES) for key in seen}
expected["aiohttp", "localhost"] = ['s="YWJj/+=="', 's="a=b"', 's="a/b"', r's="a\054b"', 's="user@site"', 's="[x]"',
                                    r's="{\"a\":1}"', "as it was", "as it was", "as it was"]
expected["aiohttp, told so", "localhost"][7] = expected["aiohttp, told so", "127.0.0.1"][7] = "s=abc"
expected["aiohttp", "127.0.0.1"] = ["none"] * len(VALUES)
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
