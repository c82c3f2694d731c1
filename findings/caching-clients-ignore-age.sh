#!/usr/bin/env bash
# Guess: a client with a cache of its own takes Age into account (RFC 9111 §4.2.3): an answer with
# max-age=60 and Age: 100 is stale for it at once, one with Age: 59 a second later.
# What happens: CacheControl, requests-cache and hishel (with rfc=True) use either for another 60 seconds.
# CacheControl and hishel go by Date, and are right if the cache in between kept the origin's Date;
# requests-cache counts from the moment when it received the answer, whatever Date and Age say.
# Why it matters to a gateway: behind its cache such clients use an answer for up to twice the time that
# the origin allowed. A cache should keep the origin's Date, which mends it for some, and times that must
# hold are to be half as long, or no-cache with an ETag.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check cachecontrol==0.14.4 requests-cache==1.3.3 requests==2.34.2 \
    urllib3==2.8.0 'hishel[httpx]==2.0.0' httpx==0.28.1
cd "$work"
cat >probe.py <<'END'
import email.utils, http.server, importlib.metadata, sys, threading, time
import cachecontrol, hishel.httpx, requests, requests_cache

class Cache(http.server.BaseHTTPRequestHandler):  # Answers as a cache does; a path is /max-age/Age/seconds since Date.
    def do_GET(self):
        self.server.count += 1
        _, fresh, age, since = self.path.split("/")
        self.send_response_only(200)
        self.send_header("Cache-Control", f"max-age={fresh}")
        self.send_header("Age", age)
        self.send_header("Date", email.utils.formatdate(time.time() - int(since), usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cache)
threading.Thread(target=server.serve_forever, daemon=True).start()

def uses_it_again(get, path):
    server.count = 0
    for _ in range(2):
        get(f"http://127.0.0.1:{server.server_port}{path}")
    return server.count == 1

clients = {
    "CacheControl": cachecontrol.CacheControl(requests.Session()).get,
    "requests-cache": requests_cache.CachedSession(backend="memory", cache_control=True).get,
    "hishel": hishel.httpx.CacheClient(rfc=True).get,
}
CASES = {
    "/0/0/0": "max-age=0",
    "/60/0/0": "max-age=60, Age: 0, Date now",
    "/60/100/0": "max-age=60, Age: 100, Date now",
    "/60/100/100": "max-age=60, Age: 100, Date 100 s ago",
}
seen = []
for name, get in clients.items():
    seen.append([uses_it_again(get, path) for path in CASES])
    told = "; ".join(f"{case}: {'used again' if used else 'asked anew'}" for case, used in zip(CASES.values(), seen[-1]))
    print(f"{name} {importlib.metadata.version(name)}: {told}")
sys.exit(seen != [[False, True, True, False], [False, True, True, True], [False, True, True, False]])
END
venv/bin/python probe.py
