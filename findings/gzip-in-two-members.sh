#!/usr/bin/env bash
# Guess: a gzip body of two members (RFC 1952 §2.2 allows it: files may be joined with cat) is read whole
# by every client.
# What happens: urllib3 and requests give both parts. httpx and wget give the first and drop the rest
# without an error. curl writes the
#   first and fails with exit code 23, as if the disk were full.
# Why it matters to a gateway: whoever compresses piece by piece must keep one deflate stream and flush
# it (Z_SYNC_FLUSH), not end a
#   member and begin the next, however handy joining finished pieces is; and a file FILE.gz that was made
# with cat is best not sent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END'
import gzip, http.server, os, platform, subprocess, sys, threading
import httpx, requests, urllib3

BODY = gzip.compress(b"first half, ") + gzip.compress(b"second half")

class Joined(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Joined)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
libraries = os.getcwd() + f"/root/usr/lib/{platform.machine()}-linux-gnu"

def run(program, *options):
    line = ["root/usr/bin/" + program, *options, url]
    done = subprocess.run(line, capture_output=True, env={"LD_LIBRARY_PATH": libraries})
    return done.stdout, done.returncode

seen = {
    f"urllib3 {urllib3.__version__}": (urllib3.request("GET", url).data, 0),
    f"requests {requests.__version__}": (requests.get(url).content, 0),
    "wget 1.21.3": run("wget", "-q", "-O-", "--compression=auto"),
    f"httpx {httpx.__version__}": (httpx.get(url).content, 0),
    "curl 7.88.1": run("curl", "-sS", "--compressed"),
}
for name, (body, code) in seen.items():
    print(f"{name}: {body.decode()!r}, exit code {code}")
whole, half = b"first half, second half", b"first half, "
sys.exit(list(seen.values()) != [(whole, 0)] * 2 + [(half, 0)] * 2 + [(half, 23)])
END
venv/bin/python probe.py
