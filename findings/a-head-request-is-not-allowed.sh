#!/usr/bin/env bash
# Guess: where GET works HEAD does, too: a server must support both (RFC 9110 §9.1), and a framework answers HEAD by what it has
# for GET and leaves the body out. So "curl -I", a monitor and a gateway's health check may ask by HEAD, which is cheaper.
# What happens: Flask, Quart, Django's views, Starlette, aiohttp, bottle, Pyramid and CherryPy do so. FastAPI, which is Starlette
# underneath, Litestar, falcon, tornado and Sanic answer 405 to HEAD at the very path that GET is 200 for; each wants it written
# beside the GET.
# Why it matters to a gateway: a health check by HEAD takes a sound server out of service, or, where 4xx counts as alive, passes
# with a dead one as well; monitors and link checkers report pages as broken that everybody reads; a cache that revalidates by
# HEAD keeps nothing. Check with GET and a path made for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check flask==3.1.3 quart==0.22.0 django==5.2.19 starlette==1.10.0 \
    fastapi==0.165.0 litestar==2.25.0 falcon==4.4.0 tornado==6.6.1 sanic==25.12.1 aiohttp==3.14.5 bottle==0.13.4 pyramid==2.1 \
    cherrypy==18.10.0 uvicorn==0.54.0 "setuptools<81"
cat >probe.py <<'END_OF_PROBE'
import asyncio, http.client, importlib.metadata, logging, sys, threading, warnings, wsgiref.simple_server

warnings.simplefilter("ignore")
import aiohttp.web, bottle, cherrypy, django.conf, django.core.wsgi, django.http, django.urls, django.views, falcon, fastapi
import flask, litestar, pyramid.config, pyramid.response, quart, sanic, tornado.httpserver, tornado.netutil, tornado.web, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

logging.disable(logging.CRITICAL)

# Each has one page at / that GET gets, in the way that its manual begins with.
with_flask, with_quart, with_fastapi, with_bottle = flask.Flask("page"), quart.Quart("page"), fastapi.FastAPI(), bottle.Bottle()
with_falcon, with_sanic = falcon.App(), sanic.Sanic("page")
with_flask.get("/")(lambda: "hello")
with_bottle.get("/")(lambda: "hello")
with_fastapi.get("/")(lambda: "hello")

@with_quart.get("/")
async def for_quart():
    return "hello"

@with_sanic.get("/")
async def for_sanic(request):
    return sanic.text("hello")

@litestar.get("/", sync_to_thread=False)
def for_litestar() -> str:
    return "hello"

class Resource:
    def on_get(self, request, response):
        response.text = "hello"

with_falcon.add_route("/", Resource())
django.conf.settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", LOGGING_CONFIG=None)

class View(django.views.View):
    def get(self, request):
        return django.http.HttpResponse("hello")

urlpatterns = [django.urls.path("", View.as_view())]
with pyramid.config.Configurator() as configurator:
    configurator.add_route("page", "/")
    configurator.add_view(lambda request: pyramid.response.Response("hello"), route_name="page", request_method="GET")
    with_pyramid = configurator.make_wsgi_app()

class Page:
    @cherrypy.expose
    def index(self):
        return "hello"

cherrypy.config.update({"environment": "embedded", "log.screen": False})

async def for_starlette(request):
    return PlainTextResponse("hello")

WSGI = {"Flask": with_flask, "Django": django.core.wsgi.get_wsgi_application(), "bottle": with_bottle, "Pyramid": with_pyramid,
        "CherryPy": cherrypy.tree.mount(Page(), ""), "falcon": with_falcon}
ASGI = {"Quart": with_quart, "Starlette": Starlette(routes=[Route("/", for_starlette)]), "FastAPI": with_fastapi,
        "Litestar": litestar.Litestar([for_litestar]), "Sanic": with_sanic}

class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass

ports, ready = {}, threading.Event()

async def serve():
    for name, application in WSGI.items():
        server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
        ports[name] = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
    running = []
    for name, application in ASGI.items():
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None))
        running.append(asyncio.create_task(server.serve()))
        while not server.started:
            await asyncio.sleep(0.05)
        ports[name] = server.servers[0].sockets[0].getsockname()[1]

    async def answer(request):
        return aiohttp.web.Response(text="hello")

    application = aiohttp.web.Application()
    application.router.add_get("/", answer)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    ports["aiohttp"] = runner.addresses[0][1]

    class Handler(tornado.web.RequestHandler):
        def get(self):
            self.write("hello")

    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(tornado.web.Application([("/", Handler)])).add_sockets(sockets)
    ports["tornado"] = sockets[0].getsockname()[1]
    ready.set()
    await asyncio.Event().wait()

threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
if not ready.wait(60):
    sys.exit("The servers do not come up.")

def status(name, method):
    connection = http.client.HTTPConnection("127.0.0.1", ports[name], timeout=30)
    connection.request(method, "/", headers={"Connection": "close"})
    return connection.getresponse().status

seen = {name: (status(name, "GET"), status(name, "HEAD")) for name in ports}
for name, (get, head) in sorted(seen.items()):
    print(f"{name} {importlib.metadata.version(name)}: GET {get}, HEAD {head}")
REFUSES = ("FastAPI", "Litestar", "falcon", "tornado", "Sanic")
sys.exit(seen != {name: (200, 405 if name in REFUSES else 200) for name in seen})
END_OF_PROBE
venv/bin/python probe.py
