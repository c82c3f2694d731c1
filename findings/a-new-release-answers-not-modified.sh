#!/usr/bin/env bash
# Guess: a browser that has a file of the last release, and asks again after a new one was put in its place,
# gets the new one: other bytes have another ETag, or at least a later date.
# What happens: builds that come out the same each time give one date to all files, of every version: Nix
# and jib the first second of 1970, buildpacks one of 1980, npm one of 1985. nginx, Starlette, Flask,
# aiohttp, falcon and WhiteNoise make an ETag of date and length alone, so a release that differs in one
# digit of a version number has the tag of the one before: 304, and the browser keeps the old file. So it
# is for who asks by date alone, whatever the length.
# Why it matters to a gateway: it caches what such servers answer, and is told each time that nothing has
# changed. One that serves files itself has to know these dates for what they are. To add the inode to the
# tag is not enough: on ext4 the file that takes another's place has its inode, too, as the last line shows.
set -euo pipefail
work=$(mktemp -d)
chmod 711 "$work"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check starlette==1.10.0 uvicorn==0.54.0 flask==3.1.3 werkzeug==3.1.9 \
    falcon==4.4.0 aiohttp==3.14.5 gunicorn==27.0.1 whitenoise==6.12.0
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download nginx=1.22.1-9+deb12u11
dpkg-deb -x ./nginx_*.deb root
cat >on_flask.py <<'EOF'
import flask

app = flask.Flask(__name__, static_folder="files", static_url_path="/")
EOF
cat >on_falcon.py <<'EOF'
import os, falcon

app = falcon.App()
app.add_static_route("/", os.path.abspath("files"))
EOF
cat >on_starlette.py <<'EOF'
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

app = Starlette(routes=[Mount("/", StaticFiles(directory="files"))])
EOF
cat >on_whitenoise.py <<'EOF'
import whitenoise

def nothing(environ, start):
    start("404 Not Found", [])
    return []

app = whitenoise.WhiteNoise(nothing, root="files")
EOF
cat >on_aiohttp.py <<'EOF'
import sys
from aiohttp import web

site = web.Application()
site.router.add_static("/", "files")
web.run_app(site, host="127.0.0.1", port=int(sys.argv[1]))
EOF
cat >probe.py <<'EOF'
import http.client, importlib.metadata, os, shutil, socket, subprocess, sys, time

def release(version):
    """As `rm -r files; tar xf` does it."""
    shutil.rmtree("files", ignore_errors=True)
    os.mkdir("files")
    with open("files/file.txt", "w") as file:
        file.write(f"version {version}\n")
    os.utime("files/file.txt", (1, 1))

def ask(port, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/file.txt", headers={name.replace("_", "-"): value for name, value in fields.items() if value})
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("ETag"), answer.getheader("Last-Modified")

def first(port):
    for _ in range(300):
        try:
            return ask(port)
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit("no server")

def started(line, port):
    line = [word.replace("PORT", str(port)) for word in line.split()]
    return subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)

def answers(line):
    """The statuses after a new release, for who asks by the old one's tag, and by its date."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    work = os.getcwd()
    with open("nginx.conf", "w") as file:
        file.write(f"daemon off; pid {work}/pid; events {{}} http {{ access_log off; client_body_temp_path {work}/b;\n"
                   f"proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;\n"
                   f"server {{ listen 127.0.0.1:{port}; root {work}/files; }} }}\n")
    release("1.2.3")
    server = started(line, port)
    try:
        _, tag, date = first(port)
        release("1.2.4")
        if "whitenoise" in line:
            # It reads the directory when it starts, as it does at each deployment.
            server.terminate()
            server.wait()
            server = started(line, port)
            first(port)
        return ask(port, If_None_Match=tag)[0], ask(port, If_Modified_Since=date)[0]
    finally:
        server.terminate()
        server.wait()

servers = [
    ("nginx", "root/usr/sbin/nginx -c nginx.conf -e log -p .", (304, 304)),
    ("starlette", "venv/bin/uvicorn on_starlette:app --port PORT", (304, 304)),
    ("flask", "venv/bin/gunicorn on_flask:app --bind 127.0.0.1:PORT", (304, 304)),
    ("aiohttp", "venv/bin/python on_aiohttp.py PORT", (304, 304)),
    ("falcon", "venv/bin/gunicorn on_falcon:app --bind 127.0.0.1:PORT", (304, 304)),
    ("whitenoise", "venv/bin/gunicorn on_whitenoise:app --bind 127.0.0.1:PORT", (304, 304)),
]
right = True
for name, line, expected in servers:
    seen = answers(line)
    version = "1.22.1" if name == "nginx" else importlib.metadata.version(name)
    print(f"{name} {version}: a new release, by the old one's tag: {seen[0]}; by its date: {seen[1]}")
    right = right and seen == expected
same = 0
for version in range(20):
    before = os.stat("files/file.txt").st_ino
    release(version)
    same += os.stat("files/file.txt").st_ino == before
kind = subprocess.run(["stat", "-f", "-c", "%T", "."], capture_output=True, text=True).stdout.strip()
print(f"{kind}: of 20 releases {same} have the inode of the one before")
sys.exit(not right)
EOF
venv/bin/python probe.py
