#!/usr/bin/env bash
# Guess: journalctl -o json gives what -o cat and -o export give, as JSON: each field whole, since nothing says otherwise.
# What happens: a field of 4,096 bytes and more, "MESSAGE=" counted, is null; the entry is there, with all its other fields, and
# the exit code is 0. -o cat, export, short and verbose give the same line whole, and so does -o json with --all, whose
# description speaks of unprintable characters first.
# Why it matters to a gateway: its access log holds what strangers send, and lines get long by paths, cookies and agents. What
# reads the journal as JSON, to ship or to count it, loses just those requests, which are the ones that somebody looks for after
# an attack or a 431, or stops at a null where it wants a text. Read with --all, and keep long fields out of the line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 \
    systemd-journal-remote=252.39-1~deb12u2 libmicrohttpd12=0.9.75-6
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, json, os, subprocess, sys

os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in glob.glob("root/**/*-linux-gnu*/", recursive=True)
                                         + glob.glob("root/**/*-linux-gnu/systemd/", recursive=True))
journalctl = glob.glob("root/**/bin/journalctl", recursive=True)[0]
remote = glob.glob("root/**/systemd-journal-remote", recursive=True)
remote = next(path for path in remote if os.path.isfile(path) and os.access(path, os.X_OK))
SIZES = [100, 4087, 4088, 9000]

def line(size):  # A line of an access log, in JSON, with a path that makes it so long.
    text = {"status": 200, "path": ""}
    text["path"] = "x" * (size - len(json.dumps(text)))
    return json.dumps(text)

with open("entries", "w") as file:
    for number, size in enumerate(SIZES):
        file.write(f"__REALTIME_TIMESTAMP={1764388800000000 + number}\n__MONOTONIC_TIMESTAMP={1000 + number}\n"
                   f"_BOOT_ID=0123456789abcdef0123456789abcdef\nPRIORITY=6\nMESSAGE={line(size)}\n\n")
subprocess.run([remote, "--output", os.path.abspath("all.journal"), "entries"], check=True, capture_output=True)

def read(*options):
    command = [journalctl, "--file", "all.journal", "--no-pager", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

def lengths(*options):
    messages = [json.loads(entry)["MESSAGE"] for entry in read("-o", "json", *options)]
    return [message if message is None else len(message) for message in messages]

print(subprocess.run([journalctl, "--version"], capture_output=True, text=True).stdout.splitlines()[0])
seen = {"cat": [len(text) for text in read("-o", "cat")], "json": lengths(), "json --all": lengths("--all")}
for name, sizes in seen.items():
    print(f"journalctl -o {name}: lines of", ", ".join(str(size) for size in SIZES), "bytes come as", *sizes)
sys.exit(seen != {"cat": SIZES, "json": [100, 4087, None, None], "json --all": SIZES})
END_OF_PROBE
python3 probe.py
