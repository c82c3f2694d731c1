#!/usr/bin/env bash
# Guess: a whole number below 2^53 survives a Redis script: Lua's numbers hold it, and redis.call stores it
# with all its digits.
# What happens: redis.call does, but Lua's own way to text (.. and tostring) keeps 14 digits. The time in
# microseconds has 16, so "now .. ':' .. n" says 1.7643888001235e+15 and every 100 microseconds have one
# name. A log of requests in a sorted set, with the time as member, counts requests of one such
# moment once.
# Why it matters to a gateway: this is how a sliding limit is written. Under load, when it matters, it
# lets more through than it says, and a test with pauses between requests never shows it. Use
# string.format("%d", …), or hand redis.call the number itself.
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
say() { # what is shown, the script of three requests, each 10 microseconds after the one before
    redis flushall >/dev/null
    redis eval "for now = 1764388800123410, 1764388800123430, 10 do $2 end" 1 log >/dev/null
    seen+=("$(redis zcard log)")
    echo "$1: three requests count ${seen[-1]}; the first is $(redis zrange log 0 0)"
}
say "member: now" "redis.call('zadd', KEYS[1], now, now)"
say "member: now .. ':a'" "redis.call('zadd', KEYS[1], now, now .. ':a')"
say "member: tostring(now)" "redis.call('zadd', KEYS[1], now, tostring(now))"
say "member: string.format('%d:a', now)" "redis.call('zadd', KEYS[1], now, string.format('%d:a', now))"
[[ "${seen[*]}" == "3 1 1 3" ]]
