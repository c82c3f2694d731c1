#!/usr/bin/env bash
# Guess: a page's EventSource comes back by itself; that is what it is chosen for instead of a WebSocket. While the server
# restarts it asks again every few seconds, be it that nobody answers or that a gateway says 502 or 503, and waits as Retry-After
# says.
# What happens: Chromium comes back after a connection that is refused or broken, and never after an answer that is not a stream:
# 502, 503, 429, a page of HTML. The one request that meets it is the last; readyState is CLOSED, the page gets "error" as it does
# each time, and no line of its code runs again. HTML says so (9.2.3: "fail the connection"); 204 is the way to ask for it.
# Why it matters to a gateway: without one a restart of the application is unseen. Behind one it answers 502 for a second, and
# every page that is open stays silent until somebody reloads it. Take a server out of the pool before it stops, have two, or let
# the gateway wait and try again; and let pages make a new EventSource, after a pause, where readyState is 2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download chromium=156.0.8078.108-1~deb12u1 \
    chromium-common=156.0.8078.108-1~deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import http.server, json, os, subprocess, sys, threading

# What each stream's second request is answered. Every other one is a stream of one event, which ends.
SECOND = {"broken": None, "502": (502, {}), "503": (503, {"Retry-After": "1"}), "429": (429, {"Retry-After": "1"}),
          "HTML": (200, {"Content-Type": "text/html"})}
PAGE = """<!doctype html><title>page</title><script>
const names = %s, sources = {}, events = {}, begun = Date.now();
for (const name of names) {
    const source = sources[name] = new EventSource("/stream/" + name);
    source.onmessage = event => { events[name] = event.data; };
}
const timer = setInterval(() => {  // Tells once the broken one has come back, and has had time for more.
    if (events.broken < 8 && Date.now() - begun < 40000) return;
    clearInterval(timer);
    const states = {};
    for (const name of names) states[name] = sources[name].readyState;
    fetch("/report", { method: "POST", body: JSON.stringify(states) });
}, 200);
</script>"""
asked, states, report = {}, {}, threading.Event()

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, fields, body):
        self.send_response(status)
        for field in fields.items():
            self.send_header(*field)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        if not self.path.startswith("/stream/"):
            return self.answer(200, {"Content-Type": "text/html"}, (PAGE % list(SECOND)).encode())
        asked[name] = asked.get(name, 0) + 1
        if asked[name] != 2:
            event = f"retry: 500\ndata: {asked[name]}\n\n"
            return self.answer(200, {"Content-Type": "text/event-stream"}, event.encode())
        if SECOND[name] is None:
            self.close_connection = True
        else:
            self.answer(*SECOND[name], b"no")

    def do_POST(self):
        states.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(200, {}, b"")
        report.set()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["HOME"] = os.getcwd()
chromium = "root/usr/lib/chromium/chromium"
print(subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip())
with open("log", "w") as log:
    browser = subprocess.Popen([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=profile",
                                "--remote-debugging-port=0", f"http://127.0.0.1:{server.server_port}/"], stdout=log, stderr=log)
try:
    report.wait(90)
finally:
    browser.terminate()
    browser.wait()
seen = {name: ("comes back" if asked.get(name, 0) > 2 else f"{asked.get(name)} requests", states.get(name)) for name in SECOND}
for name, (times, state) in seen.items():
    print(f"stream, then {name}: {times}, readyState {state}")
expected = {name: ("2 requests", 2) for name in SECOND}
expected["broken"] = ("comes back", seen["broken"][1])
sys.exit(seen != expected)
END_OF_PROBE
python3 probe.py
