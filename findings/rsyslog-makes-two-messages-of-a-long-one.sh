#!/usr/bin/env bash
# Guess: with octet counting (RFC 6587 §3.4.1) a message has borders; a receiver that does not want so much of
# it takes the beginning and skips the rest, as rsyslog says itself: "truncating".
# What happens: rsyslog takes 8,096 bytes, and makes of the rest another message, and of what is left of
# that another, with the sender's address for a host and the program's name from wherever the cut fell. Of
# 18,104 bytes two are lost. discardTruncatedMsg="on" at the input makes it skip the rest; a larger
# maxMessageSize in global() makes it keep all.
# Why it matters to a gateway: an access log's lines hold what strangers send: paths, referrers and agents of
# some kilobytes. Behind the cut they stand as lines of their own that no program wrote, and the line in
# front is no JSON any more. Set both at the receiver, and a limit for long fields at the sender.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download rsyslog=8.2302.0-1+deb12u2 libestr0=0.1.11-1 libfastjson4=1.2304.0-1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu:$work/root/lib/$(uname -m)-linux-gnu"
root/usr/sbin/rsyslogd -v | sed -n 1p
cat >probe.py <<'END'
import glob, json, os, socket, subprocess, sys, time

work = os.getcwd()
modules = glob.glob(f"{work}/root/usr/lib/*/rsyslog")[0]
LINE = json.dumps({"status": 200, "path": "/" + "p" * 10_000, "agent": "a" * 8_000})

def framed(message):
    message = f"<134>1 2026-01-01T00:00:00Z gw.example.test gateway 1 access - {message}"
    return f"{len(message)} {message}".encode()

def received(setting, option):  # The host, the program and the length of each message up to the one that is sent last.
    for name in ("out", "pid"):
        if os.path.exists(name):
            os.unlink(name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("rsyslog.conf", "w") as file:
        file.write(f"""global(workDirectory="{work}" net.enableDNS="off" {setting})
module(load="imtcp")
template(name="line" type="string" string="%HOSTNAME% %APP-NAME%|%rawmsg%\\n")
input(type="imtcp" address="127.0.0.1" port="{port}" {option})
action(type="omfile" file="{work}/out" template="line")
""")
    line = ["root/usr/sbin/rsyslogd", "-n", "-M", modules, "-f", f"{work}/rsyslog.conf", "-i", f"{work}/pid"]
    daemon = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", port)) as peer:
                    peer.sendall(framed(LINE) + framed("the end"))
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        lines = []
        for _ in range(300):
            if os.path.exists("out"):
                with open("out") as file:
                    lines = file.read().splitlines()
                if lines and lines[-1].endswith("the end"):
                    break
            time.sleep(0.1)
    finally:
        daemon.terminate()
        daemon.wait()
    gateway = [line.split("|", 1) for line in lines if "rsyslogd" not in line.split("|")[0]]
    return [(source.split()[0], source.split()[1][:8], len(message)) for source, message in gateway[:-1]]

whole = len(framed(LINE).split(b" ", 1)[1])
cases = [
    ("its default", "", "", [
        ("gw.example.test", "gateway", 8096), ("127.0.0.1", "pppppppp", 8096), ("127.0.0.1", "aaaaaaaa", 1910)]),
    ("discardTruncatedMsg", "", 'discardTruncatedMsg="on"', [("gw.example.test", "gateway", 8096)]),
    ("maxMessageSize of 64k", 'maxMessageSize="64k"', "", [("gw.example.test", "gateway", whole)]),
]
right = True
for name, setting, option, expected in cases:
    seen = received(setting, option)
    told = "; ".join(f"{size} bytes of {host} {program}" for host, program, size in seen)
    print(f"{whole} bytes as one message, {name}: {told}")
    right = right and seen == expected
sys.exit(not right)
END
python3 probe.py
