#!/usr/bin/env bash
# Guess: "maxage 14" in logrotate's file means that no rotated log is older than 14 days: who has promised to delete visitors'
# addresses after two weeks writes this line, and logrotate, which runs each day, sees to it. And with dateext, which Fedora and
# openSUSE have from the start, a log that is due twice on one day is rotated twice, under two names.
# What happens: logrotate looks at the age only when it rotates the log. Where it does not, since the log is empty (notifempty) or
# smaller than "size" or "minsize" say, logs of 40 and 400 days stay; with -v it says "old logs are removed" even then. Only with
# ifempty, and no size, do they go on the day. With dateext the second rotation of a day fails: "destination … already exists,
# skipping rotation", exit code 1, and the log grows until the next day, whatever its size; "dateformat -%Y%m%d-%s" mends that.
# Why it matters to a gateway: each site that has a log of its own is such a one when it has moved, is quiet, or logs to another
# file since a change of the configuration: its visitors' addresses stay for years, in the one file that nobody looks at. And a
# limit by size, run each hour as a guard against a full disk, guards once a day. Take ifempty without a size, or, for what must
# be gone, "find DIRECTORY -name '*.log[.-]*' -mtime +14 -delete" from a timer, which leaves the log itself alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download logrotate=3.21.0-1
dpkg-deb -x logrotate_*.deb root
rotate() { # FILE OF SETTINGS, OPTIONS
    root/usr/sbin/logrotate -s "${1%.conf}.state" "$@" 2>>said
}
root/usr/sbin/logrotate --version 2>&1 | sed -n 1p
seen=()
aged() { # NAME, BYTES IN THE LOG, LINES OF SETTINGS: what is left of two old logs, one run a day after the last rotation.
    mkdir -m 755 "$1"
    head -c "$2" /dev/zero | tr '\0' x >"$1/site.log"
    echo old >"$1/site.log.1"
    echo older >"$1/site.log.2"
    touch -d '40 days ago' "$1/site.log.1"
    touch -d '400 days ago' "$1/site.log.2"
    printf '%s\n' "\"$work/$1/site.log\" {" rotate\ 90 maxage\ 14 "${@:3}" '}' >"$1.conf"
    printf '%s\n' 'logrotate state -- version 2' "\"$work/$1/site.log\" $(date -d '2 days ago' +%Y-%-m-%-d-0:0:0)" >"$1.state"
    : >said
    rotate "$1.conf" -v
    left=$({ grep -lx 'old\|older' "$1"/* || true; } | wc -l)
    echo "$1: of logs of 40 and 400 days $left are left; $(grep -o 'old logs are removed' said || true)"
    seen+=("$left")
}
aged filled 500 daily notifempty
aged quiet 0 daily notifempty
aged small 500 size\ 1M
aged small-daily 500 daily minsize\ 1M
aged ifempty 0 daily ifempty
dated() { # NAME, LINES OF SETTINGS: how many of three rotations, for the size, are done.
    mkdir -m 755 "$1"
    printf '%s\n' "\"$work/$1/site.log\" {" rotate\ 90 size\ 100 dateext "${@:2}" '}' >"$1.conf"
    for run in 1 2 3; do
        head -c 500 /dev/zero >>"$1/site.log"
        : >said
        code=0
        rotate "$1.conf" || code=$?
        files=("$1"/site.log-*)
        echo "$1, run $run: exit $code, ${#files[@]} rotated; $(grep -o 'already exists, skipping rotation' said || true)"
        seen+=("$code${#files[@]}")
        # Seconds are in one of the names.
        now=$(date +%s)
        while [[ $(date +%s) == "$now" ]]; do sleep 0.1; done
    done
}
if [[ $(date +%H%M) == 2359 ]]; then sleep 61; fi # All on one day.
dated day
dated second 'dateformat -%Y%m%d-%s'
[[ "${seen[*]}" == "0 2 2 2 0 01 11 11 01 02 03" ]]
