#!/usr/bin/env bash
# Guess: pip, which can tell 404 from 429 and tries again after Retry-After, says at the end why it has not got a package's page:
# "429 Too Many Requests", or that the index is not to be reached.
# What happens: it says "Could not find a version that satisfies the requirement … (from versions: none)" and "No matching
# distribution found" for 403, 429, 502 and 503, word for word as for a package that does not exist. The status is not in what -v
# adds, either. uv names it for each of these.
# Why it matters to a gateway: a limit of requests, a pool without servers or a lost login in front of a package mirror is
# reported as "the package has vanished", in builds, where nobody looks at the gateway; with a second index in --extra-index-url
# the build goes on and takes the package of that name from there. Give the addresses of builds a limit of their own, look into
# the access log for 429 at the time of the build, and let builds install by hashes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile pip==26.3 uv==0.13.9
cat >probe.py <<'END_OF_PROBE'
import http.server, os, subprocess, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):  # /429/… is 429.
    def do_GET(self):
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
own["PIP_CONFIG_FILE"] = os.devnull
PIP = ["venv/bin/pip", "--isolated", "--disable-pip-version-check", "--no-input", "--retries", "1", "download", "--no-deps"]
CLIENTS = {
    "pip": PIP, "pip -v": [*PIP, "-v"],
    "uv": ["venv/bin/uv", "--no-config", "--no-cache", "pip", "install", "--dry-run", "--python", "venv/bin/python"],
}

def said(client, status):  # What it says of a package whose page has this status.
    url = f"http://127.0.0.1:{server.server_port}/{status}/simple"
    command = [*CLIENTS[client], "--index-url", url, "some-package"]
    done = subprocess.run(command, env=own | {"UV_HTTP_RETRIES": "0"}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode
    return (done.stdout + done.stderr).replace(url, "URL")

for name in ("pip", "uv"):
    print(subprocess.run([f"venv/bin/{name}", "--version"], capture_output=True, text=True).stdout.partition(" from ")[0].strip())
missing = said("pip", 404)
print("pip, 404:", *missing.splitlines()[-2:])
seen = {}
for status in (403, 429, 502, 503):
    texts = {name: said(name, status) for name in CLIENTS}
    seen[status] = (texts["pip"] == missing, *[str(status) in texts[name] for name in ("pip -v", "uv")])
    print(f"{status}: pip says", "the same as for 404" if seen[status][0] else "something else", end="; ")
    names = dict(zip(("pip -v", "uv"), seen[status][1:]))
    print(*[f"{name} {'names' if does else 'does not name'} the status" for name, does in names.items()], sep="; ")
sys.exit(seen != dict.fromkeys((403, 429, 502, 503), (True, False, True)))
END_OF_PROBE
venv/bin/python probe.py
