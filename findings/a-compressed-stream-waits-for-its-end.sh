#!/usr/bin/env bash
# Guess: a framework's compression is safe for streams, of events or of lines of JSON: each piece that the application sends goes
# out at once, compressed; a stream compressor has a flush for that.
# What happens: Starlette, Litestar and tornado flush. Django's GZipMiddleware (WSGI), Flask-Compress, CherryPy's tools.gzip and
# aiohttp's enable_compression do not: of four events over three seconds none comes before the last, in one go. Under ASGI Django
# makes a gzip file of its own of each piece: requests reads all, httpx the first event and then ends, without an error.
# Why it matters to a gateway: curl, which asks for no compression, shows events as they come; browsers and libraries, which all
# do, see none, and "the proxy buffers" is the first guess. It is the application: the gateway cannot flush another's gzip. Let
# applications compress nothing, and the gateway what it can, with streams left out; or take Accept-Encoding off requests for such
# routes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile django==5.2.19 starlette==1.10.0 litestar==2.25.0 \
    flask==3.1.3 flask-compress==1.18 aiohttp==3.14.5 tornado==6.6.1 cherrypy==18.10.0 uvicorn==0.54.0 gunicorn==27.0.1 \
    httpx==0.28.1 requests==2.34.2
cat >app.py <<'END_OF_PYTHON'
import asyncio, sys, time
import aiohttp.web, cherrypy, django.conf, django.core.asgi, django.core.wsgi, django.http, django.urls, flask, flask_compress
import litestar, litestar.config.compression, litestar.response, tornado.web
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

LINES = [f'{{"event": {number}}}\n'.encode() for number in range(4)]
TYPE = "application/json"

async def slowly():
    for line in LINES:
        yield line
        await asyncio.sleep(1)

def slowly_too():
    for line in LINES:
        yield line
        time.sleep(1)

async def for_starlette(request):
    return StreamingResponse(slowly(), media_type=TYPE)

with_starlette = Starlette(routes=[Route("/", for_starlette)], middleware=[Middleware(GZipMiddleware)])

@litestar.get("/")
async def for_litestar() -> litestar.response.Stream:
    return litestar.response.Stream(slowly(), media_type=TYPE)

with_litestar = litestar.Litestar([for_litestar],
                                  compression_config=litestar.config.compression.CompressionConfig(backend="gzip"))
with_flask = flask.Flask("page")
flask_compress.Compress(with_flask)
with_flask.get("/")(lambda: flask.Response(slowly_too(), mimetype=TYPE))
django.conf.settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", LOGGING_CONFIG=None,
                               MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"])
urlpatterns = [
    django.urls.path("", lambda request: django.http.StreamingHttpResponse(slowly_too(), content_type=TYPE)),
    django.urls.path("async", lambda request: django.http.StreamingHttpResponse(slowly(), content_type=TYPE)),
]
with_django, with_django_asgi = django.core.wsgi.get_wsgi_application(), django.core.asgi.get_asgi_application()

class Page:
    @cherrypy.expose
    def index(self):
        cherrypy.response.headers["Content-Type"] = TYPE
        return slowly_too()

cherrypy.config.update({"environment": "embedded", "log.screen": False})
with_cherrypy = cherrypy.tree.mount(Page(), "", {"/": {"response.stream": True, "tools.gzip.on": True,
                                                       "tools.gzip.mime_types": [TYPE]}})

class Handler(tornado.web.RequestHandler):
    async def get(self):
        self.set_header("Content-Type", TYPE)
        async for line in slowly():
            self.write(line)
            await self.flush()

async def for_aiohttp(request):
    answer = aiohttp.web.StreamResponse()
    answer.content_type = TYPE
    answer.enable_compression()
    await answer.prepare(request)
    async for line in slowly():
        await answer.write(line)
    return answer

async def serve_tornado(port):
    tornado.web.Application([("/", Handler)], compress_response=True).listen(port, "127.0.0.1")
    await asyncio.Event().wait()

if __name__ == "__main__":
    if sys.argv[1] == "tornado":
        asyncio.run(serve_tornado(int(sys.argv[2])))
    else:
        with_aiohttp = aiohttp.web.Application()
        with_aiohttp.router.add_get("/", for_aiohttp)
        aiohttp.web.run_app(with_aiohttp, host="127.0.0.1", port=int(sys.argv[2]), print=None)
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import concurrent.futures, http.client, importlib.metadata, os, signal, socket, subprocess, sys, time, zlib
import httpx, requests

bin = os.path.abspath("venv/bin") + "/"

def in_uvicorn(name):
    return lambda port: [bin + "uvicorn", "--port", port, "app:" + name]

def in_gunicorn(name):
    return lambda port: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, "app:" + name]

SERVERS = {
    "Starlette": in_uvicorn("with_starlette"), "Litestar": in_uvicorn("with_litestar"),
    "tornado": lambda port: [bin + "python", "app.py", "tornado", port],
    "Django": in_gunicorn("with_django"), "Flask-Compress": in_gunicorn("with_flask"), "CherryPy": in_gunicorn("with_cherrypy"),
    "aiohttp": lambda port: [bin + "python", "app.py", "aiohttp", port],
    "Django, ASGI": in_uvicorn("with_django_asgi"),
}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def arrivals(port):  # How many events can be read at a time.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.getheader("Content-Encoding") == "gzip"
    decoder, counts = zlib.decompressobj(31), []
    while data := answer.read1(65536):
        if count := decoder.decompress(data).count(b"\n"):
            counts.append(count)
    return counts

def look(name):
    port = free_port()
    with open("log", "a") as log:
        server = subprocess.Popen(SERVERS[name](str(port)), stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        if name != "Django, ASGI":
            return arrivals(port)
        url = f"http://127.0.0.1:{port}/async"
        gzip = {"Accept-Encoding": "gzip"}
        return [get(url, headers=gzip, timeout=60).text.count("\n") for get in (requests.get, httpx.get)]
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()

with concurrent.futures.ThreadPoolExecutor(4) as pool:  # Most of the time is waiting.
    seen = dict(zip(SERVERS, pool.map(look, SERVERS)))
for name in SERVERS:
    version = importlib.metadata.version(name.partition(",")[0])
    if name == "Django, ASGI":
        print(f"{name} {version}: of four events requests reads {seen[name][0]}, httpx {seen[name][1]}")
    else:
        print(f"{name} {version}: of four events, a second apart, there come at a time", *seen[name])
expected = {name: [1, 1, 1, 1] if name in ("Starlette", "Litestar", "tornado") else [4] for name in SERVERS}
sys.exit(seen != expected | {"Django, ASGI": [4, 1]})
END_OF_PROBE
venv/bin/python probe.py
