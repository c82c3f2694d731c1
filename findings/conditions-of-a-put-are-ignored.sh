#!/usr/bin/env bash
# Guess: a server that takes PUT takes its conditions: with If-None-Match: * a file is made and none written over, and with
# If-Match or If-Unmodified-Since only what one has seen is replaced or deleted. A server that knows ETag or Last-Modified MUST
# evaluate them, and says 412 (RFC 9110 §13.1, §13.2); that is how two who edit one file do not lose each other's work.
# What happens: lighttpd does; WsgiDAV, too, but for If-Match: *, with which it makes a file that was not there. nginx
# (dav_methods) and rclone serve webdav give ETags for GET and look at no condition of PUT and DELETE: the file is written over
# or gone, with 201 or 204. nginx gives no ETag in its answer to the PUT either.
# Why it matters to a gateway: it hands the fields on, or asks such a server for its own uploads (a state, a lock file made by
# If-None-Match: *), and two machines both have the lock. The answer is the same as with a server that has looked. Try it once
# with a tag that cannot be right, and expect 412, before you rely on it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work"
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile wsgidav==4.4.0 cheroot==11.1.2
apt-get -qq -o APT::Sandbox::User="$(id -un)" download nginx=1.22.1-9+deb12u11 lighttpd=1.4.69-1 \
    lighttpd-mod-webdav=1.4.69-1 rclone=1.60.1+dfsg-2+b5
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

KEPT, DONE = "412, kept", "done"
CASES = {"PUT, If-None-Match: *": ("PUT", {"If-None-Match": "*"}),
         "PUT, If-Match: another": ("PUT", {"If-Match": '"another"'}),
         "PUT, If-Match: its own": ("PUT", {"If-Match": "its own"}),
         "PUT, If-Unmodified-Since: 2000": ("PUT", {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}),
         "DELETE, If-Match: another": ("DELETE", {"If-Match": '"another"'}),
         "PUT of what is not there, If-Match: *": ("PUT", {"If-Match": "*"})}
RIGHT = (KEPT, KEPT, DONE, KEPT, KEPT, KEPT)
EXPECTED = {"nginx 1.22.1": (DONE,) * 6, "rclone 1.60.1": (DONE,) * 6, "lighttpd 1.4.69": RIGHT,
            f"WsgiDAV {importlib.metadata.version('wsgidav')}": (*RIGHT[:5], DONE)}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def ask(port, method, path, body=None, fields={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()

def command(name, folder, port):
    if name.startswith("rclone"):
        return ["root/usr/bin/rclone", "serve", "webdav", "--addr", f"127.0.0.1:{port}", f"{folder}/files"]
    if name.startswith("WsgiDAV"):
        return ["venv/bin/wsgidav", "--host", "127.0.0.1", "--port", str(port), "--root", f"{folder}/files",
                "--auth", "anonymous", "--no-config", "-q"]
    text = f"""server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}/files"
server.modules = ("mod_webdav")
server.upload-dirs = ("{folder}")
webdav.activate = "enable"
mimetype.assign = (".txt" => "text/plain")
"""
    words = ["root/usr/sbin/lighttpd", "-D", "-f", f"{folder}/conf", "-m", "root/usr/lib/lighttpd"]
    if name.startswith("nginx"):
        os.makedirs(f"{folder}/logs")
        text = f"""daemon off; master_process off; pid nginx.pid; error_log error.log; events {{}}
http {{
    access_log off; client_body_temp_path {folder}/a;
    proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; dav_methods PUT DELETE; }}
}}
"""
        words = ["root/usr/sbin/nginx", "-p", folder + "/", "-c", "conf"]
    with open(f"{folder}/conf", "w") as file:
        file.write(text)
    return words

def look(name):
    folder, port = os.path.abspath(name.split()[0]), free_port()
    os.makedirs(f"{folder}/files")
    with open(f"{folder}/log", "w") as log:
        server = subprocess.Popen(command(name, folder, port), stdout=log, stderr=log, env=os.environ | {"HOME": folder})
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None, open(f"{folder}/log").read()
            time.sleep(0.1)
        for number, (what, (method, fields)) in enumerate(CASES.items()):
            path = f"/{number}.txt"
            if "not there" not in what:
                assert ask(port, "PUT", path, b"old")[0] == 201
                tag = ask(port, "GET", path)[1]["ETag"]
                fields = {field: tag if value == "its own" else value for field, value in fields.items()}
            before = ask(port, "GET", path)
            status = ask(port, method, path, b"new" if method == "PUT" else None, fields)[0]
            after = ask(port, "GET", path)
            changed = (before[0], before[2]) != (after[0], after[2])
            yield DONE if changed and status in (200, 201, 204) else f"{status}, {'changed' if changed else 'kept'}"
    finally:
        server.terminate()
        server.wait()

seen = {name: tuple(look(name)) for name in EXPECTED}
for name, outcome in seen.items():
    print(f"{name}: " + "; ".join(f"{what}: {got}" for what, got in zip(CASES, outcome)))
sys.exit(seen != EXPECTED)
END_OF_PROBE
venv/bin/python probe.py
