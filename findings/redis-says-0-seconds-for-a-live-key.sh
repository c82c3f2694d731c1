#!/usr/bin/env bash
# Guess: TTL rounds what is left of a key's life up, so that it is 0 for no key that is there: a client
# that waits for so many seconds finds the key gone.
# What happens: it rounds to the nearest second. A key that lives for another 400 ms has 0, and one with
# 1,400 ms has 1; who waits that long comes too early every second time.
# Why it matters to a gateway: rate limits count under a key that expires, and say its TTL in Retry-After.
# A client that obeys is refused again, and "Retry-After: 0" makes it ask at once, in a loop, for half a
# second. Take PTTL and round up.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download redis-server=5:7.0.15-1~deb12u10 redis-tools=5:7.0.15-1~deb12u10 \
    libjemalloc2=5.3.0-1 liblua5.1-0=5.1.5-9 liblzf1=3.6-3 lua-bitop=1.0.2-7 lua-cjson=2.1.0+dfsg-2.2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/redis-server --version | cut -d ' ' -f 1-3
root/usr/bin/redis-server --port 0 --unixsocket "$work/redis.sock" --save '' >/dev/null &
server=$!
trap 'kill "$server" || true; wait "$server" || true; rm -rf "$work"' EXIT
redis() { root/usr/bin/redis-cli -s "$work/redis.sock" "$@"; }
until [[ "$(redis ping 2>&1)" == PONG ]]; do kill -0 "$server"; done
seen=()
# In one transaction both commands see one time, however slow the machine is.
for left in 400 600 1400 1600; do
    commands=(MULTI "SET counter 100 PX $left" 'TTL counter' 'EXISTS counter' EXEC)
    read -r ttl there <<<"$(printf '%s\n' "${commands[@]}" | redis | tail -n 2 | tr '\n' ' ')"
    echo "$left ms left: TTL $ttl, EXISTS $there"
    seen+=("$ttl/$there")
done
[[ "${seen[*]}" == "0/1 1/1 1/1 2/1" ]]
