#!/usr/bin/env bash
# Guess: a server that sends ETag and Accept-Ranges heeds If-Range (RFC 9110 §13.1.5): where the file has
# changed since, it answers 200 with the whole new file.
# What happens: tornado, falcon, CherryPy, bottle and Sanic do not look at If-Range, and aiohttp only at a
# date in it, not at an entity tag. All answer 206 with a piece of the new file.
# Starlette and Flask are right.
# Why it matters to a gateway: browsers, package managers and caches continue a broken download with
# If-Range so that they need not compare. Behind such a server the first half is of one version and the
# second of the next, of the right length. A gateway that stores parts has to compare the ETag of each 206.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1 falcon==4.4.0 cherrypy==18.10.0 bottle==0.13.4 \
    sanic==25.12.1 aiohttp==3.14.5 starlette==1.10.0 uvicorn==0.54.0 flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1
cd "$work"
mkdir files
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

def publish(letter, day):
    with open("files/new", "w") as file:
        file.write(letter * 1000)
    os.utime("files/new", (day * 86400, day * 86400))
    os.replace("files/new", "files/file.txt")

def ask(port, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/file.txt", headers={name.replace("_", "-"): value for name, value in fields.items()})
    answer = connection.getresponse()
    return answer.status, answer.getheader("ETag"), answer.getheader("Last-Modified"), answer.read()

def ready(port):
    for _ in range(300):
        try:
            return ask(port)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit("it does not come up")

def resumed(line):
    """The status and the letters of the second half, asked for with the first version's tag, and with its date."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    publish("a", 20000)
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    server = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        _, tag, date, first = ready(port)
        assert first == b"a" * 1000
        unchanged = ask(port, Range="bytes=500-", If_Range=tag or date)[0]
        publish("b", 20001)
        outcomes = []
        for condition in (tag, date):
            status, _, _, rest = ask(port, Range="bytes=500-", If_Range=condition or date)
            assert set(rest) == set(b"b") and len(rest) == (500 if status == 206 else 1000)
            outcomes.append(status)
        return [unchanged, *(outcomes if tag else [None, outcomes[1]])]
    finally:
        server.terminate()
        server.wait()

servers = [
    ("tornado", "python serve.py tornado PORT", [206, 206, 206]),
    ("falcon", "gunicorn on_falcon:app --bind 127.0.0.1:PORT", [206, 206, 206]),
    ("cherrypy", "python serve.py cherrypy PORT", [206, 206, 206]),
    ("bottle", "gunicorn on_bottle:app --bind 127.0.0.1:PORT", [206, 206, 206]),
    ("sanic", "python serve.py sanic PORT", [206, None, 206]),
    ("aiohttp", "python serve.py aiohttp PORT", [206, 206, 200]),
    ("starlette", "uvicorn on_starlette:app --port PORT", [206, 200, 200]),
    ("flask", "gunicorn on_flask:app --bind 127.0.0.1:PORT", [206, 200, 200]),
]
right = True
for name, line, expected in servers:
    same, tag, date = seen = resumed(line)
    print(f"{name} {importlib.metadata.version(name)}: unchanged: {same}; changed: with the old tag {tag}, the old date {date}")
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
