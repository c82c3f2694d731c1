#!/usr/bin/env bash
# Guess: a client that meets 307 or 308 sends its body once more (RFC 9110 §15.4.8), and one that cannot, since the body came
# out of a generator or a pipe and is gone, says so.
# What happens: requests and urllib3 send the second request with what is left of a generator, which is nothing: a proper PUT of
# 0 bytes in chunks. The server answers 200, and that is what the program sees. So does urllib3 with a file that cannot be
# rewound, such as a pipe, where requests raises. httpx, aiohttp and curl -T - fail for both. What can be rewound, and bytes,
# all of them send whole.
# Why it matters to a gateway: one that moves http to https, or one host to another, answers so to keep the method. Whoever
# uploads through the old URL stores empty objects, each with 200, while short requests of the same program, which send bytes,
# are well. The place to look is the access log: a 308, then a request of no bytes. Let the old address refuse uploads (403,
# 405) where such clients come, and not redirect them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
cat >probe.py <<'END_OF_PROBE'
import asyncio, http.server, os, subprocess, sys, threading
import aiohttp, httpx, requests, urllib3

class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *words: None

    def do_PUT(self):
        stored = 0
        while size := int(self.rfile.readline(), 16):
            stored += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        moved = self.path == "/old"
        if not moved:
            self.server.stored = stored
        self.send_response(308 if moved else 200)
        self.send_header("Content-Length", "0")
        if moved:
            self.send_header("Location", "/new")
        self.end_headers()

    def handle(self):  # A client that gives up in the middle of its second request is none of the site's affairs.
        try:
            super().handle()
        except (OSError, ValueError):
            pass

site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{site.server_port}/old"

def pieces():
    for _ in range(3):
        yield b"x" * 1000

def pipe():
    read, write = os.pipe()
    os.write(write, b"x" * 3000)
    os.close(write)
    return open(read, "rb")

async def with_aiohttp():
    async def pieces_in_turn():
        for piece in pieces():
            yield piece
    async with aiohttp.ClientSession() as session, session.put(url, data=pieces_in_turn()) as answer:
        return answer.status

def with_curl():
    place = os.path.dirname(subprocess.run(["find", os.getcwd(), "-name", "libcurl.so.4"], capture_output=True, text=True).stdout)
    done = subprocess.run(["root/usr/bin/curl", "-sSL", "-T", "-", "-o", "body", "-w", "%{http_code}", url], input=b"x" * 3000,
                          capture_output=True, env={**os.environ, "LD_LIBRARY_PATH": place})
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}")
    return int(done.stdout)

clients = {
    f"requests {requests.__version__}, generator": (lambda: requests.put(url, data=pieces()).status_code, "200, 0 bytes"),
    f"requests {requests.__version__}, pipe": (lambda: requests.put(url, data=pipe()).status_code, "UnrewindableBodyError"),
    f"urllib3 {urllib3.__version__}, generator": (lambda: urllib3.request("PUT", url, body=pieces()).status, "200, 0 bytes"),
    f"urllib3 {urllib3.__version__}, pipe": (lambda: urllib3.request("PUT", url, body=pipe()).status, "200, 0 bytes"),
    f"httpx {httpx.__version__}, generator": (
        lambda: httpx.put(url, content=pieces(), follow_redirects=True).status_code, "StreamConsumed"),
    f"aiohttp {aiohttp.__version__}, generator": (lambda: asyncio.run(with_aiohttp()), "ClientPayloadError"),
    "curl 7.88.1 -T -": (with_curl, "RuntimeError"),
}
right = True
for name, (put, expected) in clients.items():
    site.stored = None
    try:
        seen = f"{put()}, {site.stored} bytes"
    except Exception as error:
        seen = type(error).__name__
    print(f"{name}, 3000 bytes to an address that has moved (308): {seen}")
    right = right and seen == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python -W ignore probe.py
