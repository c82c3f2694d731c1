#!/usr/bin/env bash
# Guess: a proxy that caches a page (Cache-Control: max-age=60) forgets it when it sees itself that somebody changes it: a cache
# MUST invalidate what it has for a URL after a good answer to PUT, POST, DELETE or another unsafe method there (RFC 9111 §4.4).
# What happens: HAProxy does. nginx and Varnish hand the method on, give its 204, and go on with the old page for as long as it is
# fresh, after a DELETE, too: who has just saved a page gets the one before at the next GET, and so does everybody else. Asked
# with Cache-Control: no-cache, as a browser asks at a reload, these two give the old page as well, and HAProxy gets it anew.
# Why it matters to a gateway: an application that was right behind HAProxy, or a gateway that forgets as the RFC has it, shows
# forms with old values behind nginx or Varnish, and its tests, without a cache, show nothing. Behind these two what is written
# through the same URL must not be stored (no-store, private), or be asked for anew each time (no-cache, with an ETag); Varnish
# can be taught to purge (VCL).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work"
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download nginx=1.22.1-9+deb12u11
dpkg-deb -x nginx_*.deb root
cat >probe.py <<'END_OF_PROBE'
import http.client, http.server, os, re, socket, subprocess, sys, threading, time

METHODS = ("PUT", "POST", "PATCH", "DELETE")
EXPECTED = {"nginx": ("old",) * 5, "Varnish": ("old",) * 5, "HAProxy": ("new",) * 5}
pages = {}

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        page = pages.get(self.path, "old").encode()
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=60")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pages[self.path] = "new"
        self.send_response(204)
        self.end_headers()

    do_POST = do_PATCH = do_DELETE = do_PUT

    def log_message(self, *_):
        pass

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def ask(port, method, path, fields={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, None if method == "GET" else b"new", fields)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()

def nginx(folder, port, origin):
    os.makedirs(f"{folder}/logs")
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"""daemon off; pid nginx.pid; error_log error.log; events {{}}
http {{
    access_log off; proxy_cache_path {folder}/cache keys_zone=zone:1m;
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_cache zone; proxy_pass http://127.0.0.1:{origin}; }} }}
}}
""")
    return ["root/usr/sbin/nginx", "-p", folder + "/", "-c", "nginx.conf"]

def haproxy(folder, port, origin):
    with open(f"{folder}/haproxy.cfg", "w") as file:
        file.write(f"""defaults
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
    return ["haproxy", "-f", f"{folder}/haproxy.cfg"]

def varnish(folder, port, origin):
    return ["varnishd", "-F", "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{origin}", "-n", f"{folder}/work", "-s", "malloc,16m"]

def look(name, command):
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    origin.daemon_threads = True
    origin.handle_error = lambda *_: None  # HAProxy resets connections that it does not need.
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    pages.clear()
    folder, port = os.path.abspath(name), free_port()
    os.makedirs(folder)
    with open(f"{folder}/log", "w") as log:
        proxy = subprocess.Popen(command(folder, port, origin.server_port), stdout=log, stderr=log)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert proxy.poll() is None, open(f"{folder}/log").read()
            time.sleep(0.1)
        for method in METHODS:
            path = "/" + method
            assert [ask(port, "GET", path) for _ in range(2)] == [(200, "old")] * 2
            assert ask(port, method, path)[0] == 204
            yield ask(port, "GET", path)[1]
        ask(port, "GET", "/reload")
        pages["/reload"] = "new"
        yield ask(port, "GET", "/reload", {"Cache-Control": "no-cache", "Pragma": "no-cache"})[1]
    finally:
        proxy.terminate()
        proxy.wait()
        origin.shutdown()

def version(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)[0]

VERSIONS = {"nginx": version("root/usr/sbin/nginx", "-v"), "HAProxy": version("haproxy", "-v"),
            "Varnish": version("varnishd", "-V")}
seen = {name: tuple(look(name, command)) for name, command in (("nginx", nginx), ("Varnish", varnish), ("HAProxy", haproxy))}
for name, outcome in seen.items():
    told = ", ".join(f"after {method} the {page} page" for method, page in zip(METHODS, outcome))
    print(f"{name} {VERSIONS[name]}: {told}; to a request with no-cache, when it was changed elsewhere, the {outcome[4]} one")
sys.exit(seen != EXPECTED)
END_OF_PROBE
python3 probe.py
