#!/usr/bin/env bash
# Guess: no_proxy says for which hosts a client does not go by the proxy of http_proxy: addresses, networks (10.0.0.0/8), names
# with all below them, be they written with a dot in front or not, a port behind where it matters, and "*" for all. A list that
# works with curl works with the programs.
# What happens: a network is one to curl, requests and websocket-client alone; wget, httpx, aiohttp, urllib and websockets go to
# the proxy. A port is understood by urllib, httpx and websockets, and makes the entry worthless to all others, but to requests
# if the host is a name. ".shop.test" is not shop.test itself to wget and httpx. "*" is no word to wget, and "*.test" to none of
# the eight. A blank before a comma is too much for wget, and blanks in place of commas for all but curl. ::1 is written with
# brackets for urllib and without for the others; httpx fails at each request, to whatever host, if it reads [::1] in the list.
# Capitals are other letters to websocket-client.
# Why it matters to a gateway: in a company's network some programs reach an internal gateway and others have 403 or 502 from the
# proxy, which look like its own; WebSocket clients go there too, unasked. Where the answer has no Via or Server of the gateway
# look at the proxy. What all take: addresses and whole names, in small letters, one by one with "," between them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    websockets==17.4 websocket-client==1.9.2
cat >probe.py <<'END_OF_PROBE'
import asyncio, contextlib, importlib.metadata, os, re, socket, subprocess, sys, threading, urllib.request
import aiohttp, httpx, requests, websocket, websockets.sync.client

for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **others: look_up("127.0.0.1" if host == "shop.test" else host, *more, **others)
ways = []

def serve(listener, way):
    while True:
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            if connection.recv(65536):
                ways.append(way)
                connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

def listen(way, address="127.0.0.1", family=socket.AF_INET):
    listener = socket.create_server((address, 0), family=family)
    threading.Thread(target=serve, args=(listener, way), daemon=True).start()
    return listener.getsockname()[1]

os.environ["http_proxy"] = f"http://127.0.0.1:{listen('proxy')}"
PORT, PORT6 = listen("direct"), listen("direct", "::1", socket.AF_INET6)

def run(*command):
    subprocess.run(command, capture_output=True)

def with_aiohttp(url):
    async def ask():
        async with aiohttp.ClientSession(trust_env=True) as session, session.get(url):
            pass
    asyncio.run(ask())

CLIENTS = {
    "curl": lambda url: run("curl", "-s", "--resolve", f"shop.test:{PORT}:127.0.0.1", url),
    "wget": lambda url: run("wget", "-q", "--tries=1", "-O-", url),
    "requests": requests.get,
    "httpx": httpx.get,
    "aiohttp": with_aiohttp,
    "urllib": urllib.request.urlopen,
    "websocket-client": lambda url: websocket.create_connection(url.replace("http:", "ws:"), timeout=10),
    "websockets": lambda url: websockets.sync.client.connect(url.replace("http:", "ws:"), open_timeout=10),
}
EVERY = set(CLIENTS)
V4, V6, NAMED = f"127.0.0.1:{PORT}", f"[::1]:{PORT6}", f"shop.test:{PORT}"
CASES = [  # The host, the list, and who goes there without the proxy.
    (V4, "127.0.0.1", EVERY), (V4, "other.test,127.0.0.1", EVERY),
    (V4, "127.0.0.0/8", {"curl", "requests", "websocket-client"}),
    (V4, V4, {"httpx", "urllib", "websockets"}),
    (V4, "*", EVERY - {"wget"}), (V4, "127.0.0.1 , other.test", EVERY - {"wget"}), (V4, "other.test 127.0.0.1", {"curl"}),
    (NAMED, "shop.test", EVERY), (NAMED, "test", EVERY), (NAMED, ".test", EVERY), (NAMED, "*.test", set()),
    (NAMED, ".shop.test", EVERY - {"wget", "httpx"}), (NAMED, NAMED, {"httpx", "urllib", "websockets", "requests"}),
    (NAMED, "SHOP.TEST", EVERY - {"websocket-client"}),
    (V6, "::1", EVERY - {"urllib"}), (V6, "[::1]", {"urllib"}),
]

def direct(client, host):
    ways.clear()
    with contextlib.suppress(Exception):  # The answer is 503, which some raise.
        CLIENTS[client](f"http://{host}/")
    return "proxy" not in ways if client == "wget" else "direct" in ways  # wget cannot find shop.test.

def version(name):
    if name in ("curl", "wget"):
        return re.search(r"\d+\.\d+\.\d+", subprocess.run((name, "-V"), capture_output=True, text=True).stdout)[0]
    return sys.version.split()[0] if name == "urllib" else importlib.metadata.version(name)

print(", ".join(f"{name} {version(name)}" for name in CLIENTS))
right = True
for host, words, expected in CASES:
    os.environ["no_proxy"] = words
    seen = {client for client in CLIENTS if direct(client, host)}
    right = right and seen == expected
    told = "all" if seen == EVERY else "nobody" if not seen else ", ".join(client for client in CLIENTS if client in seen)
    print(f"http://{host}/, no_proxy={words!r}: without the proxy go {told}")
os.environ["no_proxy"] = "[::1]"
try:
    httpx.Client()
    failed = False
except httpx.InvalidURL as error:
    failed = True
    print(f"httpx with no_proxy='[::1]': {error}")
sys.exit(not right or not failed)
END_OF_PROBE
venv/bin/python probe.py
