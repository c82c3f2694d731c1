#!/usr/bin/env bash
# Guess: curl --http1.0 changes the request line: whoever serves HTTP/1.1 over TLS answers it, since every server of
# 1.1 takes 1.0.
# What happens: curl then offers http/1.0 as the only protocol by ALPN. A server that knows h2 and http/1.1 and does
# as RFC 7301 §3.2 says ends the handshake with no_application_protocol: Caddy does. nginx, which knows the name,
# answers, as do HAProxy and hypercorn, which go on without a protocol. With --no-alpn all serve the request.
# Why it matters to a gateway: health checks and old scripts use --http1.0, and die of a TLS error (exit code 35)
# with nothing in the access log. Where http/1.1 is chosen by ALPN http/1.0 should be, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    nginx=1.22.1-9+deb12u11 haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 libopentracing1=1.6.0-4 caddy=2.6.2-5
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check hypercorn==0.18.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out crt.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
cat key.pem crt.pem >both.pem
cat >app.py <<'END_OF_APP'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
END_OF_APP
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, os, signal, socket, subprocess, sys, time

work = os.getcwd()

def write(name, text):
    with open(name, "w") as file:
        file.write(text)

def nginx(port):
    places = " ".join(f"{kind}_temp_path {work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    write("nginx.conf", f"""daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log; events {{}}
http {{ access_log off; {places}
server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {work}/crt.pem; ssl_certificate_key {work}/key.pem; return 200; }} }}
""")
    return ["root/usr/sbin/nginx", "-e", work + "/nginx.log", "-c", work + "/nginx.conf"]

def haproxy(port):
    write("haproxy.cfg", f"""defaults
  mode http
  timeout client 5s
frontend main
  bind 127.0.0.1:{port} ssl crt both.pem alpn h2,http/1.1
  http-request return status 200
""")
    return ["root/usr/sbin/haproxy", "-f", "haproxy.cfg"]

def caddy(port):
    write("Caddyfile", f"""{{
  admin off
  auto_https off
}}
https://localhost:{port} {{
  tls crt.pem key.pem
  respond ok
}}
""")
    return ["root/usr/bin/caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"]

def hypercorn(port):
    return ["venv/bin/hypercorn", "app:app", "--bind", f"127.0.0.1:{port}", "--certfile", "crt.pem", "--keyfile", "key.pem"]

def ask(port, *options):
    return subprocess.run(
        ["root/usr/bin/curl", "-s", "--cacert", "crt.pem", "--noproxy", "*", "-o", "answer", "-w", "%{http_code}", *options,
         f"https://localhost:{port}/"], capture_output=True, text=True)

def seen(start):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = {**os.environ, "HOME": work, "XDG_DATA_HOME": work, "XDG_CONFIG_HOME": work}
    # hypercorn's workers do not end with it.
    server = subprocess.Popen(start(port), env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
    try:
        for _ in range(300):
            if ask(port, "--http1.1").stdout == "200":
                break
            time.sleep(0.1)
        else:
            raise SystemExit(start.__name__ + " does not come up")
        return [ask(port, "--http1.0", *options) for options in ((), ("--no-alpn",))]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

print(subprocess.run(["root/usr/bin/curl", "--version"], capture_output=True, text=True).stdout.split(" (")[0])
right = True
for start, version, expected in ((nginx, "1.22.1", 0), (haproxy, "2.6.12", 0), (caddy, "2.6.2", 35),
                                 (hypercorn, importlib.metadata.version("hypercorn"), 0)):
    offered, without = seen(start)
    print(f"{start.__name__} {version}: --http1.0: exit code {offered.returncode}, status {offered.stdout}; "
          f"with --no-alpn: exit code {without.returncode}, status {without.stdout}")
    right = right and (offered.returncode, without.returncode) == (expected, 0)
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
