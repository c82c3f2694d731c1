#!/usr/bin/env bash
# Guess: requests hands out a streamed answer (iter_lines, iter_content(None)) piece by piece as it
# arrives, however its end is framed.
# What happens: only if it is chunked. The same events in a body that the connection's end delimits come
# all together at the end (or
#   when the block that was asked for is full), since urllib3 reads a block of 64 KiB. httpx gives each
# one at once in both framings.
# Why it matters to a gateway: an upstream of HTTP/1.0, or one that says Connection: close, streams
# events without chunks. Passed on as
#   they are they reach a Python client minutes late; a gateway that frames such a body in chunks for
# HTTP/1.1 clients repairs that.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1
cat >"$work/probe.py" <<'END'
import socket, sys, threading
import httpx, requests, urllib3

listener = socket.create_server(("127.0.0.1", 0))
url = "http://127.0.0.1:%d/" % listener.getsockname()[1]

def serve(peer, taken):  # The second event is sent when the client has taken the first, or after two seconds.
    peer.recv(4096)
    framing = b"Transfer-Encoding: chunked" if taken.chunked else b"Connection: close"
    frame = (lambda data: b"%x\r\n%b\r\n" % (len(data), data)) if taken.chunked else bytes
    peer.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + frame(b"data: 1\n\n"))
    taken.in_time = taken.wait(2)
    peer.sendall(frame(b"data: 2\n\n") + (b"0\r\n\r\n" if taken.chunked else b""))
    peer.close()

def at_once(name, chunked, read):
    taken = threading.Event()
    taken.chunked = chunked
    thread = threading.Thread(target=lambda: serve(listener.accept()[0], taken))
    thread.start()
    for _ in read():
        taken.set()
    thread.join()
    framing = "chunked" if chunked else "until the end of the connection"
    print(f"{name}, {framing}: {'at once' if taken.in_time else 'only at the end'}")
    return taken.in_time

def with_httpx():
    with httpx.stream("GET", url) as answer:
        yield from answer.iter_lines()

readers = {
    f"requests {requests.__version__} iter_lines": lambda: requests.get(url, stream=True).iter_lines(),
    f"requests {requests.__version__} iter_content(None)": lambda: requests.get(url, stream=True).iter_content(None),
    f"urllib3 {urllib3.__version__} stream": lambda: urllib3.request("GET", url, preload_content=False).stream(),
    f"httpx {httpx.__version__} iter_lines": with_httpx,
}
seen = [(at_once(name, True, read), at_once(name, False, read)) for name, read in readers.items()]
sys.exit(seen != [(True, False)] * 3 + [(True, True)])
END
"$work/venv/bin/python" "$work/probe.py"
