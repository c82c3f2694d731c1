#!/usr/bin/env bash
# Guess: TCP has no borders, so a receiver of the PROXY protocol reads on until the header is whole.
# What happens: HAProxy and nginx look at what the first read gives and end the connection if the header is
# not in it, in v1 as in v2. (The specification wants senders to send it at once, and lets receivers rely
# on it.) nginx says "broken header" in its log; HAProxy says nothing at its default.
# Why it matters to a gateway: it has to write the header in one piece, best together with the first bytes,
# and keep it in one segment: fields of a client's certificate in it (TLVs) can be longer than one. What
# is split only now and then, by a slow path, is refused only now and then.
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

V1 = b"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n"
ADDRESSES = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.9") + struct.pack("!HH", 4711, 443)
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(ADDRESSES)) + ADDRESSES
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
  server {{ listen 127.0.0.1:{nginx_port} proxy_protocol; location / {{ return 200 "$proxy_protocol_addr"; }} }}
}}
""")

def ask(port, *pieces):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        got = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.2)
            while data := connection.recv(65536):
                got += data
        except OSError:
            pass
        return got.rpartition(b"\r\n\r\n")[2].decode() or "refused"

quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
servers = [subprocess.Popen(["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"], **quiet),
           subprocess.Popen(["root/usr/sbin/nginx", "-c", f"{work}/nginx.conf", "-e", f"{work}/log"], **quiet)]
right = True
try:
    for name, port in (("HAProxy", haproxy_port), ("nginx", nginx_port)):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        for version, header in (("v1", V1), ("v2", V2)):
            seen = [ask(port, header + REQUEST), ask(port, header, REQUEST), ask(port, header[:20], header[20:] + REQUEST)]
            print(f"{name}, {version}: with the request {seen[0]}; before it {seen[1]}; in two pieces {seen[2]}")
            right = right and seen == ["192.0.2.1", "192.0.2.1", "refused"]
finally:
    for server in servers:
        server.terminate()
        server.wait()
sys.exit(not right)
END
python3 probe.py
