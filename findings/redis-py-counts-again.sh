#!/usr/bin/env bash
# Guess: redis-py sends a command again only if it cannot have been carried out; INCR is not safe to
# repeat, and so a lost answer is an error for the caller.
# What happens: version 8 repeats every command up to three times on a new connection, without being
# asked. When the answer to INCR is lost the counter grows once for each try, and the caller gets the last
# value and no error. Version 5.2 raises ConnectionError.
# Why it matters to a gateway: one that carries Redis as TCP and closes connections, at a reload or over
# its limit for idleness, turns one request into up to four. Limits are reached too early, and things are
# taken twice from a queue. Drain such connections; or use Redis(retry=None) and decide for each command.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --target "$work/older" redis==5.2.1
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download redis-server=5:7.0.15-1~deb12u10 redis-tools=5:7.0.15-1~deb12u10 \
    libjemalloc2=5.3.0-1 liblua5.1-0=5.1.5-9 liblzf1=3.6-3 lua-bitop=1.0.2-7 lua-cjson=2.1.0+dfsg-2.2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/redis-server --version | cut -d ' ' -f 1-3
root/usr/bin/redis-server --port 0 --unixsocket "$work/redis.sock" --save '' >/dev/null &
server=$!
trap 'kill "$server" || true; wait "$server" || true; rm -rf "$work"' EXIT
until [[ -S redis.sock ]]; do kill -0 "$server"; done
cat >probe.py <<'END'
import socket, sys, threading
import redis

SOCKET = "redis.sock"

def carry(peer, losses):
    with peer, socket.socket(socket.AF_UNIX) as server:
        server.connect(SOCKET)
        while data := peer.recv(65536):
            server.sendall(data)
            answer = server.recv(65536)
            if b"INCR" in data and losses:  # It has been carried out; the line breaks before the answer is through.
                losses.pop()
                return
            peer.sendall(answer)

def accept(listener, losses):
    while True:
        threading.Thread(target=carry, args=(listener.accept()[0], losses), daemon=True).start()

def count(lost, **options):
    listener, losses = socket.create_server(("127.0.0.1", 0)), [None] * lost
    threading.Thread(target=accept, args=(listener, losses), daemon=True).start()
    direct = redis.Redis(unix_socket_path=SOCKET)
    direct.set("requests", 0)
    client = redis.Redis(port=listener.getsockname()[1], **options)
    try:
        outcome = client.incr("requests")
    except redis.ConnectionError:
        outcome = "ConnectionError"
    return outcome, int(direct.get("requests"))

seen = []
for lost, options in ((0, {}), (1, {}), (3, {}), (1, {"retry": None})):
    outcome, value = count(lost, **options)
    told = ", retry=None" if options else ""
    print(f"redis-py {redis.__version__}{told}, {lost} answer(s) lost: one incr() gives {outcome}, the counter is {value}")
    seen.append((outcome, value))
older = [(1, 1)] + [("ConnectionError", 1)] * 3
sys.exit(seen != (older if redis.__version__ == "5.2.1" else [(1, 1), (2, 2), (4, 4), ("ConnectionError", 1)]))
END
venv/bin/python probe.py
PYTHONPATH="$work/older" venv/bin/python probe.py
