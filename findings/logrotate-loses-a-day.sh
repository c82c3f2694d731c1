#!/usr/bin/env bash
# Guess: when a postrotate script fails, logrotate says so and goes on: the log has been renamed, it is
# compressed, old ones are removed.
# What happens: it skips the compression, and the next rotation renames FILE.1.gz, which is not there,
# and then FILE over FILE.1. So with
#   `compress`, as long as the script fails, each rotation destroys the log of the one before; with
# `rotate 7` one is left.
# Why it matters to a gateway: its postrotate sends a signal, and `pkill` or `kill $(cat pidfile)` exits
# 1 whenever the gateway is not
#   running. `|| true` behind it, in the page that users copy from, saves their logs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 .
apt-get -qq -o APT::Sandbox::User="$(id -un)" download logrotate=3.21.0-1
dpkg-deb -x ./logrotate_*.deb root
root/usr/sbin/logrotate --version 2>&1 | sed -n 1p
seen=()
rotate_five_days() { # the postrotate script
    local day
    rm -rf logs state && mkdir -m 755 logs
    printf '%s\n' "$work/logs/access.log {" daily 'rotate 7' compress postrotate "$1" endscript '}' >conf
    chmod 644 conf
    for day in 1 2 3 4 5; do
        echo "day $day" >logs/access.log
        root/usr/sbin/logrotate --force --state "$work/state" conf 2>err || true
    done
    echo "postrotate $1: $(cd logs && echo *); days kept: $(zcat -f logs/* | cut -d ' ' -f 2 | sort | tr '\n' ' '); $(cat err)"
    seen+=("$(zcat -f logs/* | wc -l)")
}
rotate_five_days false
rotate_five_days 'false || true'
[[ "${seen[*]}" == "1 5" ]]
