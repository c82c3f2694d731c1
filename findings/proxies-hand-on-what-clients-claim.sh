#!/usr/bin/env bash
# Guess: a reverse proxy that is told "this server" in one line lets no client speak of itself: X-Forwarded-For it continues,
# so that the last address is true, and X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP and Forwarded it writes anew or leaves
# out.
# What happens: nginx hands on all five as the client sent them. HAProxy ("option forwardfor"), Apache and Varnish write the
# address and hand on the rest; HAProxy in a line of its own behind the client's, and Apache adds its host to the client's
# claim with a comma. None of these four says what the scheme is. lighttpd and Caddy write scheme and host anew, and Caddy
# drops the client's X-Forwarded-For; Forwarded and X-Real-IP pass through both. So Forwarded passes through all six.
# Why it matters to a gateway: who names such a proxy as trusted, since it says the client's address right, believes any
# client's word for scheme and host, and whoever behind reads Forwarded first (Rack 3, falcon) for the address, too. It shows
# by no error, and curl sends none of these. Have the proxy in front write X-Forwarded-Proto and -Host, and take the other
# fields off by name, before it is trusted.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11 \
    caddy=2.6.2-5 lighttpd=1.4.69-1 varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END'
import glob, http.client, http.server, os, pwd, socket, subprocess, sys, threading, time

libraries = glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)
here = os.environ["HOME"] = os.getcwd()
NAMES = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded")
CLAIMS = dict(zip(NAMES, ("192.0.2.1", "https", "other.example", "192.0.2.1", "for=192.0.2.1")))

class Site(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):  # A proxy may reset its connection.
        pass

class Told(http.server.BaseHTTPRequestHandler):  # It answers with what it was told, a line of each field in brackets.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        told = "; ".join(f"{name} " + "".join(f"[{line}]" for line in self.headers.get_all(name, [])) for name in NAMES).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_):
        pass

server = Site(("127.0.0.1", 0), Told)
threading.Thread(target=server.serve_forever, daemon=True).start()
site = server.server_port

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

ports = {name: free() for name in ("nginx", "HAProxy", "Apache", "Varnish", "lighttpd", "Caddy")}
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
 option forwardfor
 default_backend site
backend site
 server site 127.0.0.1:{site}
""",
    "nginx.conf": f"""daemon off; pid nginx.pid; error_log nginx.log; user {user}; events {{}}
http {{ access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
 server {{ listen 127.0.0.1:{ports["nginx"]}; location / {{ proxy_pass http://127.0.0.1:{site}; }} }} }}
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
http://shop.example:{ports["Caddy"]} {{
 bind 127.0.0.1
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
    ["root/usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf", "-m", "root/usr/lib/lighttpd"],
    ["root/usr/sbin/varnishd", "-F", "-j", "none", "-n", here + "/varnish", "-b", f"127.0.0.1:{site}", "-s", "malloc,16m",
     "-a", f"127.0.0.1:{ports['Varnish']}"],
)

def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers={"Host": "shop.example", "Connection": "close", **CLAIMS})
    return connection.getresponse().read().decode()

log = open("log", "w")
processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in COMMANDS]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {name: ask(port) for name, port in ports.items()}
finally:
    for process in processes:
        process.terminate()
        process.wait()
for command, option in (("apache2", "-v"), ("haproxy", "-v"), ("varnishd", "-V"), ("nginx", "-v"), ("lighttpd", "-v")):
    told = subprocess.run(["root/usr/sbin/" + command, option], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
print("Caddy", subprocess.run(["root/usr/bin/caddy", "version"], capture_output=True, text=True).stdout.strip())
print("sent:", "; ".join(f"{name} [{value}]" for name, value in CLAIMS.items()))
for name, what in seen.items():
    print(f"{name}: {what}")

def told(client, proto="[https]", host="[other.example]"):
    return (f"X-Forwarded-For {client}; X-Forwarded-Proto {proto}; X-Forwarded-Host {host}; X-Real-IP [192.0.2.1]; "
            "Forwarded [for=192.0.2.1]")

LIST = "[192.0.2.1, 127.0.0.1]"
expected = {
    "nginx": told("[192.0.2.1]"),
    "HAProxy": told("[192.0.2.1][127.0.0.1]"),
    "Apache": told(LIST, host="[other.example, shop.example]"),
    "Varnish": told(LIST),
    "lighttpd": told(LIST, "[http]", "[shop.example]"),
    "Caddy": told("[127.0.0.1]", "[http]", "[shop.example]"),
}
sys.exit(seen != expected)
END
python3 probe.py
