#!/usr/bin/env bash
# Guess: curl --retry 5 -o /dev/null asks again after a 503; where the body goes has nothing to do with it.
# What happens: before it asks again curl cuts its output file back to what it was, and /dev/null cannot
# be cut. So a 503 *with a body*
#   ends in exit code 23 after the first request, and nothing is retried; with an empty body, an ordinary
# file, or -f (which writes no
#   body of an error) it is.
# Why it matters to a gateway: this is the usual way for a deployment script to wait until a site is up.
# Behind a gateway whose error
#   pages have bodies it gives up at once and reports a write error, which nobody connects with a 503.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
cat >server.py <<'END'
import http.server

class Starting(http.server.BaseHTTPRequestHandler):
    asked = {}

    def do_GET(self):
        first = self.path not in self.asked
        self.asked[self.path] = self.asked.get(self.path, 0) + 1
        body = b"" if self.path.startswith("/empty") else b"starting\n"
        self.send_response(503 if first else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Starting)
print(server.server_port, flush=True)
server.serve_forever()
END
mkfifo port
python3 server.py >port &
server=$!
read -r port <port
root/usr/bin/curl --version | sed -n 1p
seen=()
ask() { # what is shown, a path that nobody has asked for, further options
    local status code=0
    status=$(root/usr/bin/curl -sS --retry 3 --retry-delay 1 -w '%{http_code}' "${@:3}" \
        "http://127.0.0.1:$port$2" 2>err) || code=$?
    echo "$1: exit $code, last status ${status:-none}; $(tail -n 1 err)"
    seen+=("$code")
}
ask "a body, into /dev/null" /body/1 -o /dev/null
ask "a body, into a file" /body/2 -o out
ask "a body, into /dev/null, with -f" /body/3 -f -o /dev/null
ask "no body, into /dev/null" /empty/1 -o /dev/null
[[ "${seen[*]}" == "23 0 0 0" ]]
