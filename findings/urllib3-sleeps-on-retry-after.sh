#!/usr/bin/env bash
# Guess: without a Retry object urllib3 returns a 503 as it comes; the statuses to retry
# (status_forcelist) are empty by default.
# What happens: if the 503 has Retry-After, a plain urllib3.request("GET") sleeps for as long as it says
# and asks again, three times,
#   before it shows anything. So it does for 429 and 413. It does not for 502 or 504, for POST, nor when
# the field is missing;
#   and requests, which is built on it, never does.
# Why it matters to a gateway: "Retry-After: 120" on a 503 keeps such a caller silent for six minutes. A
# gateway that knows when a
#   server will be tried again should say that short time, and may put it on 502 and 504 without touching
# these clients.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0
cat >"$work/probe.py" <<'END'
import http.server, sys, threading, time
import requests, urllib3

class Busy(http.server.BaseHTTPRequestHandler):
    def answer(self):
        _, status, seconds = self.path.split("/")
        self.server.count += 1
        self.send_response(int(status))
        if seconds:
            self.send_header("Retry-After", seconds)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

def attempts(name, ask, path):
    server.count, start = 0, time.monotonic()
    status = ask(url + path)
    print(f"{name} {path}: status {status} after {server.count} requests, {time.monotonic() - start:.0f} s")
    return server.count

get = lambda address: urllib3.request("GET", address).status
post = lambda address: urllib3.request("POST", address, body=b"x").status
print(f"urllib3 {urllib3.__version__}, requests {requests.__version__}; a path is /status/Retry-After")
seen = [attempts("urllib3 GET", get, path) for path in ("/503/1", "/429/1", "/413/1", "/502/1", "/504/1", "/503/")]
seen.append(attempts("urllib3 POST", post, "/503/1"))
seen.append(attempts("requests GET", lambda address: requests.get(address).status_code, "/503/1"))
sys.exit(seen != [4, 4, 4, 1, 1, 1, 1, 1])
END
"$work/venv/bin/python" "$work/probe.py"
