#!/usr/bin/env bash
# Guess: when a server breaks off in the middle of its answer, a proxy in front hands that on as a break: a length that is not
# reached, a last chunk that does not come. A proxy that buffers, or caches, keeps no half.
# What happens: Apache, HAProxy and Varnish do so. nginx, which asks its upstreams in HTTP/1.0 unless it is told otherwise, gets
# an answer without a length as one that the connection's end completes, sends it on in chunks with a proper last one, and its
# cache keeps it. Caddy 2.6 and lighttpd ask in HTTP/1.1, get chunks without the last one, and end well all the same, even
# after a reset. Where the answer has a Content-Length, all of them break off.
# Why it matters to a gateway: behind one of these, half an export or half a page is a whole one to every client, and for the time
# of max-age to all others. Write proxy_http_version 1.1 in nginx. Who answers a client of HTTP/1.0, and cannot finish, has
# to reset the connection and not to close it: nginx then breaks off, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11 \
    caddy=2.6.2-5 lighttpd=1.4.69-1 varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, os, pwd, socket, struct, subprocess, sys, threading, time

libraries = [path for path in glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")]
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)
here = os.getcwd()

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

NAMES = ("Apache", "HAProxy", "Varnish", "nginx", "nginx, 1.1", "nginx, cache", "Caddy", "lighttpd")
ports = {name: free() for name in NAMES}
site = free()
modules = "root/usr/lib/apache2/modules/mod_"
load = "\n".join(f"LoadModule {name}_module {modules}{name}.so" for name in ("mpm_event", "authz_core", "proxy", "proxy_http"))
user = pwd.getpwuid(os.getuid()).pw_name
FILES = {
    "apache.conf": f"""ServerRoot "{here}"
PidFile "{here}/apache.pid"
{load}
Listen 127.0.0.1:{ports["Apache"]}
ServerName localhost
ErrorLog "{here}/apache.log"
ProxyPass / http://127.0.0.1:{site}/
""",
    "haproxy.cfg": f"""defaults
 mode http
 timeout connect 5s
 timeout client 5s
 timeout server 5s
frontend all
 bind 127.0.0.1:{ports["HAProxy"]}
 default_backend site
backend site
 server site 127.0.0.1:{site}
""",
    "nginx.conf": f"""daemon off; pid nginx.pid; error_log nginx.log; user {user}; events {{}}
http {{ access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
 server {{ listen 127.0.0.1:{ports["nginx"]}; location / {{ proxy_pass http://127.0.0.1:{site}; }} }}
 server {{ listen 127.0.0.1:{ports["nginx, 1.1"]}; location / {{ proxy_pass http://127.0.0.1:{site}; proxy_http_version 1.1; }} }}
 proxy_cache_path {here}/cache keys_zone=pages:1m;
 server {{ listen 127.0.0.1:{ports["nginx, cache"]}; location / {{ proxy_pass http://127.0.0.1:{site}; proxy_cache pages; }} }} }}
""",
    "lighttpd.conf": f"""server.modules = ("mod_proxy")
server.document-root = "{here}"
server.bind = "127.0.0.1"
server.port = {ports["lighttpd"]}
server.errorlog = "{here}/lighttpd.log"
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {site})))
""",
    "Caddyfile": f"""{{
 admin off
 auto_https off
}}
http://127.0.0.1:{ports["Caddy"]} {{
 reverse_proxy 127.0.0.1:{site}
}}
""",
}
for name, text in FILES.items():
    with open(name, "w") as file:
        file.write(text)
os.environ["HOME"] = here
COMMANDS = {
    "Apache": ["root/usr/sbin/apache2", "-f", here + "/apache.conf", "-D", "FOREGROUND"],
    "nginx": ["root/usr/sbin/nginx", "-p", ".", "-c", "nginx.conf", "-e", "nginx.log"],
    "HAProxy": ["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"],
    "Caddy": ["root/usr/bin/caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"],
    "lighttpd": ["root/usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf", "-m", glob.glob("root/usr/lib/lighttpd")[0]],
    "Varnish": ["root/usr/sbin/varnishd", "-F", "-j", "none", "-n", here + "/varnish", "-b", f"127.0.0.1:{site}",
                "-s", "malloc,16m", "-a", f"127.0.0.1:{ports['Varnish']}"],
}

TEXT = b"hello " * 2000
HOW = ("length", "length-reset", "none", "none-reset")  # How long the answer says it is, and how it is cut.

def serve(connection):  # Half of an answer, in the way that the path says; framed as the version of the request allows.
    with connection, connection.makefile("rb") as stream:
        line = stream.readline().split()
        if not line:
            return
        while stream.readline() not in (b"\r\n", b""):
            pass
        how = line[1].decode().split("/")[1]
        asked.append(line[2].decode())
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=60\r\nConnection: close\r\n"
        if how.startswith("length"):
            body = b"Content-Length: %d\r\n\r\n" % len(TEXT)
            half = TEXT[:6000]
        elif line[2] == b"HTTP/1.1":
            body = b"Transfer-Encoding: chunked\r\n\r\n"
            half = b"%x\r\n%s\r\n" % (6000, TEXT[:6000])
        else:
            body = b"\r\n"
            half = TEXT[:6000]
        connection.sendall(head + body + half)
        if how.endswith("reset"):
            time.sleep(0.3)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

asked = []
listener = socket.create_server(("127.0.0.1", site))

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()

def ask(name, how):  # What curl says of an answer, and of the same once more.
    asked.clear()
    url = f"http://127.0.0.1:{ports[name]}/{how}/{NAMES.index(name)}"
    command = ["curl", "-s", "-o", "out", "-w", "%{http_code}", url]
    done = [subprocess.run(command, capture_output=True, text=True) for _ in range(2)]
    ends = ["half" if one.returncode == 0 and one.stdout == "200" else "break" for one in done]
    version[name] = asked[0]
    return ends[0] + (" (stored)" if len(asked) == 1 and ends[1] == "half" else "")

version = {}
log = open("log", "w")
processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in COMMANDS.values()]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {name: [ask(name, how) for how in HOW] for name in NAMES}
finally:
    for process in processes:
        process.terminate()
        process.wait()
for command, option in (("apache2", "-v"), ("haproxy", "-v"), ("varnishd", "-V"), ("nginx", "-v"), ("lighttpd", "-v")):
    told = subprocess.run(["root/usr/sbin/" + command, option], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
print("Caddy", subprocess.run(["root/usr/bin/caddy", "version"], capture_output=True, text=True).stdout.strip())
for name in NAMES:
    print(f"{name} asks in {version[name]}:", ", ".join(f"{how}: {end}" for how, end in zip(HOW, seen[name])))
expected = {name: ["break"] * 4 for name in NAMES}
expected["nginx"][2], expected["nginx, cache"][2] = "half", "half (stored)"
expected["Caddy"][2:] = expected["lighttpd"][2:] = ["half", "half"]
sys.exit(seen != expected)
END_OF_PROBE
python3 probe.py
