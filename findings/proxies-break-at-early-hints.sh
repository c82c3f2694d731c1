#!/usr/bin/env bash
# Guess: a proxy that gets 103 (Early Hints) from its server hands it on or drops it, and then the answer: "a proxy MUST forward
# 1xx responses" unless it has asked for them itself (RFC 9110 §15.2), and whoever knows no 103 takes it for a 100 and reads on.
# What happens: HAProxy, Apache, Caddy and lighttpd hand it on. Varnish 7.1 answers 503. To nginx 1.22 (proxy_http_version 1.1)
# the 103 is the answer, and the real one is its body: to a client of HTTP/2 that is an error of the protocol; one of HTTP/1.1
# gets the bytes as they came, and takes them for the answer by accident. With a connection that is kept to the server
# (keepalive) nothing comes at all until that closes, since the end of the 103's body is awaited.
# Why it matters to a gateway: who passes 103 on, as it should, is broken behind these two by a page that has hints (hypercorn,
# Puma and Node.js can send them, and by curl at the server itself all is well). Behind them hints have to be switched off at
# the application; nginx knows 103 from 1.29 on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11 \
    caddy=2.6.2-5 lighttpd=1.4.69-1 varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 curl=7.88.1-10+deb12u15 \
    libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, os, pwd, re, socket, subprocess, sys, threading, time

libraries = [path for path in glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")]
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)
here = os.getcwd()
os.environ["HOME"] = here

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

NAMES = ("Apache", "HAProxy", "Varnish", "nginx", "Caddy", "lighttpd", "nginx, HTTP/2", "nginx, keepalive")
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
 proxy_http_version 1.1;
 upstream kept {{ server 127.0.0.1:{site}; keepalive 4; }}
 server {{ listen 127.0.0.1:{ports["nginx"]}; location / {{ proxy_pass http://127.0.0.1:{site}; }} }}
 server {{ listen 127.0.0.1:{ports["nginx, HTTP/2"]} http2; location / {{ proxy_pass http://127.0.0.1:{site}; }} }}
 server {{ listen 127.0.0.1:{ports["nginx, keepalive"]};
  location / {{ proxy_pass http://kept; proxy_set_header Connection ""; }} }} }}
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
COMMANDS = (
    ["root/usr/sbin/apache2", "-f", here + "/apache.conf", "-D", "FOREGROUND"],
    ["root/usr/sbin/nginx", "-p", ".", "-c", "nginx.conf", "-e", "nginx.log"],
    ["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"],
    ["root/usr/bin/caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"],
    ["root/usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf", "-m", glob.glob("root/usr/lib/lighttpd")[0]],
    ["root/usr/sbin/varnishd", "-F", "-j", "none", "-n", here + "/varnish", "-b", f"127.0.0.1:{site}", "-s", "malloc,16m",
     "-a", f"127.0.0.1:{ports['Varnish']}"],
)

def serve(connection):  # A hint and then the page; it closes where it is asked to.
    with connection, connection.makefile("rb") as stream:
        while stream.readline():
            close = False
            while (line := stream.readline()) not in (b"\r\n", b""):
                close = close or re.fullmatch(rb"(?i)connection: *close\r\n", line)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
            time.sleep(0.2)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello")
            if close:
                return

listener = socket.create_server(("127.0.0.1", site))

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.excepthook = lambda _: None  # A proxy may reset its connection.
threading.Thread(target=accept, daemon=True).start()

def ask(port, name):
    words = ["--http2-prior-knowledge"] if "HTTP/2" in name else ["--http1.1"]
    url = f"http://{'localhost' if port == site else '127.0.0.1'}:{port}/"
    command = ["root/usr/bin/curl", "-s", "-i", "-m", "4", *words, url]
    done = subprocess.run(command, capture_output=True, text=True)
    statuses = re.findall(r"^HTTP/\S+ (\d+)", done.stdout, re.M)
    return "+".join(statuses) + (f", exit code {done.returncode}" if done.returncode else "")

log = open("log", "w")
processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in COMMANDS]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {"the server itself": ask(site, "")} | {name: ask(port, name) for name, port in ports.items()}
finally:
    for process in processes:
        process.terminate()
        process.wait()
for command, option in (("apache2", "-v"), ("haproxy", "-v"), ("varnishd", "-V"), ("nginx", "-v"), ("lighttpd", "-v")):
    told = subprocess.run(["root/usr/sbin/" + command, option], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
print("Caddy", subprocess.run(["root/usr/bin/caddy", "version"], capture_output=True, text=True).stdout.strip())
for name, what in seen.items():
    print(f"{name}: {what}")
expected = dict.fromkeys(seen, "103+200") | {"Varnish": "503", "nginx, HTTP/2": "103, exit code 92",
                                            "nginx, keepalive": ", exit code 28"}
sys.exit(seen != expected)
END_OF_PROBE
python3 probe.py
