#!/usr/bin/env bash
# Guess: an HTTP/1.1 client skips 103 (Early Hints) and hands out the answer that follows, as RFC 9110
# §15.2 wants of every client.
# What happens: Python's http.client skips 100 and no other 1xx. With it urllib3 and requests return 103
# with an empty body as *the*
#   answer, without an error; httpx and curl wait for the 200. The real answer stays on the connection.
# Why it matters to a gateway: an upstream that starts to send Early Hints breaks every Python client
# behind HTTP/1.1, and whoever
#   reads the connection next. RFC 8297 §3 lets a server keep 103 for those who are known to understand
# it; a gateway has to decide.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1
cat >"$work/probe.py" <<'END'
import http.client, platform, socket, subprocess, sys, threading
import httpx, requests, urllib3

HEADS = {
    b"/100": b"HTTP/1.1 100 Continue\r\n\r\n",
    b"/103": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
}
ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"

def serve(listener):
    while True:
        peer, _ = listener.accept()
        with peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            peer.sendall(HEADS[head.split()[1]] + ANSWER)

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port = listener.getsockname()[1]

def standard(path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status

def curl(path):
    line = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}{path}"]
    return int(subprocess.run(line, check=True, capture_output=True).stdout)

url = f"http://127.0.0.1:{port}"
clients = {
    f"http.client of Python {platform.python_version()}": standard,
    f"urllib3 {urllib3.__version__}": lambda path: urllib3.request("GET", url + path).status,
    f"requests {requests.__version__}": lambda path: requests.get(url + path).status_code,
    f"httpx {httpx.__version__}": lambda path: httpx.get(url + path).status_code,
    subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split(" (")[0]: curl,
}
seen = [(name, ask("/100"), ask("/103")) for name, ask in clients.items()]
for name, after100, after103 in seen:
    print(f"{name}: status {after100} when 100 came first, {after103} when 103 came first")
sys.exit([s[1:] for s in seen] != [(200, 103)] * 3 + [(200, 200)] * 2)
END
"$work/venv/bin/python" "$work/probe.py"
