#!/usr/bin/env bash
# Guess: when the connection of a subscription breaks, redis-py's listen() and get_message() raise
# ConnectionError, so that the subscriber knows that messages are missing.
# What happens: so it does in version 5.2. Version 8 connects again by itself, subscribes anew and goes on.
# What was published meanwhile is gone, and nothing tells so: get_message() says None, as if nothing had
# been sent. Only a subscriber that does not leave out the answers to its subscriptions gets a sign, a
# second "subscribe". redis.asyncio does the same.
# Why it matters to a gateway: chat relays behind it are joined by such channels. At each restart or
# failover of Redis some users miss messages while their WebSockets stay up. A relay has to take a second
# "subscribe" for a gap and tell its clients to load anew, or to use a stream, which can be read from an ID.
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
import asyncio, sys
import redis, redis.asyncio

publisher = redis.Redis(unix_socket_path="redis.sock")

def heard(message):
    return message and message["type"] + (f" {message['data'].decode()}" if message["type"] == "message" else "")

def cut():
    """Ends the subscriber's connection, as a restart of Redis would, and publishes what nobody hears."""
    publisher.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    publisher.publish("room", "two")

def blocking(quiet):
    subscriber = redis.Redis(unix_socket_path="redis.sock").pubsub(ignore_subscribe_messages=quiet)
    subscriber.subscribe("room")
    seen = [heard(subscriber.get_message(timeout=5))]
    cut()
    try:
        seen += [heard(subscriber.get_message(timeout=1)) for _ in range(2)]
    except redis.ConnectionError:
        return seen + ["ConnectionError"]
    publisher.publish("room", "three")
    return seen + [heard(subscriber.get_message(timeout=5))]

async def with_asyncio(quiet):
    subscriber = redis.asyncio.Redis(unix_socket_path="redis.sock").pubsub(ignore_subscribe_messages=quiet)
    await subscriber.subscribe("room")
    seen = [heard(await subscriber.get_message(timeout=5))]
    cut()
    try:
        seen += [heard(await subscriber.get_message(timeout=1)) for _ in range(2)]
    except redis.ConnectionError:
        return seen + ["ConnectionError"]
    publisher.publish("room", "three")
    seen.append(heard(await subscriber.get_message(timeout=5)))
    await subscriber.aclose()
    return seen

answers = {"redis, ignore_subscribe_messages": blocking(True), "redis.asyncio, the same": asyncio.run(with_asyncio(True)),
           "redis, all messages": blocking(False)}
for name, seen in answers.items():
    print(f"{redis.__version__}: {name}: subscribed, cut, \"two\", looked twice, \"three\": {seen}")
hidden = [None, None, None, "message three"]
expected = {"hides": [hidden, hidden, ["subscribe", "subscribe", None, "message three"]],
            "tells": [[None, "ConnectionError"], [None, "ConnectionError"], ["subscribe", "ConnectionError"]]}
sys.exit(list(answers.values()) != expected[sys.argv[1]])
END
venv/bin/python probe.py hides
PYTHONPATH=older venv/bin/python probe.py tells
