#!/usr/bin/env bash
# Guess: a file that zstd has compressed can be sent to whoever says "Accept-Encoding: zstd"; its level costs the one who
# compresses, and nobody else.
# What happens: from --ultra -20 on, and with --long at any level, the window is larger than 8 MiB for files that are.
# RFC 9659 forbids to send that, and Chromium takes it for a broken answer, ERR_CONTENT_DECODING_FAILED. With -19 the same
# file is well. curl, requests, httpx and aiohttp read both, and zstd -t finds no fault.
# Why it matters to a gateway: it sends .zst files that a build has left beside the others, and does not look inside. A site
# breaks for its largest scripts and WebAssembly alone, in browsers alone, on the day when somebody turns the level up, and
# every check by curl says that it is well. Compress with -19 at most, or look at the frame's head before it is sent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download chromium=156.0.8078.108-1~deb12u1 \
    chromium-common=156.0.8078.108-1~deb12u1 zstd=1.5.4+dfsg2-5+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    zstandard==0.25.0 backports.zstd==1.8.0
cat >probe.py <<'END_OF_PROBE'
import asyncio, http.server, os, re, subprocess, sys, threading
import aiohttp, httpx, requests

SCRIPT = b"document.title += ' works';//" + os.urandom(9 << 20).hex().encode() + b"\n"  # 18 MiB.
LEVELS = {"-3": ["-3"], "-19": ["-19"], "--ultra -20": ["--ultra", "-20"], "-3 --long": ["-3", "--long=27"]}
ZSTD = "root/usr/bin/zstd"
with open("script.js", "wb") as file:
    file.write(SCRIPT)

def compressed(number, level):
    name = f"script{number}.zst"
    # A cheaper strategy does not change the window, which is what counts here.
    quick = ["--zstd=strategy=1"] if level[-1] in ("-19", "-20") else []
    subprocess.run([ZSTD, "-q", *level, *quick, "script.js", "-o", name], check=True)
    subprocess.run([ZSTD, "-q", "-t", *level[1:], name], check=True)
    with open(name, "rb") as file:
        return file.read()

FORMS = [compressed(number, level) for number, level in enumerate(LEVELS.values())]

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = re.search(r"\d$", self.path)
        isScript = self.path.startswith("/script") and number
        page = f"<!doctype html><title>page</title><script src=/script{number[0]}></script>".encode() if number else b""
        body = FORMS[int(number[0])] if isScript else page
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if isScript else "text/html")
        if isScript:
            self.send_header("Content-Encoding", "zstd")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:  # Chromium has seen enough.
            pass

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"

def with_chromium(number):
    told = subprocess.run(["root/usr/lib/chromium/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                           f"--user-data-dir=profile{number}", f"{base}/page{number}"], capture_output=True, text=True)
    return "<title>page works</title>" in told.stdout

def with_curl(number):
    subprocess.run(["curl", "-sS", "--compressed", "-o", "out", f"{base}/script{number}"], check=True)
    with open("out", "rb") as file:
        return file.read() == SCRIPT

async def with_aiohttp(number):
    async with aiohttp.ClientSession() as session, session.get(f"{base}/script{number}") as answer:
        return await answer.read() == SCRIPT

CLIENTS = {
    "Chromium": with_chromium,
    "curl": with_curl,
    "requests": lambda number: requests.get(f"{base}/script{number}").content == SCRIPT,
    "httpx": lambda number: httpx.get(f"{base}/script{number}").content == SCRIPT,
    "aiohttp": lambda number: asyncio.run(with_aiohttp(number)),
}
print(subprocess.run(["root/usr/lib/chromium/chromium", "--version"], capture_output=True, text=True).stdout.strip())
right = True
for number, level in enumerate(LEVELS):
    seen = {name: get(number) for name, get in CLIENTS.items()}
    print(f"zstd {level}:", ", ".join(f"{name} {'reads it' if whole else 'fails'}" for name, whole in seen.items()))
    right = right and seen == {name: name != "Chromium" or level in ("-3", "-19") for name in CLIENTS}
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
