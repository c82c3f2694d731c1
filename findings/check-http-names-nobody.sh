#!/usr/bin/env bash
# Guess: check_http -S, the check of HTTPS that Nagios and Icinga have, goes there as a browser or curl does: it names the host of
# -H in TLS (SNI), wants a certificate that is good for that name, and a page there. -C 30,10 checks the certificate.
# What happens: it names nobody unless --sni is written too, and so sees the default site's certificate. It never looks whether a
# certificate is signed by anybody, or is for this name: a self-signed one of another host is OK, and so it is for -C, which looks
# at the date alone. 302 is OK, wherever it leads; 404 and 429 are a warning.
# Why it matters to a gateway: with several sites at a port every check of -C watches one and the same certificate, and the others
# run out in green. A gateway that demands names (strict SNI) is down for the monitor alone, though it serves everybody. A wrong
# certificate, or a redirect to a page of errors, raises no alarm. Write --sni and -e 200 always, and leave name and chain to a
# check that verifies, such as curl's exit code or openssl verify.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download monitoring-plugins-basic=2.3.3-5+deb12u2
dpkg-deb -x ./monitoring-plugins-basic_*.deb root
for site in default:300 shop:3; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "${site%:*}.key" -out "${site%:*}.crt" \
        -days "${site#*:}" -subj "/CN=${site%:*}.example" -addext "subjectAltName=DNS:${site%:*}.example" 2>>log
done
cat >probe.py <<'END_OF_PROBE'
import http.server, ssl, subprocess, sys, threading

CHECK = "root/usr/lib/nagios/plugins/check_http"
named = []

class Handler(http.server.BaseHTTPRequestHandler):  # /404 is 404.
    def do_GET(self):
        self.send_response(int(self.path[1:] or 200))
        self.send_header("Location", "https://elsewhere.example/error")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

def settings(site):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(site + ".crt", site + ".key")
    return made

def choose(connection, name, _):
    named.append(name)
    if name == "shop.example":
        connection.context = shop

shop, default = settings("shop"), settings("default")
default.sni_callback = choose
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = default.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()

def check(*words):
    command = [CHECK, "-S", "-I", "127.0.0.1", "-p", str(server.server_port), *words]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout.partition("|")[0].strip()
    print("check_http -S", *words, f"names {named[-1] or 'nobody'}, exit code {done.returncode}: {said}")
    return named[-1], done.returncode

print(subprocess.run([CHECK, "--version"], capture_output=True, text=True).stdout.strip())
seen = [
    check("-H", "shop.example"),
    check("-H", "shop.example", "-C", "30,10"),  # The default site's, which has 300 days.
    check("-H", "shop.example", "--sni", "-C", "30,10"),  # It has three days: critical.
    check("-H", "other.example", "--sni"),  # Nobody's name in a self-signed certificate.
    check("-H", "other.example", "--sni", "-C", "30,10"),
    check("-H", "shop.example", "--sni", "-u", "/302"),
    check("-H", "shop.example", "--sni", "-u", "/404"),
    check("-H", "shop.example", "--sni", "-u", "/429"),
]
sys.exit(seen != [(None, 0), (None, 0), ("shop.example", 2), ("other.example", 0), ("other.example", 0), ("shop.example", 0),
                  ("shop.example", 1), ("shop.example", 1)])
END_OF_PROBE
python3 probe.py
