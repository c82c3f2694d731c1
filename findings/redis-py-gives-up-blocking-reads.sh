#!/usr/bin/env bash
# Guess: redis-py's blpop(key, timeout=7) on an empty list returns None after seven seconds, as Redis
# answers it, and xread(block=7000) an empty list; there is no time limit for the socket unless one is set.
# What happens: version 8 has a limit of 5 s, and repeats what exceeds it. So a read that blocks for longer
# is sent anew on a new connection ten times more, and the caller gets TimeoutError after a minute, though
# Redis was well all the time. Below 5 s it is as guessed, and so it is in version 5.2 at any length.
# Why it matters to a gateway: chat relays, queues and streams of events behind it block for 30 s or for
# ever. After an update each idle one opens a connection every few seconds and fails once a minute, which
# looks like a fault of the network. Such clients have to be made with socket_timeout=None.
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
import sys, threading, time
import redis

def opened():
    return redis.Redis(unix_socket_path="redis.sock").info("stats")["total_connections_received"]

def outcome(read, into, place):
    began = time.monotonic()
    try:
        what = repr(read(redis.Redis(unix_socket_path="redis.sock")))
    except redis.exceptions.TimeoutError:
        what = "TimeoutError"
    into[place] = (what, time.monotonic() - began)

READS = {
    "blpop(timeout=7)": lambda client: client.blpop("queue", timeout=7),
    "xread(block=7000)": lambda client: client.xread({"stream": "$"}, block=7000),
    "blpop(timeout=3)": lambda client: client.blpop("queue", timeout=3),
}
seen, before = {}, opened()
threads = [threading.Thread(target=outcome, args=(read, seen, name)) for name, read in READS.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
several = opened() - before > 2 * len(READS)
for name in READS:
    print(f"redis-py {redis.__version__}: {name}: {seen[name][0]} after {seen[name][1]:.0f} s")
print(f"redis-py {redis.__version__}: {'many' if several else 'few'} connections")
what = [seen[name][0] for name in READS]
if sys.argv[1] == "gives up":
    sys.exit((what, several) != (["TimeoutError", "TimeoutError", "None"], True))
sys.exit((what, several) != (["None", "[]", "None"], False))
END
PYTHONPATH=older venv/bin/python probe.py "waits"
venv/bin/python probe.py "gives up"
