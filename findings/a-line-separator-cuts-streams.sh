#!/usr/bin/env bash
# Guess: a line of a stream of events ends at LF, CR or CRLF (HTML, 9.2.6), and a line of JSON at LF. What is inside a
# text, such as U+2028 or U+0085, which JSON has unescaped, as JavaScript and many others write it, is a character.
# What happens: httpx's iter_lines, and that of requests with decode_unicode, split by str.splitlines, and so there as
# well. ollama's client, which reads so, raises JSONDecodeError in the middle of an answer. sseclient gives the piece in
# front as the whole data and drops the rest, without an error. httpx-sse, sseclient-py, aiohttp-sse-client, and the lines
# of aiohttp and of requests in bytes are right.
# Why it matters to a gateway: one answer of thousands, with a character copied out of a PDF or a chat, always breaks at
# the same place, and "the proxy cuts the stream" is what it looks like; curl through the same gateway shows it whole. Let
# servers escape what is not ASCII, and clients split bytes, or use a library that knows the format.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1 httpx-sse==0.4.3 requests==2.34.2 aiohttp==3.14.5 \
    aiohttp-sse-client==0.2.1 ollama==0.6.3
# Both are called sseclient.
venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target one sseclient==0.0.27 six
venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target other sseclient-py==1.9.0
cat >probe.py <<'END_OF_PROBE'
import asyncio, http.server, importlib.metadata, json, sys, threading
import aiohttp, aiohttp_sse_client.client, httpx, httpx_sse, ollama, requests

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(f"data: {LINE}\n\ndata: next\n\n" if self.path == "/events" else LINE + "\n")

    def do_POST(self):  # What ollama streams.
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(LINE + "\n" + json.dumps({"model": "m", "response": "", "done": True}) + "\n")

    def answer(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"text/{'event-stream' if self.path == '/events' else 'plain'}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"

def httpx_lines():
    with httpx.stream("GET", base + "/lines") as answer:
        return next(answer.iter_lines())

def requests_lines(**how):
    return next(requests.get(base + "/lines", stream=True).iter_lines(**how))

async def aiohttp_lines():
    async with aiohttp.ClientSession() as session, session.get(base + "/lines") as answer:
        return await answer.content.readline()

def ollama_lines():
    try:
        return next(part.response for part in ollama.Client(base).generate("m", "p", stream=True))
    except json.JSONDecodeError as error:
        return type(error).__name__

def httpx_events():
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", base + "/events") as source:
        return next(source.iter_sse()).data

async def aiohttp_events():
    async with aiohttp_sse_client.client.EventSource(base + "/events") as source:
        async for event in source:
            return event.data

def sseclient_events():
    sys.path.insert(0, "one")
    import sseclient
    return next(sseclient.SSEClient(base + "/events")).data

def sseclient_py_events():
    sys.path.insert(0, "other")
    import sseclient
    return next(sseclient.SSEClient(requests.get(base + "/events", stream=True)).events()).data

CLIENTS = {
    "httpx, iter_lines": (httpx_lines, False),
    "requests, iter_lines(decode_unicode=True)": (lambda: requests_lines(decode_unicode=True), False),
    "requests, iter_lines()": (requests_lines, True),
    "aiohttp, lines": (lambda: asyncio.run(aiohttp_lines()), True),
    "ollama": (ollama_lines, False),
    "sseclient": (sseclient_events, False),
    "sseclient-py": (sseclient_py_events, True),
    "httpx-sse": (httpx_events, True),
    "aiohttp-sse-client": (lambda: asyncio.run(aiohttp_events()), True),
}
for name in "httpx", "requests", "aiohttp", "httpx-sse", "aiohttp-sse-client", "ollama":
    print(name, importlib.metadata.version(name))
right = True
for character in "\u2028", "\u0085":
    text = f"before{character}after"
    LINE = json.dumps({"model": "m", "response": text, "done": False}, ensure_ascii=False)
    for name, (get, expected) in CLIENTS.items():
        seen = get()
        seen = seen.decode() if isinstance(seen, bytes) else seen
        whole = seen.strip() in (LINE, text)
        print(f"{name}, U+{ord(character):04X}: {'whole' if whole else seen}")
        right = right and whole == expected
        sys.modules.pop("sseclient", None)  # The other one has the same name.
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
