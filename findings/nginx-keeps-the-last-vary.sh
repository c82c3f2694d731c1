#!/usr/bin/env bash
# Guess: a cache takes two lines of Vary for one list (RFC 9110 §5.3), so that "Vary: Accept-Language" and
# "Vary: Accept-Encoding" in two lines keep languages and encodings apart as one line of both does.
# What happens: the cache of nginx 1.22, which Debian 12 has, goes by the last line alone: who asks for
# French gets the German page that is stored. In the other order it hands gzip to who did not ask for it.
# Why it matters to a gateway: two lines are what comes out where the application writes one and the layer
# that compresses, or that allows other origins, adds its own. It is better to add the name to the line
# that is there, or the cache in front mixes what the application kept apart.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download nginx=1.22.1-9+deb12u11
dpkg-deb -x ./nginx_*.deb root
root/usr/sbin/nginx -v 2>&1
cat >probe.py <<'END'
import http.client, http.server, os, socket, subprocess, sys, threading, time

LINES = {
    "/one": ["Accept-Language, Accept-Encoding"],
    "/encoding-last": ["Accept-Language", "Accept-Encoding"],
    "/language-last": ["Accept-Encoding", "Accept-Language"],
}

class Origin(http.server.BaseHTTPRequestHandler):  # Answers with the language and the encoding that it was asked for.
    def do_GET(self):
        body = f"{self.headers['Accept-Language']}/{self.headers['Accept-Encoding']}".encode()
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", str(len(body)))
        for value in LINES[self.path]:
            self.send_header("Vary", value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=origin.serve_forever, daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
work = os.getcwd()
temporary = "".join(f"{kind}_temp_path {work}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open("nginx.conf", "w") as file:
    file.write(f"""daemon off; master_process off; pid {work}/pid;
events {{ }}
http {{
  access_log off; {temporary}
  proxy_cache_path {work}/cache keys_zone=pages:1m;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{origin.server_port}; proxy_cache pages; }} }}
}}
""")

def ask(path, language, encoding):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.putheader("Accept-Language", language)
    connection.putheader("Accept-Encoding", encoding)
    connection.endheaders()
    return connection.getresponse().read().decode()

nginx = subprocess.Popen(["root/usr/sbin/nginx", "-c", f"{work}/nginx.conf", "-e", f"{work}/log"])
try:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    seen = {}
    for path, lines in LINES.items():
        seen[path] = [ask(path, language, encoding) for language in ("de", "fr") for encoding in ("gzip", "identity")]
        print(" and ".join(f"Vary: {value}" for value in lines) + ": de/gzip, de/identity, fr/gzip, fr/identity get", *seen[path])
finally:
    nginx.terminate()
    nginx.wait()
sys.exit(list(seen.values()) != [
    ["de/gzip", "de/identity", "fr/gzip", "fr/identity"],
    ["de/gzip", "de/identity", "de/gzip", "de/identity"],
    ["de/gzip", "de/gzip", "fr/gzip", "fr/gzip"],
])
END
python3 probe.py
