#!/usr/bin/env bash
# Guess: HAProxy, where the PROXY protocol comes from, takes every header that its specification allows,
# and nginx does, too.
# What happens: HAProxy refuses "PROXY UNKNOWN" as soon as addresses follow it, though a receiver must
# ignore all up to the end of the line, and in v2 the command PROXY for a connection of unspecified or
# UNIX family. nginx takes these and uses the real addresses, but refuses 2,000 bytes of TLVs, which
# HAProxy takes.
# Why it matters to a gateway: what it sends when it does not know the client (its own health checks, a
# UNIX socket as source) has to be "PROXY UNKNOWN" alone, or LOCAL in v2. And what fits one receiver's
# room is too long for the other: TLVs should be short.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 \
    libopentracing1=1.6.0-4 nginx=1.22.1-9+deb12u11
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/sbin/haproxy -v | sed -n 1p
root/usr/sbin/nginx -v
cat >probe.py <<'END'
import os, socket, struct, subprocess, sys, time

INET = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.9") + struct.pack("!HH", 4711, 443)
UNIX = b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0")

def v2(command, family, body):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20 | command, family]) + struct.pack("!H", len(body)) + body

def noop(size):  # A TLV that is to be skipped (PP2_TYPE_NOOP).
    return b"\x04" + struct.pack("!H", size) + bytes(size)

HEADERS = {
    "v1 TCP4": b"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n",
    "v1 UNKNOWN": b"PROXY UNKNOWN\r\n",
    "v1 UNKNOWN with addresses": b"PROXY UNKNOWN 192.0.2.1 192.0.2.9 4711 443\r\n",
    "v2 LOCAL": v2(0, 0, b""),
    "v2 PROXY, unspecified": v2(1, 0, b""),
    "v2 PROXY, UNIX": v2(1, 0x31, UNIX),
    "v2 PROXY, TCP4, 200 bytes of TLVs": v2(1, 0x11, INET + noop(200)),
    "v2 PROXY, TCP4, 2,000 bytes of TLVs": v2(1, 0x11, INET + noop(2000)),
}
REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

haproxy_port, nginx_port, work = free_port(), free_port(), os.getcwd()
with open("haproxy.cfg", "w") as file:
    file.write(f"""defaults
  mode http
  timeout client 5s
frontend main
  bind 127.0.0.1:{haproxy_port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]"
""")
places = " ".join(f"{kind}_temp_path {work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open("nginx.conf", "w") as file:
    file.write(f"""daemon off;
pid {work}/pid;
error_log {work}/log;
events {{}}
http {{
  access_log off;
  {places}
  server {{
    listen 127.0.0.1:{nginx_port} proxy_protocol;
    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;
    location / {{ return 200 "$remote_addr"; }}
  }}
}}
""")

def ask(port, header):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        got = b""
        try:
            connection.sendall(header + REQUEST)
            while data := connection.recv(65536):
                got += data
        except OSError:
            pass
        return got.rpartition(b"\r\n\r\n")[2].decode() or "refused"

quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
servers = [subprocess.Popen(["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"], **quiet),
           subprocess.Popen(["root/usr/sbin/nginx", "-c", f"{work}/nginx.conf", "-e", f"{work}/log"], **quiet)]
seen = []
try:
    for port in (haproxy_port, nginx_port):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        seen.append([ask(port, header) for header in HEADERS.values()])
finally:
    for server in servers:
        server.terminate()
        server.wait()
for name, haproxy, nginx in zip(HEADERS, *seen):
    print(f"{name}: HAProxy: client {haproxy}; nginx: client {nginx}")
told, real, no = "192.0.2.1", "127.0.0.1", "refused"
sys.exit(seen != [[told, real, no, real, no, no, told, told], [told, real, real, real, real, real, told, no]])
END
python3 probe.py
