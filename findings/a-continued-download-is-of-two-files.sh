#!/usr/bin/env bash
# Guess: a program that continues a broken download asks with If-Range (RFC 9110 §13.1.5), so that a server whose file has changed
# since answers with the whole new one; or it compares the date that it has, or says that it cannot know.
# What happens: curl -C - and wget -c ask by Range alone. The server, which would have heeded If-Range, sends the second half of
# the new file, it is put behind the first half of the old one, and the exit code is 0. wget -N -c and curl -z, which look at the
# date, do not help. aria2c -c begins anew with a file that is not of its own making, and axel refuses it.
# Why it matters to a gateway: two servers behind one name that do not have the same build yet, or a release under one URL
# ("latest.tar.gz"), are enough; the archive is of the right length and breaks when it is opened, if at all. No status shows it:
# 206 and 206. The gateway can send a client to one server all the time, and cannot add a condition that the client has not. Names
# with a version in them, and checksums, help.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
machine=$(uname -m)-linux-gnu
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 axel=2.17.11-3 aria2=1.36.0-1 libaria2-0=1.36.0-1 libc-ares2=1.18.1-3
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$machine" PATH="$work/root/usr/bin:$PATH"
cat >probe.py <<'END_OF_PROBE'
import os, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OLD, NEW = b"old " * 2500, b"NEW " * 2500
ETAG, DATE = '"new"', "Wed, 11 Nov 2026 11:11:11 GMT"
conditions = []

class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body, piece = NEW, self.headers.get("Range")
        condition = self.headers.get("If-Range")
        if self.command == "GET":
            conditions.append(condition)
        if piece and condition in (None, ETAG, DATE):
            first, last = piece.removeprefix("bytes=").split("-")
            body = NEW[int(first):int(last or len(NEW)) + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{len(NEW)}")
        else:
            self.send_response(200)
        self.send_header("ETag", ETAG)
        self.send_header("Last-Modified", DATE)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_GET = do_HEAD = answer

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/file"
COMMANDS = {"curl": "curl -sS -C - -o file", "curl -z": "curl -sS -C - -z file -R -o file", "wget": "wget -q -c",
            "wget -N": "wget -q -N -c", "axel": "axel -q -n 1 -o file", "aria2c": "aria2c -q -c -o file"}
os.mkdir("downloads")
os.chdir("downloads")
right = True
for name, command in COMMANDS.items():
    conditions.clear()
    with open("file", "wb") as file:  # Half of the old version, as a broken download leaves it.
        file.write(OLD[:5000])
    os.utime("file", (1_700_000_000, 1_700_000_000))
    ended = subprocess.run([*command.split(), url], capture_output=True, text=True)
    with open("file", "rb") as file:
        content = file.read()
    known = {NEW: "the new file", OLD[:5000]: "the old half", OLD[:5000] + NEW[5000:]: "half of each"}
    what = known.get(content, f"{len(content)} bytes")
    version = subprocess.run([name.split()[0], "--version"], capture_output=True, text=True).stdout
    version = version.split("\n")[0].split(" (")[0].split(" built")[0]
    print(f"{name} ({version}): exit code {ended.returncode}, {what}, If-Range: {conditions} {ended.stderr.strip()[-100:]}")
    expected = {"axel": (1, "the old half"), "aria2c": (0, "the new file")}.get(name, (0, "half of each"))
    right = right and (ended.returncode, what) == expected and set(conditions) == {None}
    for left in os.listdir("."):
        os.unlink(left)
sys.exit(not right)
END_OF_PROBE
python3 probe.py
