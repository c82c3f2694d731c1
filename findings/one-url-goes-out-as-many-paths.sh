#!/usr/bin/env bash
# Guess: a client sends a URL's path as it was written, but for dot segments, which it resolves (RFC 3986 §5.2.4), and
# %2e is a dot to all of them or to none.
# What happens: for /abc/%2e%2e/b there are four paths. aiohttp resolves it; httpx, tornado, urllib, curl and wget send it
# as it is, urllib3 in capitals; requests, which decodes after urllib3 has resolved, sends /abc/../b, and so does boto3
# for such a key. Plain dots stay with tornado, urllib and boto3. requests and aiohttp decode %7E and %41. httpx,
# tornado, urllib and curl send | as it is, which no path may have; the others escape it.
# Why it matters to a gateway: rules and caches that compare paths letter by letter see several for one URL, and
# signatures (S3 signs the path) break where the gateway resolves what the client has signed. Decide on a normal
# form, do all by it, and try rules with more than one client: curl without --path-as-is shows no dots.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 \
    yarl==1.25.1 tornado==6.6.1 boto3==1.44.8 botocore==1.44.8
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
cat >probe.py <<'END_OF_PROBE'
import asyncio, importlib.metadata, platform, re, socketserver, subprocess, sys, threading, urllib.parse, urllib.request
import aiohttp, boto3, botocore.config, httpx, requests, tornado.httpclient, urllib3

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.seen = self.rfile.readline().split()[1].decode("latin-1")
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = "http://127.0.0.1:%d" % server.server_address[1]
s3 = boto3.client("s3", endpoint_url=base, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1",
                  config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        await answer.read()

async def with_tornado(url):
    await tornado.httpclient.AsyncHTTPClient().fetch(url)

def with_boto3(url):
    bucket, key = urllib.parse.unquote(url.removeprefix(base + "/")).split("/", 1)
    s3.get_object(Bucket=bucket, Key=key)

def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout

CLIENTS = {
    "requests": requests.get, "urllib3": lambda url: urllib3.request("GET", url), "httpx": httpx.get,
    "aiohttp": lambda url: asyncio.run(with_aiohttp(url)), "tornado": lambda url: asyncio.run(with_tornado(url)),
    "urllib": lambda url: urllib.request.urlopen(url).read(), "boto3": with_boto3,
    "curl": lambda url: run("root/usr/bin/curl", "-s", "--noproxy", "*", url),
    "wget": lambda url: run("root/usr/bin/wget", "-q", "--no-proxy", "-O", "answer", url),
}
# For each path, what another path is on the wire.
EXPECTED = {
    "/abc/../b": {"tornado": "/abc/../b", "urllib": "/abc/../b", "boto3": "/abc/../b", "": "/b"},
    "/abc/%2e%2e/b": {"aiohttp": "/b", "requests": "/abc/../b", "boto3": "/abc/../b", "urllib3": "/abc/%2E%2E/b",
                      "": "/abc/%2e%2e/b"},
    "/abc/%7E%41": {"requests": "/abc/~A", "aiohttp": "/abc/~A", "boto3": "/abc/~A", "": "/abc/%7E%41"},
    "/abc/a|b": {"httpx": "/abc/a|b", "tornado": "/abc/a|b", "urllib": "/abc/a|b", "curl": "/abc/a|b", "": "/abc/a%7Cb"},
}

def version(name):
    if name in ("curl", "wget"):
        return re.search(r"[0-9]+\.[0-9.]*[0-9]", run(f"root/usr/bin/{name}", "--version")).group()
    return platform.python_version() if name == "urllib" else importlib.metadata.version(name)

right = True
for name, get in CLIENTS.items():
    told = []
    for path, expected in EXPECTED.items():
        get(base + path)
        told.append(f"{path} as {server.seen}")
        right = right and server.seen == expected.get(name, expected[""])
    print(f"{name} {version(name)}: " + "; ".join(told))
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
