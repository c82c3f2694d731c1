#!/usr/bin/env bash
# Guess: a server that wants to close an HTTP/2 connection in peace sends GOAWAY with NO_ERROR, and the
# client sends no new request there, but reads what is under way to its end (RFC 9113 §6.8).
# What happens: httpx ends it with RemoteProtocolError as soon as the GOAWAY is there, though the last
# stream identifier says that this stream counts, and though the rest of the answer follows. It does so at
# the first GOAWAY of two (2^31-1), which only announces the second. niquests and curl read on.
# Why it matters to a gateway: each reload, and each limit of requests or of time on a connection, ends in a
# GOAWAY, and answers to httpx that take a while break there, however patiently the gateway drains. Such
# a client needs to ask again, or to stay with HTTP/1.1, as httpx does unless it is told http2=True.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 h2==4.4.1 niquests==3.21.2
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2 libnghttp2-14=1.52.0-1+deb12u3
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out chain.pem \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
cat >probe.py <<'END'
import importlib.metadata, socket, ssl, struct, subprocess, sys, threading, time
import h2.config, h2.connection, h2.events, httpx, niquests

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain("chain.pem", "key.pem")
TLS.set_alpn_protocols(["h2"])

def answer(peer, last):  # Half of the answer, GOAWAY if there is a last stream for it, and a moment later the other half.
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    peer.sendall(connection.data_to_send())
    while received := peer.recv(65536):
        for event in connection.receive_data(received):
            if isinstance(event, h2.events.RequestReceived):
                connection.send_headers(event.stream_id, [(":status", "200"), ("content-length", "10")])
                connection.send_data(event.stream_id, b"01234")
                goaway = b"\0\0\x08\x07\0\0\0\0\0" + struct.pack(">II", last, 0) if last else b""
                peer.sendall(connection.data_to_send() + goaway)
                time.sleep(0.3)
                connection.send_data(event.stream_id, b"56789", end_stream=True)
        peer.sendall(connection.data_to_send())

def serve(listener, last):
    while True:
        try:
            with TLS.wrap_socket(listener.accept()[0], server_side=True) as peer:
                answer(peer, last)
        except OSError:  # The client has gone.
            pass

def with_httpx(address):
    with httpx.Client(http2=True, verify=False) as client:
        return client.get(address).text

def with_niquests(address):
    with niquests.Session() as client:
        return client.get(address, verify=False).text

def with_curl(address):
    return subprocess.run(["root/usr/bin/curl", "-sSk", address], capture_output=True, text=True, check=True).stdout

def whole(ask, address):
    try:
        return ask(address)
    except Exception as error:
        return type(error).__name__

CASES = {"no GOAWAY": 0, "GOAWAY, last stream 1": 1, "GOAWAY, last stream 2^31-1": 2**31 - 1}
addresses = []
for last in CASES.values():
    listener = socket.create_server(("127.0.0.1", 0))
    addresses.append(f"https://localhost:{listener.getsockname()[1]}/")
    threading.Thread(target=serve, args=(listener, last), daemon=True).start()
ALL, BROKEN = "0123456789", "RemoteProtocolError"
clients = [
    ("httpx " + importlib.metadata.version("httpx"), with_httpx, [ALL, BROKEN, BROKEN]),
    ("niquests " + importlib.metadata.version("niquests"), with_niquests, [ALL] * 3),
    ("curl 7.88.1", with_curl, [ALL] * 3),
]
right = True
for name, ask, expected in clients:
    seen = [whole(ask, address) for address in addresses]
    print(f"{name}: " + "; ".join(f"{case}: {what}" for case, what in zip(CASES, seen)))
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python -W ignore probe.py
