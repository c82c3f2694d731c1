#!/usr/bin/env bash
# Guess: "Accept-Encoding: gzip;q=0" is how a client, or a proxy that wants to read or change the answer, says "no gzip" (RFC 9110
# §12.4.2: a weight of 0 is "not acceptable"); whoever compresses reads the field with its weights.
# What happens: Django's GZipMiddleware, Starlette's (so FastAPI's), aiohttp and tornado look for the letters "gzip" and compress
# what has been refused, also behind "identity, ". Flask-Compress does for "gzip;q=0" alone and not for "identity, gzip;q=0".
# CherryPy is right; it, in turn, answers 406 to "GZIP" and to "*", which the others take for "none" or for any coding.
# Why it matters to a gateway: a route that inserts text, looks for patterns, or serves a client whose decoder is broken, and says
# so by a weight, gets bytes that it cannot read. A weight is no way to switch compression off: take the field away, or write
# "identity", which all of them understand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19 starlette==1.10.0 flask==3.1.3 flask-compress==1.18 \
    aiohttp==3.14.5 tornado==6.6.1 cherrypy==18.10.0
cat >probe.py <<'END_OF_PROBE'
import asyncio, http.client, importlib.metadata, socketserver, sys, threading, wsgiref.simple_server
import aiohttp.web, cherrypy, django.conf, django.core.wsgi, django.http, django.urls, flask, flask_compress
import tornado.httpserver, tornado.netutil, tornado.web
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

TEXT = "hello " * 1000
FIELDS = ("gzip", "identity", "gzip;q=0", "identity, gzip;q=0", "identity;q=1, *;q=0", "GZIP", "*", None)

django.conf.settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", LOGGING_CONFIG=None,
                               MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"])
urlpatterns = [django.urls.path("", lambda request: django.http.HttpResponse(TEXT, content_type="text/plain"))]
with_flask = flask.Flask("page")
flask_compress.Compress(with_flask)
with_flask.get("/")(lambda: flask.Response(TEXT, mimetype="text/plain"))

class Page:
    @cherrypy.expose
    def index(self):
        cherrypy.response.headers["Content-Type"] = "text/plain"
        return TEXT

cherrypy.config.update({"environment": "embedded", "log.screen": False})
WSGI = {"Django": django.core.wsgi.get_wsgi_application(), "Flask-Compress": with_flask,
        "CherryPy": cherrypy.tree.mount(Page(), "", {"/": {"tools.gzip.on": True}})}

async def page(request):
    return PlainTextResponse(TEXT)

with_starlette = Starlette(routes=[Route("/", page)], middleware=[Middleware(GZipMiddleware)])

class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass

ports, ready = {}, threading.Event()

async def serve():
    for name, application in WSGI.items():
        server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
        ports[name] = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()

    async def answer(request):
        response = aiohttp.web.Response(text=TEXT)
        response.enable_compression()
        return response

    application = aiohttp.web.Application()
    application.router.add_get("/", answer)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    ports["aiohttp"] = runner.addresses[0][1]

    class Handler(tornado.web.RequestHandler):
        def get(self):
            self.set_header("Content-Type", "text/plain")
            self.write(TEXT)

    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Handler)], compress_response=True))
    server.add_sockets(sockets)
    ports["tornado"] = sockets[0].getsockname()[1]
    ready.set()
    await asyncio.Event().wait()

threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
ready.wait()

def coding_by_socket(name, field):
    connection = http.client.HTTPConnection("127.0.0.1", ports[name])
    connection.putrequest("GET", "/", skip_accept_encoding=True)
    if field is not None:
        connection.putheader("Accept-Encoding", field)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    return (answer.getheader("Content-Encoding") or "plain") if answer.status == 200 else str(answer.status)

async def coding_by_asgi(field):
    told = {}

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        if message["type"] == "http.response.start":
            told.update(message["headers"])

    fields = [(b"host", b"site")] + ([(b"accept-encoding", field.encode())] if field is not None else [])
    await with_starlette({"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": fields,
                          "http_version": "1.1", "scheme": "http", "server": ("site", 80), "client": ("127.0.0.1", 5),
                          "root_path": ""}, receive, send)
    return told.get(b"content-encoding", b"plain").decode()

def coding(name, field):
    return asyncio.run(coding_by_asgi(field)) if name == "Starlette" else coding_by_socket(name, field)

EXPECTED = {
    "Django": ["gzip", "plain", "gzip", "gzip", "plain", "plain", "plain", "plain"],
    "Starlette": ["gzip", "plain", "gzip", "gzip", "plain", "plain", "plain", "plain"],
    "aiohttp": ["gzip", "plain", "gzip", "gzip", "plain", "gzip", "plain", "plain"],
    "tornado": ["gzip", "plain", "gzip", "gzip", "plain", "plain", "plain", "plain"],
    "Flask-Compress": ["gzip", "plain", "gzip", "plain", "plain", "gzip", "zstd", "plain"],
    "CherryPy": ["gzip", "plain", "plain", "plain", "plain", "406", "406", "plain"],
}
seen = {name: [coding(name, field) for field in FIELDS] for name in EXPECTED}
for name, codings in seen.items():
    told = ", ".join(f"{field}: {one}" for field, one in zip(FIELDS, codings))
    print(name, importlib.metadata.version(name), "answers", told)
sys.exit(seen != EXPECTED)
END_OF_PROBE
venv/bin/python probe.py
