#!/usr/bin/env bash
# Guess: to install niquests beside requests changes nothing for programs that use requests.
# What happens: niquests brings urllib3-future, which writes its files over those of urllib3. From then on
# requests, whose own version stays the same, offers h2 by ALPN and speaks HTTP/2 where the server has it;
# before, it only ever spoke HTTP/1.1. pip check finds nothing wrong, and after niquests and urllib3-future
# are uninstalled requests cannot be imported.
# Why it matters to a gateway: clients change protocol from one day to the next though neither they nor the
# gateway did: other limits apply, and logs say HTTP/2 for "python-requests". Whoever tests HTTP/1.1 with
# requests should look at what the gateway logs, or switch h2 off in ALPN at a test listener.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip=("$work/venv/bin/pip" --disable-pip-version-check)
"${pip[@]}" install --quiet requests==2.34.2 urllib3==2.8.0 trustme==1.2.1
cat >"$work/probe.py" <<'END'
import socket, ssl, threading
import requests, trustme, urllib3

authority = trustme.CA()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
authority.issue_cert("127.0.0.1").configure_cert(context)
context.set_alpn_protocols(["h2", "http/1.1"])
listener, seen = socket.create_server(("127.0.0.1", 0)), []

def serve():
    with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
        seen.append(f"{peer.selected_alpn_protocol()}, first {peer.recv(14)!r}")

thread = threading.Thread(target=serve)
thread.start()
with authority.cert_pem.tempfile() as path:
    try:
        requests.get("https://127.0.0.1:%d/" % listener.getsockname()[1], verify=path, timeout=10)
    except requests.RequestException:
        pass  # The server only looks at the beginning.
thread.join()
print(f"requests {requests.__version__}, urllib3 {urllib3.__version__}: {seen[0]}")
END
before=$("$work/venv/bin/python" "$work/probe.py")
echo "$before"
"${pip[@]}" install --quiet niquests==3.21.2 urllib3-future==2.25.904
after=$("$work/venv/bin/python" "$work/probe.py")
echo "$after"
check=$("${pip[@]}" check)
echo "pip check: $check"
"${pip[@]}" uninstall --quiet --yes niquests urllib3-future
uninstalled=$({ "$work/venv/bin/python" "$work/probe.py" 2>&1 || true; } | tail -n 1)
echo "when they are uninstalled: $uninstalled"
[[ $before == *"http/1.1, first b'GET / HTTP/1.1"* && $after == *"h2, first b'PRI * HTTP/2.0"* ]]
[[ $check == "No broken requirements found." && $uninstalled == ModuleNotFoundError* ]]
