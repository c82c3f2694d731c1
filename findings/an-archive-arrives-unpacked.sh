#!/usr/bin/env bash
# Guess: backup.tar.gz, handed out by a framework as a file to download, arrives as it is on the disk: its type is
# application/gzip, and nobody says Content-Encoding: gzip, which would mean a tar that was compressed for the way alone (RFC 9110
# §8.4).
# What happens: Flask and Litestar say application/x-tar with Content-Encoding: gzip, and a coding of "bzip2", which is not
# registered, for .bz2. requests, as whoever decodes gzip, takes it off: what is saved as backup.tar.gz is a tar, larger, and its
# checksum is another; curl without options keeps the file. Starlette says application/x-tar, and no coding, for the compressed
# bytes. Django's FileResponse, aiohttp, bottle and falcon do as guessed.
# Why it matters to a gateway: one that stores and forwards is right and gets the blame: "the proxy unpacks my archives", and for
# some clients alone. One that decodes where the client does not accept gzip, or compresses what is application/x-tar, changes
# bytes of a signed file. A download's answer should say application/gzip and no coding: set both in the application.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile flask==3.1.3 django==5.2.19 litestar==2.25.0 \
    starlette==1.10.0 falcon==4.4.0 bottle==0.13.4 aiohttp==3.14.5 uvicorn==0.54.0 requests==2.34.2
mkdir files
printf 'one\n' >one.txt
tar -cz -f files/backup.tar.gz one.txt
tar -cj -f files/backup.tar.bz2 one.txt
cat >app.py <<'END_OF_PYTHON'
import os, sys

FILES = os.path.abspath("files")

def flask():
    from flask import Flask, send_from_directory
    application = Flask("x")
    application.get("/<name>")(lambda name: send_from_directory(FILES, name))
    return application

def django():
    from django.conf import settings
    from django.urls import path
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
    import django
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.http import FileResponse
    global urlpatterns
    urlpatterns = [path("<name>", lambda request, name: FileResponse(open(os.path.join(FILES, name), "rb")))]
    return get_wsgi_application()

def falcon():
    import falcon
    application = falcon.App()
    application.add_static_route("/", FILES)
    return application

def bottle():
    import bottle
    application = bottle.Bottle()
    application.route("/<name>")(lambda name: bottle.static_file(name, FILES))
    return application

def starlette():
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles
    return Starlette(routes=[Mount("/", StaticFiles(directory=FILES))])

def litestar():
    from litestar import Litestar
    from litestar.static_files import create_static_files_router
    return Litestar([create_static_files_router("/", [FILES])])

def serve(name, port):
    if name in ("flask", "django", "falcon", "bottle"):
        from wsgiref.simple_server import make_server
        make_server("127.0.0.1", port, globals()[name]()).serve_forever()
    elif name in ("starlette", "litestar"):
        import uvicorn
        uvicorn.run(globals()[name](), port=port)
    else:
        from aiohttp import web
        application = web.Application()
        application.router.add_static("/", FILES)
        web.run_app(application, host="127.0.0.1", port=port)

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, socket, subprocess, sys, time
import requests

GUESSED = {"tar.gz": (("application/gzip", None), "whole")}
UNPACKED = {"tar.gz": (("application/x-tar", "gzip"), "unpacked"), "tar.bz2": (("application/x-tar", "bzip2"), "whole")}
EXPECTED = {"flask": UNPACKED, "django": GUESSED, "litestar": UNPACKED,
            "starlette": {"tar.gz": (("application/x-tar", None), "whole")}, "falcon": GUESSED, "bottle": GUESSED,
            "aiohttp": GUESSED}

def look(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "a") as log:
        server = subprocess.Popen(["venv/bin/python", "app.py", name, str(port)], stdout=log, stderr=log)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        seen = {}
        for ending in ("tar.gz", "tar.bz2"):
            answer = requests.get(f"http://127.0.0.1:{port}/backup.{ending}", timeout=30)
            with open("files/backup." + ending, "rb") as file:
                how = "whole" if answer.content == file.read() else "unpacked"
            seen[ending] = (answer.headers.get("Content-Type"), answer.headers.get("Content-Encoding")), how
        return seen
    finally:
        server.kill()
        server.wait()

right = True
for name, expected in EXPECTED.items():
    seen = look(name)
    right = right and {ending: seen[ending] for ending in expected} == expected
    for ending, ((kind, coding), how) in seen.items():
        print(f"{name} {importlib.metadata.version(name)} calls backup.{ending} {kind}, coding {coding}; requests has it {how}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
