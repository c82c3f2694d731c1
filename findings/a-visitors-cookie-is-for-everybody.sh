#!/usr/bin/env bash
# Guess: a cache in front does not hand one visitor's session to the next: an answer with Set-Cookie is not stored, or is without
# its cookie, as in nginx and Varnish.
# What happens: HAProxy and Apache store it, cookie and all, and give each further visitor the first one's, also where he has sent
# a cookie of his own: RFC 9111 §7.3 says that Set-Cookie does not inhibit caching. Both do so for answers that say nothing about
# it but have a Last-Modified, too, and HAProxy where private="Set-Cookie" forbids to store just this field (§5.2.2.7). Apache
# heeds that, and no-cache="Set-Cookie" (§5.2.2.4), and leaves the cookie out; HAProxy does not store an answer with the latter.
# Why it matters to a gateway: an application that begins a session at the first page, and has that page cached for a minute, has
# worked behind nginx or Varnish for years. Behind another cache all who come in that minute are one user, and nothing is in any
# log. Let the application say "private" wherever it sets a cookie, and a gateway store no such answer, whatever it says.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work"
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11 \
    varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, http.client, http.server, os, re, socket, subprocess, sys, threading, time

libraries = glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)
ANSWERS = {
    "/a": {"Cache-Control": "max-age=60"},
    "/b": {"Last-Modified": "Thu, 01 Jan 2015 00:00:00 GMT"},
    "/c": {"Cache-Control": 'max-age=60, private="Set-Cookie"'},
    "/d": {"Cache-Control": 'max-age=60, no-cache="Set-Cookie"'},
}
OWN = ["own"] * 4
EXPECTED = {"nginx": OWN, "Varnish": OWN, "HAProxy": ["the first one's"] * 3 + ["own"],
            "Apache": ["the first one's"] * 2 + ["none"] * 2}

class Server(http.server.BaseHTTPRequestHandler):  # Each request without a session gets one.
    protocol_version = "HTTP/1.1"
    visitors = 0

    def do_GET(self):
        Server.visitors += 1
        self.send_response(200)
        self.send_header("Set-Cookie", f"session={Server.visitors}")
        for field in ANSWERS[self.path].items():
            self.send_header(*field)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def cookie(port, path, fields={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read() == b"hello"
        return answer.headers.get("Set-Cookie")
    finally:
        connection.close()

def write(path, text):
    with open(path, "w") as file:
        file.write(text)

def nginx(folder, port, origin):
    os.mkdir(f"{folder}/logs")
    write(f"{folder}/nginx.conf", f"""daemon off; pid nginx.pid; error_log error.log; events {{}}
http {{
    access_log off; proxy_cache_path {folder}/cache keys_zone=zone:1m;
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_cache zone; proxy_pass http://127.0.0.1:{origin}; }} }}
}}
""")
    return ["root/usr/sbin/nginx", "-p", folder + "/", "-c", "nginx.conf"]

def haproxy(folder, port, origin):
    write(f"{folder}/haproxy.cfg", f"""defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 30s
cache pages
    total-max-size 4
    max-age 60
listen all
    bind 127.0.0.1:{port}
    http-request cache-use pages
    http-response cache-store pages
    server one 127.0.0.1:{origin}
""")
    return ["root/usr/sbin/haproxy", "-f", f"{folder}/haproxy.cfg"]

def varnish(folder, port, origin):
    return ["root/usr/sbin/varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{origin}",
            "-n", f"{folder}/work", "-s", "malloc,16m"]

def apache(folder, port, origin):
    os.mkdir(f"{folder}/cache")
    os.chmod(f"{folder}/cache", 0o777)  # Started by root it works as another user.
    modules = os.path.abspath("root/usr/lib/apache2/modules")
    loaded = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so"
                       for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"))
    user = "User nobody\nGroup nogroup\n" if os.getuid() == 0 else ""
    write(f"{folder}/apache.conf", f"""{loaded}
{user}ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
CacheRoot {folder}/cache
CacheEnable disk /
ProxyPass / http://127.0.0.1:{origin}/
""")
    return ["root/usr/sbin/apache2", "-f", f"{folder}/apache.conf", "-DFOREGROUND"]

def look(name, command):
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    origin.daemon_threads = True
    origin.handle_error = lambda *_: None  # HAProxy resets connections that it does not need.
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    folder, port = os.path.abspath(name), free_port()
    os.mkdir(folder)
    os.chmod(folder, 0o711)
    with open(f"{folder}/log", "w") as log:
        proxy = subprocess.Popen(command(folder, port, origin.server_port), stdout=log, stderr=log)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert proxy.poll() is None, open(f"{folder}/log").read()
            time.sleep(0.1)
        for path in ANSWERS:
            first = cookie(port, path)
            second, third = cookie(port, path, {"Cookie": "session=mine"}), cookie(port, path)
            assert first and (second == third) == (second in (first, None))
            yield "none" if second is None else "the first one's" if second == first else "own"
    finally:
        proxy.terminate()
        proxy.wait()
        origin.shutdown()

def version(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)[0]

VERSIONS = {"nginx": version("root/usr/sbin/nginx", "-v"), "HAProxy": version("root/usr/sbin/haproxy", "-v"),
            "Varnish": version("root/usr/sbin/varnishd", "-V"), "Apache": version("root/usr/sbin/apache2", "-v")}
seen = {name: list(look(name, command))
        for name, command in (("nginx", nginx), ("Varnish", varnish), ("HAProxy", haproxy), ("Apache", apache))}
for name, outcome in seen.items():
    print(f"{name} {VERSIONS[name]}, what cookie the second visitor is set:",
          "; ".join(f"{' '.join(f'{key}: {value}' for key, value in fields.items())}: {got}"
                    for fields, got in zip(ANSWERS.values(), outcome)))
sys.exit(seen != EXPECTED)
END_OF_PROBE
python3 probe.py
