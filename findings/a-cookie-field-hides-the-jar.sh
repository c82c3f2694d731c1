#!/usr/bin/env bash
# Guess: a program that writes a Cookie of its own into a request of its session (a token that another system gave it) sends
# that and what the session's jar has for the host; the one field is a list of cookies, after all.
# What happens: with requests and httpx, in one call or for the whole client, and with wget the program's field is all that goes
# out, and the jar's cookies stay at home without a word. aiohttp joins them. curl sends two Cookie lines, which HTTP/1.1 does
# not have (RFC 6265 §5.4: "MUST NOT attach more than one"). With the option cookies= requests joins them, too.
# Why it matters to a gateway: a cookie by which it keeps a client at one server, or a session of the application, is set and
# never comes back; each request then goes to another server, and nothing shows it in the client. Who reads Cookie has to take
# two lines for one list (RFC 9113 §8.2.3 does so for HTTP/2), or curl's second cookie is lost.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
apt-get -qq -o APT::Sandbox::User="$(id -un)" download wget=1.21.3-1+deb12u1 curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, http.server, importlib.metadata, os, subprocess, sys, threading
import aiohttp, httpx, requests

got = []

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        lines = self.headers.get_all("Cookie") or []
        got.append(["; ".join(sorted(line.split("; "))) for line in lines])
        self.send_response(200)
        self.send_header("Set-Cookie", "route=7; Path=/; Max-Age=600")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://localhost:{server.server_port}/"
MINE = {"Cookie": "token=1"}

def with_requests():
    with requests.Session() as session:
        session.get(url)
        session.get(url, headers=MINE)

def with_an_option():
    with requests.Session() as session:
        session.get(url)
        session.get(url, cookies={"token": "1"})

def with_httpx():
    with httpx.Client() as client:
        client.get(url)
        client.get(url, headers=MINE)

def with_httpx_for_all():
    with httpx.Client(headers=MINE) as client:
        client.get(url)
        client.get(url)

def with_aiohttp():
    async def ask():
        async with aiohttp.ClientSession() as session:
            await session.get(url)
            await session.get(url, headers=MINE)

    asyncio.run(ask())

def with_wget():
    wget = ["root/usr/bin/wget", "-q", "-O", "page"]
    subprocess.run([*wget, "--save-cookies=jar.wget", url], check=True)
    subprocess.run([*wget, "--load-cookies=jar.wget", "--header=Cookie: token=1", url], check=True)

def with_curl():
    own = os.environ | {"LD_LIBRARY_PATH": os.path.abspath(glob.glob("root/usr/lib/*-linux-gnu")[0])}
    subprocess.run(["root/usr/bin/curl", "-s", "-c", "jar.curl", url], check=True, env=own)
    subprocess.run(["root/usr/bin/curl", "-s", "-b", "jar.curl", "-H", "Cookie: token=1", url], check=True, env=own)

version = importlib.metadata.version
CLIENTS = {
    "requests " + version("requests"): (with_requests, ["token=1"]),
    "requests, cookies=": (with_an_option, ["route=7; token=1"]),
    "httpx " + version("httpx"): (with_httpx, ["token=1"]),
    "httpx, for all of the client's requests": (with_httpx_for_all, ["token=1"]),
    "wget 1.21.3": (with_wget, ["token=1"]),
    "aiohttp " + version("aiohttp"): (with_aiohttp, ["route=7; token=1"]),
    "curl 7.88.1": (with_curl, ["route=7", "token=1"]),
}
right = True
for name, (ask, expected) in CLIENTS.items():
    got.clear()
    ask()
    print(f"{name}: route=7 in the jar and token=1 in the request arrive as", " and ".join(f"Cookie: {line}" for line in got[-1]))
    right = right and len(got) == 2 and got[-1] == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
