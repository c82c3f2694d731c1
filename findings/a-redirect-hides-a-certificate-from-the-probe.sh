#!/usr/bin/env bash
# Guess: probe_ssl_earliest_cert_expiry of Prometheus' blackbox exporter is the earliest end of all certificates that a probe has
# met: "earliest" is its name, and an alert below 14 days watches the address that is written in the target.
# What happens: it is that of the last connection alone. https://example.com, whose certificate ends in three days, leads to
# https://www.example.com, whose has a year, and the exporter says a year, with probe_success 1. With http:// in front and a
# redirect to https it is the same. Only with follow_redirects: false it sees the first one's.
# Why it matters to a gateway: to redirect the bare name, old names and other countries' to one site is what it is for. Each of
# them has a certificate of its own to renew, and the alert that should tell of it is green until browsers, which need the first
# certificate to be redirected at all, show an error. Probe such names with follow_redirects: false and valid_status_codes of the
# redirect, or watch what the gateway itself says of its certificates.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download prometheus-blackbox-exporter=0.23.0-4+b4
dpkg-deb -x ./prometheus-blackbox-exporter_*.deb root
for site in bare:3 www:300; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "${site%:*}.key" -out "${site%:*}.crt" \
        -days "${site#*:}" -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>>log
done
cat bare.crt www.crt >trusted.crt
cat >exporter.yml <<'END_OF_YAML'
modules:
  followed:
    prober: http
    http: { preferred_ip_protocol: ip4, tls_config: { ca_file: trusted.crt } }
  not_followed:
    prober: http
    http: { preferred_ip_protocol: ip4, tls_config: { ca_file: trusted.crt }, follow_redirects: false, valid_status_codes: [301] }
END_OF_YAML
cat >probe.py <<'END_OF_PROBE'
import http.server, re, socket, ssl, subprocess, sys, threading, time, urllib.parse, urllib.request

EXPORTER = "root/usr/bin/prometheus-blackbox-exporter"

def serve(name, to=None):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(301 if to else 200)
            if to:
                self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if name:
        settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        settings.load_cert_chain(name + ".crt", name + ".key")
        server.socket = settings.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http{'s' if name else ''}://localhost:{server.server_port}/"

www = serve("www")
bare = serve("bare", to=www)
plain = serve(None, to=bare)
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
with open("log", "a") as log:
    exporter = subprocess.Popen([EXPORTER, "--config.file", "exporter.yml", "--web.listen-address", f"127.0.0.1:{port}"],
                                stdout=log, stderr=log)

def days(module, target):  # What the probe says of success, and in how many days the earliest certificate ends.
    words = urllib.parse.urlencode({"module": module, "target": target})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/probe?{words}") as answer:
        page = answer.read().decode()
    expiry = float(re.search(r"^probe_ssl_earliest_cert_expiry (\S+)", page, re.M)[1])
    return int(re.search(r"^probe_success (\d)", page, re.M)[1]), round((expiry - time.time()) / 86400)

try:
    while True:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    print(subprocess.run([EXPORTER, "--version"], capture_output=True, text=True).stdout.partition("\n")[0])
    seen = [days("followed", bare), days("followed", plain), days("not_followed", bare), days("followed", www)]
finally:
    exporter.kill()
    exporter.wait()
for what, (success, left) in zip(("the bare name", "the bare name, by http", "the same, not followed", "www itself"), seen):
    print(f"{what}: probe_success {success}, the earliest certificate ends in {left} days")
sys.exit(seen != [(1, 300), (1, 300), (1, 3), (1, 300)])
END_OF_PROBE
python3 probe.py
