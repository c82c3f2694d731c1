#!/usr/bin/env bash
# Guess: a range that a server cannot or will not give is no error: it may always answer 200 with the whole
# (RFC 9110 §14.2), and the last 64 KiB of a file of 1,000 bytes are the whole file (§14.1.2).
# What happens: for "bytes=-65536" Flask says 416, and Sanic 500; for two ranges aiohttp, Flask and Sanic
# say 416, falcon 400, and bottle sends the first alone. An unknown unit, which is to be ignored, is 416 for
# aiohttp, bottle, Flask and Sanic, and 400 for Starlette; CherryPy takes seconds for bytes. Past the end
# Sanic names bytes in Content-Range that there are not.
# Why it matters to a gateway: readers of ZIP, Parquet and tiles begin with the last bytes, whatever the
# size, and fail for small files only. One that fetches parts for its cache, or merges or splits ranges, has
# to ask for one plain range within the known length, and for the whole once more after a 4xx.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1 falcon==4.4.0 cherrypy==18.10.0 bottle==0.13.4 \
    sanic==25.12.1 aiohttp==3.14.5 starlette==1.10.0 uvicorn==0.54.0 flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1
cd "$work"
mkdir files
printf '%01000d' 0 >files/file.txt
cat >on_falcon.py <<'END'
import os, falcon

app = falcon.App()
app.add_static_route("/", os.path.abspath("files"))
END
cat >on_bottle.py <<'END'
import bottle

app = bottle.Bottle()
app.route("/<name>", callback=lambda name: bottle.static_file(name, root="files"))
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
import asyncio, os, sys

name, port = sys.argv[1], int(sys.argv[2])
if name == "tornado":
    import tornado.web

    async def serve():
        tornado.web.Application([("/(.*)", tornado.web.StaticFileHandler, {"path": "files"})]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(serve())
elif name == "aiohttp":
    from aiohttp import web

    site = web.Application()
    site.router.add_static("/", "files")
    web.run_app(site, host="127.0.0.1", port=port)
elif name == "sanic":
    import sanic

    site = sanic.Sanic("files")
    site.static("/", "files", use_content_range=True)
    site.run("127.0.0.1", port, single_process=True)
elif name == "cherrypy":
    import cherrypy

    cherrypy.config.update({"server.socket_port": port, "engine.autoreload.on": False})
    tools = {"tools.staticdir.on": True, "tools.staticdir.dir": os.path.abspath("files"), "tools.etags.on": True,
             "tools.etags.autotags": True}
    class Site:
        pass

    cherrypy.quickstart(Site(), "/", {"/": tools})
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

RANGES = ["bytes=0-1", "bytes=-65536", "bytes=0-1,4-5", "seconds=1-2", "bytes=990-2000"]

def ask(port, wanted):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/file.txt", headers={"Range": wanted})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 206:
        return str(answer.status)
    return (answer.getheader("Content-Range") or "several").removeprefix("bytes ").removesuffix("/1000")

def answers(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    server = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return [ask(port, wanted) for wanted in RANGES]
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

servers = [
    ("tornado", "python serve.py tornado PORT", ["0-1", "200", "200", "200", "990-999"]),
    ("falcon", "gunicorn on_falcon:app --bind 127.0.0.1:PORT", ["0-1", "0-999", "400", "200", "990-999"]),
    ("cherrypy", "python serve.py cherrypy PORT", ["0-1", "0-999", "several", "1-2", "990-999"]),
    ("bottle", "gunicorn on_bottle:app --bind 127.0.0.1:PORT", ["0-1", "0-999", "0-1", "416", "990-999"]),
    ("sanic", "python serve.py sanic PORT", ["0-1", "500", "416", "416", "990-2000"]),
    ("aiohttp", "python serve.py aiohttp PORT", ["0-1", "0-999", "416", "416", "990-999"]),
    ("starlette", "uvicorn on_starlette:app --port PORT", ["0-1", "0-999", "several", "400", "990-999"]),
    ("flask", "gunicorn on_flask:app --bind 127.0.0.1:PORT", ["0-1", "416", "416", "416", "990-999"]),
]
right = True
for name, line, expected in servers:
    seen = answers(line)
    print(f"{name} {importlib.metadata.version(name)}: " + "; ".join(map(": ".join, zip(RANGES, seen))))
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
