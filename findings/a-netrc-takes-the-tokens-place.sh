#!/usr/bin/env bash
# Guess: a token that a program writes into a request itself ("Authorization: Bearer …") is sent as it is. A password in ~/.netrc,
# which somebody left there for curl -n or git, is for those who ask for one and have nothing better.
# What happens: curl -n, wget, git and httpx send the token. requests reads the file unasked and puts the host's password into the
# token's place, for one request and for a session's fields alike, without a word; the URL's own password has to give way, too.
# "default" in the file is enough, for every host. With auth= or trust_env = False it sends the token. aiohttp, told to use the
# environment's proxy (trust_env=True), raises ValueError for each request with a field of that name.
# Why it matters to a gateway: it asks for a bearer token, is sent Basic and says 401, on one machine alone and for one account;
# the program's own log shows the token. Look at the scheme that arrives before the token is looked at. For requests' sake give
# the token as auth=, a function that sets the field.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
mkdir home
cat >probe.py <<'END_OF_PROBE'
import asyncio, base64, http.server, importlib.metadata, os, subprocess, sys, threading
import aiohttp, httpx, requests

os.environ["HOME"] = os.path.abspath("home")
os.environ.pop("NETRC", None)
TOKEN = {"Authorization": "Bearer token"}
sent = []

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        scheme, text = self.headers.get("Authorization", "none none").split(" ", 1)
        sent.append(f"{scheme} {base64.b64decode(text).decode()}" if scheme == "Basic" else f"{scheme} {text}")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"

def run(*command):
    return lambda: subprocess.run(command, capture_output=True)

def session():
    with requests.Session() as one:
        one.headers.update(TOKEN)
        one.get(URL)

def as_auth(request):
    request.headers.update(TOKEN)
    return request

def with_aiohttp(environment):
    async def ask():
        async with aiohttp.ClientSession(trust_env=environment) as one, one.get(URL, headers=TOKEN):
            pass
    return lambda: asyncio.run(ask())

def version(name):
    return f"{name} {importlib.metadata.version(name)}"

def version_of(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.split(" (")[0].split(" built")[0].strip()

WAYS = {
    version("requests"): lambda: requests.get(URL, headers=TOKEN),
    version("requests") + ", a session's field": session,
    version("requests") + ", a password in the URL": lambda: requests.get(URL.replace("//", "//url:url@"), headers=TOKEN),
    version("requests") + ", the token by auth=": lambda: requests.get(URL, auth=as_auth),
    version("httpx"): lambda: httpx.get(URL, headers=TOKEN),
    version("aiohttp"): with_aiohttp(False),
    version("aiohttp") + ", trust_env": with_aiohttp(True),
    version_of("curl", "-V") + ", -n": run("curl", "-sn", "-H", "Authorization: Bearer token", URL),
    version_of("wget", "-V"): run("wget", "-qO-", "--header=Authorization: Bearer token", URL),
    version_of("git", "--version"): run("git", "-c", "http.extraHeader=Authorization: Bearer token", "ls-remote", URL),
}

def look(way):
    sent.clear()
    try:
        way()
        return sent[0]
    except ValueError as error:
        return "ValueError" if "Cannot combine AUTHORIZATION header" in str(error) else str(error)

right = True
for words in ("machine 127.0.0.1", "default"):
    with open("home/.netrc", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(words + " login user password secret\n")
    for name, way in WAYS.items():
        seen = look(way)
        expected = "Bearer token"
        if name.startswith("requests") and not name.endswith("="):
            expected = "Basic user:secret"
        if name.endswith("trust_env"):
            expected = "ValueError"
        right = right and seen == expected
        print(f"{words!r} in ~/.netrc, {name}: {seen}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
