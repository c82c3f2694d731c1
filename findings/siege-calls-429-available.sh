#!/usr/bin/env bash
# Guess: a tool for load says at the end how many of its requests were served. What is refused with 429 by a limit, or is 404
# since the path was misspelt, counts among the failures, and a script can ask for that by the exit code.
# What happens: siege calls it "Availability: 100.00 %" and "Failed transactions: 0" if each answer was 429 or 404, and its rate
# is that of the refusals; "Successful transactions: 0" stands some lines further down. 503 is a failure. ab, too, has "Failed
# requests: 0", for 404, 429 and 503, and "Non-2xx responses" in a line that is there only then. h2load says "0 succeeded". All
# three exit with 0.
# Why it matters to a gateway: a limit of requests makes it fast: refusals cost next to nothing. A comparison of two gateways, or
# a nightly test, that looks at availability and at the rate finds the one that refuses to be the better. Look at the statuses, in
# the gateway's log if the tool has none, and compare nothing in which one is not 2xx.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download siege=4.0.7-1+b1 \
    apache2-utils=2.4.71-1~deb12u1 libaprutil1=1.6.3-1+deb12u1 libapr1=1.7.2-3+deb12u1 \
    nghttp2-client=1.52.0-1+deb12u3 libnghttp2-14=1.52.0-1+deb12u3
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, http.server, os, re, subprocess, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):  # /429 is 429.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
TOOLS = {
    "siege": (["root/usr/bin/siege", "-b", "-c1", "-r5", "-R", "/dev/null"],
              r"Availability:\s+(\S+) %", r"Failed transactions:\s+(\d+)"),
    "ab": (["root/usr/bin/ab", "-n5"], r"Failed requests:\s+(\d+)", r"Non-2xx responses:\s+(\d+)"),
    "h2load": (["root/usr/bin/h2load", "--h1", "-n5"], r"(\d+) succeeded", r"(\d+) failed"),
}
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))

def run(*command):
    own = os.environ | {"HOME": os.getcwd(), "LD_LIBRARY_PATH": libraries, "PATH": "root/usr/bin:" + os.environ["PATH"]}
    return subprocess.run(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

seen = {}
for name, (command, *patterns) in TOOLS.items():
    version = run(command[0], "-V" if name != "h2load" else "--version").stdout
    print(next(line for line in version.splitlines() if re.match(r"SIEGE \d|.*Version \d|h2load ", line)))
    for status in (200, 404, 429, 503):
        done = run(*command, f"http://127.0.0.1:{server.server_port}/{status}")
        found = [re.search(pattern, done.stdout) for pattern in patterns]
        seen[name, status] = (*[match and match[1] for match in found], done.returncode)
        told = ", ".join(" ".join(match[0].split()) for match in found if match)
        print(f"{name}: five answers of {status}: {told}; exit code {done.returncode}")
sys.exit(seen != {
    ("siege", 200): ("100.00", "0", 0), ("siege", 404): ("100.00", "0", 0), ("siege", 429): ("100.00", "0", 0),
    ("siege", 503): ("0.00", "5", 0),
    ("ab", 200): ("0", None, 0), ("ab", 404): ("0", "5", 0), ("ab", 429): ("0", "5", 0), ("ab", 503): ("0", "5", 0),
    ("h2load", 200): ("5", "0", 0), ("h2load", 404): ("0", "5", 0), ("h2load", 429): ("0", "5", 0),
    ("h2load", 503): ("0", "5", 0),
})
END_OF_PROBE
python3 probe.py
