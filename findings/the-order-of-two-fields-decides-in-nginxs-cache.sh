#!/usr/bin/env bash
# Guess: for how long a cache may keep an answer does not hang on the order of its lines: where Cache-Control has a max-age,
# Expires does not count (RFC 9111 §5.3), and two lines of Cache-Control are one list (RFC 9110 §5.3).
# What happens: to nginx 1.22, which Debian 12 has, an Expires of the past is the last word if it stands in front: "Expires: 0"
# and then "Cache-Control: max-age=60" is never stored, and in the other order it is, for a minute. And "max-age=0, s-maxage=60",
# for caches in front and not for browsers, is stored in one line, and in two of Cache-Control in neither order. Varnish and
# Apache store all of them.
# Why it matters to a gateway: an Expires of long ago is what PHP's sessions and many a middleware write before the application
# says anything, and a framework that gives its fields another order, or a field a second line, empties the cache without an
# error: the server works for each visitor, and curl -I shows a max-age that is right. Leave Expires out where there is a
# Cache-Control, and say that in one line; a gateway should read all lines before it decides.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work"
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 nginx=1.22.1-9+deb12u11 \
    varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, http.client, http.server, os, re, socket, subprocess, sys, threading, time

libraries = glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)
PAST = ("Expires", "Thu, 19 Nov 1981 08:52:00 GMT")
MINUTE, NEVER, SHARED = [("Cache-Control", value) for value in ("max-age=60", "max-age=0", "s-maxage=60")]
ANSWERS = {
    "/a": [MINUTE, PAST],
    "/b": [PAST, MINUTE],
    "/c": [MINUTE, ("Expires", "0")],
    "/d": [("Expires", "0"), MINUTE],
    "/e": [("Cache-Control", "max-age=0, s-maxage=60")],
    "/f": [NEVER, SHARED],
    "/g": [SHARED, NEVER],
}
EXPECTED = {"nginx": [True, False, True, False, True, False, False], "Varnish": [True] * 7, "Apache": [True] * 7}

class Server(http.server.BaseHTTPRequestHandler):  # Each answer has another number.
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        Server.asked += 1
        body = b"%d" % Server.asked
        self.send_response(200)
        for field in ANSWERS[self.path]:
            self.send_header(*field)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
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
            yield get(port, path) == get(port, path)
    finally:
        proxy.terminate()
        proxy.wait()
        origin.shutdown()

def version(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)[0]

VERSIONS = {name: version(f"root/usr/sbin/{program}", option)
            for name, program, option in (("nginx", "nginx", "-v"), ("Varnish", "varnishd", "-V"), ("Apache", "apache2", "-v"))}
seen = {name: list(look(name, command)) for name, command in (("nginx", nginx), ("Varnish", varnish), ("Apache", apache))}
for name, outcome in seen.items():
    print(f"{name} {VERSIONS[name]}:")
    for fields, stored in zip(ANSWERS.values(), outcome):
        told = "stored" if stored else "not stored"
        print(f"  {' and then '.join(f'{field}: {value}' for field, value in fields)}: {told}")
sys.exit(seen != EXPECTED)
END_OF_PROBE
python3 probe.py
