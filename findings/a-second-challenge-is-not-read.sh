#!/usr/bin/env bash
# Guess: a server may ask with several challenges, in one WWW-Authenticate field or in several, the best first (RFC 9110 §11.6.1,
# RFC 7616 §3.7): a client that has been given credentials for Digest looks for one that it can answer, and passes over the
# others.
# What happens: with Bearer before Digest, urllib's Digest handler raises ValueError instead of giving the 401, and aiohttp's
# leaves the 401 as it is, though Digest stands there: both look at the first field's first challenge only. httpx looks at each
# field, but at the first challenge of it only: in one field with Bearer it finds none. With SHA-512-256 before MD5, urllib raises
# ValueError, httpx KeyError (no error of its own, so "except httpx.HTTPError" does not catch it), aiohttp ClientError, and curl
# 7.88 says SHA-512-256 but sends a SHA-256, and is refused. requests alone is right each time, as it reads all as one, and the
# last wins.
# Sources: http_error_auth_reqed of AbstractDigestAuthHandler (headers.get, split()[0]); _authenticate of aiohttp's
# client_middleware_digest_auth.py (headers.get, partition); httpx/_auth.py (get_list; _ALGORITHM_TO_HASH_FUNCTION[...]).
# Why it matters to a gateway: who adds Bearer to an application with Digest, or joins its fields to one as HTTP allows (RFC 9110
# §5.3), turns clients away that did well. Give each challenge a field of its own, Digest before Bearer, and leave SHA-512-256
# out where such clients come.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiohttp==3.14.5 requests==2.34.2 httpx==0.28.1
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, hashlib, http.server, importlib.metadata, os, platform, subprocess, sys, threading
import urllib.error, urllib.request
import aiohttp, httpx, requests

BEARER = 'Bearer realm="api"'
MD5 = 'Digest realm="api", nonce="bm9uY2U", qop="auth", algorithm=MD5'
SHA512 = MD5.replace("MD5", "SHA-512-256")
CASES = {"Digest alone": [MD5], "Bearer, Digest in two fields": [BEARER, MD5],
         "Bearer, Digest in one field": [BEARER + ", " + MD5],
         "Digest, Bearer in two fields": [MD5, BEARER],
         "SHA-512-256, then MD5": [SHA512, MD5]}

mistaken = []  # Algorithms that were named, where a SHA-256 was sent.

def right(field):  # Whether it is the answer to one of the Digest challenges (RFC 7616 §3.4.1).
    if not field.startswith("Digest "):
        return False
    said = urllib.request.parse_keqv_list(urllib.request.parse_http_list(field[len("Digest "):]))
    def holds(name):
        def digest(*parts):
            return hashlib.new(name, ":".join(parts).encode()).hexdigest()
        first, second = digest("user", "api", "secret"), digest("GET", said["uri"])
        return said["response"] == digest(first, "bm9uY2U", said["nc"], said["cnonce"], said["qop"], second)
    algorithm = said.get("algorithm", "MD5").upper()
    if algorithm == "SHA-512-256" and holds("sha256"):
        mistaken.append(algorithm)
    return holds({"MD5": "md5", "SHA-512-256": "sha512_256"}[algorithm])

class Server(http.server.BaseHTTPRequestHandler):  # /N asks with the challenges of that case until Digest is answered well.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        good = right(self.headers.get("Authorization", ""))
        self.send_response(200 if good else 401)
        for challenge in [] if good else list(CASES.values())[int(self.path[1:])]:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))

def curl(*words):
    own = dict(os.environ, LD_LIBRARY_PATH=libraries)
    return subprocess.run(["root/usr/bin/curl", *words], env=own, capture_output=True, text=True, timeout=20).stdout

def with_curl(url):
    return int(curl("-s", "-o", "none", "-w", "%{http_code}", "--digest", "-u", "user:secret", url))

def with_urllib(url):
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, "user", "secret")
    handler = urllib.request.HTTPDigestAuthHandler(passwords)
    try:
        return urllib.request.build_opener(handler).open(url, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code

def with_requests(url):
    return requests.get(url, auth=requests.auth.HTTPDigestAuth("user", "secret"), timeout=10).status_code

def with_httpx(url):
    return httpx.get(url, auth=httpx.DigestAuth("user", "secret")).status_code

def with_aiohttp(url):
    async def ask():
        middleware = aiohttp.DigestAuthMiddleware("user", "secret")
        async with aiohttp.ClientSession(middlewares=(middleware,)) as session:
            async with session.get(url) as answer:
                return answer.status
    return asyncio.run(ask())

CLIENTS = {"curl": with_curl, "urllib": with_urllib, "requests": with_requests, "httpx": with_httpx, "aiohttp": with_aiohttp}

def outcome(client, number):  # The status, or the name of the exception.
    try:
        return client(f"http://127.0.0.1:{server.server_port}/{number}")
    except Exception as error:
        return type(error).__name__

print("Python", platform.python_version())
for name in ("aiohttp", "requests", "httpx"):
    print(name, importlib.metadata.version(name))
print(curl("--version").splitlines()[0])
seen = {}
for name, client in CLIENTS.items():
    seen[name] = [outcome(client, number) for number in range(len(CASES))]
    for case, result in zip(CASES, seen[name]):
        print(f"{name}: {case}: {result}")
expected = {"curl": [200] * 4 + [401], "urllib": [200, "ValueError", "ValueError", 200, "ValueError"], "requests": [200] * 5,
            "httpx": [200, 200, 401, 200, "KeyError"], "aiohttp": [200, 401, 401, 200, "ClientError"]}
print("named with a SHA-256 for it:", mistaken)
sys.exit(seen != expected or mistaken != ["SHA-512-256"])
END_OF_PROBE
venv/bin/python probe.py
