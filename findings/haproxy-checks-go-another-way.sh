#!/usr/bin/env bash
# Guess: HAProxy's health check ("option httpchk", "check" on a server of TLS) goes the way of its requests: with the name
# of sni, and in the protocol that alpn has agreed on.
# What happens: it names nobody (check-sni is a word of its own), and it offers the server's alpn, agrees on h2 and then
# sends "GET / HTTP/1.0": every server that speaks HTTP/2 ends that, "Layer7 invalid response". So "alpn h2,http/1.1",
# added to a line that works, takes the server DOWN (503 to all clients), though requests over HTTP/2 would do well.
# "check-proto h2" is no help, the check times out. "check-alpn http/1.1" is, or "http-check connect ssl alpn h2 sni NAME".
# Why it matters to a gateway: behind HAProxy it looks dead, or is judged by its default site's answer and certificate, and
# where it demands names it looks dead again. Write check-sni, check-alpn and "http-check send hdr Host NAME" whenever sni
# and alpn are written: a name in TLS and none in the request is misdirected (421).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11
for package in ./*.deb; do dpkg-deb -x "$package" root; done
for name in default gateway; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.crt \
        -subj /CN=$name.example 2>log
done
cat >probe.py <<'END_OF_PROBE'
import os, socket, subprocess, sys, time

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

SERVERS = {  # What is written on a server's line of HAProxy, and what becomes of it.
    "no alpn": ("", "UP L7OK, default"),
    "alpn h2,http/1.1": ("alpn h2,http/1.1", "DOWN L7RSP, nobody"),
    "alpn h2,http/1.1 check-proto h2": ("alpn h2,http/1.1 check-proto h2", "DOWN L7TOUT, nobody"),
    "alpn h2,http/1.1 check-alpn http/1.1": ("alpn h2,http/1.1 check-alpn http/1.1", "UP L7OK, default"),
    "alpn h2,http/1.1 check-alpn http/1.1 check-sni": (
        "alpn h2,http/1.1 check-alpn http/1.1 check-sni gateway.example", "UP L7OK, gateway"),
    "alpn h2,http/1.1; http-check connect ssl alpn h2 sni, send": ("alpn h2,http/1.1", "UP L7OK, gateway"),
}
nginx_ports = [free() for _ in SERVERS]
with open("nginx.conf", "w") as file:
    file.write("daemon off; pid nginx.pid; error_log errors; events {}\nhttp {\n log_format name '$ssl_server_name';\n")
    for place, path in (("body", "client_body_temp_path"), ("a", "proxy_temp_path"), ("b", "fastcgi_temp_path"),
                        ("c", "uwsgi_temp_path"), ("d", "scgi_temp_path")):
        file.write(f" {path} {place};\n")
    for number, port in enumerate(nginx_ports):
        for name in "default", "gateway":
            file.write(f" server {{ listen 127.0.0.1:{port} ssl http2; server_name {name}.example; ssl_certificate {name}.crt;"
                       f" ssl_certificate_key {name}.key; access_log log{number} name; return 200; }}\n")
    file.write("}\n")
with open("haproxy.cfg", "w") as file:
    file.write("global\n stats socket unix@stats\ndefaults\n mode http\n option httpchk GET /\n timeout connect 5s\n"
               " timeout server 5s\n timeout check 500ms\n default-server inter 250ms ssl verify none sni str(gateway.example)\n")
    for number, (name, (line, _)) in enumerate(SERVERS.items()):
        file.write(f"backend b{number}\n")
        if "http-check" in name:
            file.write(" http-check connect ssl alpn h2 sni gateway.example\n"
                       " http-check send meth GET uri / ver HTTP/1.1 hdr Host gateway.example\n")
        file.write(f" server s 127.0.0.1:{nginx_ports[number]} {line} check\n")

def states():  # Of each server: UP or DOWN, and what the last check came to.
    with socket.socket(socket.AF_UNIX) as stats:
        stats.connect("stats")
        stats.sendall(b"show stat\n")
        text = stats.makefile().read()
    rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
    return [" ".join(row[rows[0].index(name)] for name in ("status", "check_status")) for row in rows[1:] if row[1] == "s"]

def named(number):  # Whom the checks that got through asked for: the certificate that they got.
    try:
        names = set(open(f"log{number}").read().splitlines())
    except FileNotFoundError:
        return "nobody"
    return "nobody" if not names else "gateway" if names == {"gateway.example"} else "default"

nginx = subprocess.Popen(["root/usr/sbin/nginx", "-p", ".", "-c", "nginx.conf", "-e", "errors"])
haproxy = subprocess.Popen(["root/usr/sbin/haproxy", "-f", "haproxy.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
expected = [result for _, result in SERVERS.values()]
seen = []
try:
    for _ in range(60):  # A server is taken for DOWN after three checks.
        time.sleep(0.5)
        if os.path.exists("stats"):
            seen = [f"{state}, {named(number)}" for number, state in enumerate(states())]
        if seen == expected:
            break
finally:
    for process in haproxy, nginx:
        process.terminate()
        process.wait()
for program, option in (("haproxy", "-v"), ("nginx", "-v")):
    told = subprocess.run([f"root/usr/sbin/{program}", option], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
for name, state in zip(SERVERS, seen):
    print(f"{name}: {state.split(', ')[0]}; the site that answered the check: {state.split(', ')[1]}")
sys.exit(seen != expected)
END_OF_PROBE
python3 probe.py
