#!/usr/bin/env bash
# Guess: a GET with a body, as Elasticsearch's and OpenSearch's clients send their searches, goes through a proxy as it is, or
# is refused. And a cache keeps the answer to none, since it knows a request by method and URL (RFC 9111 §4) and the question
# is in the body, to which a GET gives no meaning (RFC 9110 §9.3.1).
# What happens: HAProxy, Apache, nginx and Caddy hand it on. Varnish takes the body off and asks without it, cache or not: 200,
# with whatever is the answer to no question. lighttpd answers 400. The caches of HAProxy, Apache and nginx keep the first
# search's answer and give it to the second, which asks something else, and to who asks nothing. To QUERY all six give each its
# own.
# Why it matters to a gateway: a search that finds everything, or what somebody else has looked for, at 200 and with no error
# anywhere; it is well without the cache, in tests, and for POST. What reads a body may not go by URL alone: no-store from the
# application, POST or QUERY from the clients, and a gateway's cache for requests without a body.
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
os.mkdir("stored")

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

class Search(http.server.BaseHTTPRequestHandler):  # It answers with the question.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = b"results for " + (self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"nothing")
        self.send_response(200)
        if self.path.startswith("/kept"):
            self.send_header("Cache-Control", "max-age=60")
        else:
            self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    do_QUERY = do_GET

    def log_message(self, *_):
        pass

class Site(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):  # A proxy may reset its connection.
        pass

server = Site(("127.0.0.1", 0), Search)
threading.Thread(target=server.serve_forever, daemon=True).start()
site = server.server_port
ports = {name: free() for name in ("HAProxy", "Apache", "nginx", "Caddy", "Varnish", "lighttpd")}
modules = "root/usr/lib/apache2/modules/mod_"
load = "\n".join(f"LoadModule {name}_module {modules}{name}.so"
                 for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"))
user = pwd.getpwuid(os.getuid()).pw_name
FILES = {
    "apache.conf": f"""ServerRoot "{here}"
PidFile "{here}/apache.pid"
{load}
Listen 127.0.0.1:{ports["Apache"]}
ServerName localhost
ErrorLog "{here}/apache.log"
CacheRoot "{here}/stored"
CacheEnable disk /
ProxyPass / http://127.0.0.1:{site}/
""",
    "haproxy.cfg": f"""cache pages
 total-max-size 4
 max-age 600
defaults
 mode http
 timeout connect 5s
 timeout client 5s
 timeout server 5s
frontend all
 bind 127.0.0.1:{ports["HAProxy"]}
 default_backend site
backend site
 http-request cache-use pages
 http-response cache-store pages
 server site 127.0.0.1:{site}
""",
    "nginx.conf": f"""daemon off; pid nginx.pid; error_log nginx.log; user {user}; events {{}}
http {{ access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
 proxy_cache_path {here}/pages keys_zone=pages:1m;
 server {{ listen 127.0.0.1:{ports["nginx"]}; location / {{ proxy_cache pages; proxy_pass http://127.0.0.1:{site}; }} }} }}
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
    ["root/usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf", "-m", "root/usr/lib/lighttpd"],
    ["root/usr/sbin/varnishd", "-F", "-j", "none", "-n", here + "/varnish", "-b", f"127.0.0.1:{site}", "-s", "malloc,16m",
     "-a", f"127.0.0.1:{ports['Varnish']}"],
)

def ask(port, method, path, question):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, question, {"Connection": "close"})
    answer = connection.getresponse()
    text = answer.read().decode()
    return text.removeprefix("results for ") if answer.status == 200 else str(answer.status)

def asked(port):
    steps = (("GET", "/one", b"red"), ("GET", "/kept", b"red"), ("GET", "/kept", b"blue"), ("GET", "/kept", None),
             ("QUERY", "/kept/too", b"red"), ("QUERY", "/kept/too", b"blue"))
    return " ".join(ask(port, *step) for step in steps)

log = open("log", "w")
processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in COMMANDS]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {name: asked(port) for name, port in ports.items()}
finally:
    for process in processes:
        process.terminate()
        process.wait()
for command, option in (("apache2", "-v"), ("haproxy", "-v"), ("varnishd", "-V"), ("nginx", "-v"), ("lighttpd", "-v")):
    told = subprocess.run(["root/usr/sbin/" + command, option], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
print("Caddy", subprocess.run(["root/usr/bin/caddy", "version"], capture_output=True, text=True).stdout.strip())
print("asked: GET red; of what is kept for a minute GET red, GET blue, GET without a question; QUERY red, QUERY blue")
for name, what in seen.items():
    print(f"{name}: {what}")
KEPT = "red red red red red blue"
expected = dict.fromkeys(("HAProxy", "Apache", "nginx"), KEPT) | {
    "Caddy": "red red blue nothing red blue", "Varnish": "nothing nothing nothing nothing red blue",
    "lighttpd": "400 400 400 nothing red blue"}
sys.exit(seen != expected)
END
python3 probe.py
