#!/usr/bin/env bash
# Guess: a browser that has a file of the last deployment, and asks again after that was rolled back, gets
# the older file: its ETag differs, and where If-None-Match is sent If-Modified-Since does not count (RFC
# 9110 §13.1.3).
# What happens: bottle looks at the date all the same, and the older file has not been modified since: 304.
# So it is for the static files of Django, Pyramid and Sanic, which have no ETag: to them each file that is
# older than what the client has is unchanged. Starlette, Flask, falcon and aiohttp send the file.
# Why it matters to a gateway: its cache asks with both fields, too, and keeps what was rolled back for as
# long as the origin says 304. Who rolls back has to touch the files, or to purge caches, and browsers have
# no purge. A gateway that serves files itself has to compare times for equality, or by the ETag.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check bottle==0.13.4 django==5.2.19 pyramid==2.1 sanic==25.12.1 \
    starlette==1.10.0 uvicorn==0.54.0 flask==3.1.3 werkzeug==3.1.9 falcon==4.4.0 aiohttp==3.14.5 gunicorn==27.0.1
cd "$work"
mkdir files
cat >on_bottle.py <<'END'
import bottle

app = bottle.Bottle()
app.route("/<name>", callback=lambda name: bottle.static_file(name, root="files"))
END
cat >on_django.py <<'END'
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from django.views.static import serve

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="on_django", SECRET_KEY="of a probe", MIDDLEWARE=[])
urlpatterns = [path("<path:path>", serve, {"document_root": "files"})]
app = get_wsgi_application()
END
cat >on_pyramid.py <<'END'
import os
from pyramid.config import Configurator

config = Configurator()
config.add_static_view("/", os.path.abspath("files"))
app = config.make_wsgi_app()
END
cat >on_falcon.py <<'END'
import os, falcon

app = falcon.App()
app.add_static_route("/", os.path.abspath("files"))
END
cat >on_flask.py <<'END'
import flask

app = flask.Flask(__name__, static_folder="files", static_url_path="/")
END
cat >on_starlette.py <<'END'
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

app = Starlette(routes=[Mount("/", StaticFiles(directory="files"))])
END
cat >serve.py <<'END'
import sys

port = int(sys.argv[2])
if sys.argv[1] == "aiohttp":
    from aiohttp import web

    site = web.Application()
    site.router.add_static("/", "files")
    web.run_app(site, host="127.0.0.1", port=port)
elif sys.argv[1] == "sanic":
    import sanic

    site = sanic.Sanic("files")
    site.static("/", "files")
    site.run("127.0.0.1", port, single_process=True)
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def publish(text, day):
    with open("files/new", "w") as file:
        file.write(text)
    os.utime("files/new", (day * 86400, day * 86400))
    os.replace("files/new", "files/file.txt")

def ask(port, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/file.txt", headers={name: value for name, value in fields.items() if value})
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("ETag"), answer.getheader("Last-Modified")

def answers(line):
    """Whether there is an ETag, and the statuses for who has the newer file: the same, and the older one put back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    publish("the newer file", 20001)
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    server = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                _, tag, date = ask(port)
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        had = {"If-None-Match": tag, "If-Modified-Since": date}
        same = ask(port, **had)[0]
        publish("the older", 20000)
        return bool(tag), same, ask(port, **had)[0]
    finally:
        server.terminate()
        server.wait()

servers = [
    ("bottle", "gunicorn on_bottle:app --bind 127.0.0.1:PORT", (True, 304, 304)),
    ("django", "gunicorn on_django:app --bind 127.0.0.1:PORT", (False, 304, 304)),
    ("pyramid", "gunicorn on_pyramid:app --bind 127.0.0.1:PORT", (False, 304, 304)),
    ("sanic", "python serve.py sanic PORT", (False, 304, 304)),
    ("starlette", "uvicorn on_starlette:app --port PORT", (True, 304, 200)),
    ("flask", "gunicorn on_flask:app --bind 127.0.0.1:PORT", (True, 304, 200)),
    ("falcon", "gunicorn on_falcon:app --bind 127.0.0.1:PORT", (True, 304, 200)),
    ("aiohttp", "python serve.py aiohttp PORT", (True, 304, 200)),
]
right = True
for name, line, expected in servers:
    tagged, same, rolled_back = seen = answers(line)
    version = importlib.metadata.version(name)
    print(f"{name} {version}: {'an' if tagged else 'no'} ETag; unchanged: {same}; an older file put back: {rolled_back}")
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
