#!/usr/bin/env bash
# Guess: with --etag-save and --etag-compare on one file, curl keeps an entity tag only for what it has got
# whole: after a broken download the next run asks again, and an error does not touch the tag.
# What happens: it writes the tag when the field comes. Half a file with exit code 18 has its tag saved, so
# all later runs get 304, exit 0 and leave the half as it is; with --remove-on-error there is no file at
# all, and 304 with exit 0. A 503, with -f as well, or a 304 without ETag empties the tag's file, so the next
# run loads the whole again.
# Why it matters to a gateway: scripts mirror files and lists this way; one connection that breaks while
# the gateway or the origin goes down leaves half a file for good, without an error. Save the tag in a file of
# its own, and rename both once curl has ended with 0 and %{http_code} 200.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/curl --version | sed -n 1p
cat >probe.py <<'END'
import http.server, os, subprocess, sys, threading

class Origin(http.server.BaseHTTPRequestHandler):  # Answers 304 to the right tag, else with what is next in the plan.
    def do_GET(self):
        plan = self.server.plan
        if plan[0] != "503" and self.headers["If-None-Match"] == '"1"':
            self.send_response(304)
            if plan.pop(0) != "304 without ETag":
                self.send_header("ETag", '"1"')
            self.end_headers()
            return
        what = plan.pop(0)
        body = b"0123456789"
        self.send_response(503 if what == "503" else 200)
        if what != "503":
            self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:5] if what == "half" else body)

    def log_message(self, *_):
        pass

origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=origin.serve_forever, daemon=True).start()

def content(name):
    if not os.path.exists(name):
        return "none"
    with open(name) as file:
        return file.read().strip() or "empty"

def run(*options):
    line = ["root/usr/bin/curl", "-sS", "--etag-save", "tag", "--etag-compare", "tag", "-o", "file", "-w", "%{http_code}"]
    ended = subprocess.run([*line, *options, f"http://127.0.0.1:{origin.server_port}/"], capture_output=True, text=True)
    return f"{ended.stdout} exit {ended.returncode} file {content('file')} tag {content('tag')}"

KEPT, HALF = '304 exit 0 file 0123456789 tag "1"', 'file 01234 tag "1"'
cases = [
    (["whole", "whole"], [], ['200 exit 0 file 0123456789 tag "1"', KEPT]),
    (["half", "whole", "whole"], [], [f"200 exit 18 {HALF}", f"304 exit 0 {HALF}", f"304 exit 0 {HALF}"]),
    (["half", "whole"], ["--remove-on-error"], ['200 exit 18 file none tag "1"', '304 exit 0 file none tag "1"']),
    (["whole", "503", "whole"], ["-f"], ['200 exit 0 file 0123456789 tag "1"', "503 exit 22 file 0123456789 tag empty",
                                         '200 exit 0 file 0123456789 tag "1"']),
    (["whole", "304 without ETag"], [], ['200 exit 0 file 0123456789 tag "1"', "304 exit 0 file 0123456789 tag empty"]),
]
right = True
for plan, options, expected in cases:
    for name in ("file", "tag"):
        if os.path.exists(name):
            os.unlink(name)
    print(", ".join(plan) + (f" with {options[0]}" if options else ""))
    origin.plan = plan
    seen = [run(*options) for _ in expected]
    for line in seen:
        print(" ", line)
    right = right and seen == expected
sys.exit(not right)
END
python3 probe.py
