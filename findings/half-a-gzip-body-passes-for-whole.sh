#!/usr/bin/env bash
# Guess: a client that decodes gzip notices when the stream stops short, since its trailer with the size
# and the checksum is missing; curl at least does.
# What happens: if the HTTP framing is complete, requests, httpx, aiohttp, curl and wget all hand out the
# part that came, without an error; curl and wget exit 0. A trailer with a wrong checksum is an error for
# each of them, so they do look at it if it is there.
# Why it matters to a gateway: one that compresses, and whose upstream breaks off in the middle, must not
# end its own body properly (a last chunk, END_STREAM): nobody would notice that half is missing. It has
# to close, or to reset the stream. The same goes for what it puts into a cache.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END'
import asyncio, gzip, http.server, os, platform, random, subprocess, sys, threading
import aiohttp, httpx, requests

PLAIN = random.Random(1).randbytes(5000)
WHOLE = gzip.compress(PLAIN)
BODIES = {"/whole": WHOLE, "/half": WHOLE[:2500], "/sum": WHOLE[:-8] + bytes(4) + WHOLE[-4:]}

class Compressed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = BODIES[self.path]
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Compressed)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = os.getcwd() + f"/root/usr/lib/{platform.machine()}-linux-gnu"

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()

def run(program, *options):
    line = ["root/usr/bin/" + program, *options]
    return lambda url: subprocess.run(line + [url], check=True, capture_output=True, env={"LD_LIBRARY_PATH": libraries}).stdout

def outcome(fetch, path):
    try:
        got = fetch(f"http://127.0.0.1:{server.server_port}{path}")
    except subprocess.CalledProcessError as error:
        return f"exit {error.returncode}"
    except Exception as error:
        return type(error).__name__
    assert PLAIN.startswith(got)
    return "all" if got == PLAIN else "a part, no error" if len(got) > 2000 else "nothing"

clients = {
    f"requests {requests.__version__}": lambda url: requests.get(url).content,
    f"httpx {httpx.__version__}": lambda url: httpx.get(url).content,
    f"aiohttp {aiohttp.__version__}": lambda url: asyncio.run(with_aiohttp(url)),
    "curl 7.88.1": run("curl", "-sS", "--compressed"),
    "wget 1.21.3": run("wget", "-q", "-O-", "--compression=auto"),
}
seen = []
for name, fetch in clients.items():
    seen.append([outcome(fetch, path) for path in BODIES])
    print(f"{name}: whole: {seen[-1][0]}; half: {seen[-1][1]}; wrong checksum: {seen[-1][2]}")
right = [whole == "all" and half == "a part, no error" for whole, half, _ in seen]
noticed = [wrong not in ("all", "a part, no error") for *_, wrong in seen]
sys.exit(not all(right + noticed))
END
venv/bin/python probe.py
