#!/usr/bin/env bash
# Guess: what answers each origin by itself (CORS) says "Vary: Origin" in every answer, in those to requests without Origin too,
# as the Fetch standard asks (3.3.6, "CORS protocol and HTTP caches"); that is why one takes a library for it.
# What happens: Starlette (so FastAPI) and django-cors-headers do. Litestar does where it allows, and in no other answer; falcon's
# CORSMiddleware and aiohttp-cors never do. Flask-CORS leaves it out where it refuses, and with a single origin in its list.
# Why it matters to a gateway: its cache, a CDN's or a browser's keeps one answer for all. The first request is a crawler's, or an
# <img> without Origin, and for the time of max-age the page of the allowed origin gets that answer, without the field, and fails;
# with two allowed origins (falcon, aiohttp-cors) each may get the other's. It comes and goes, and a reload with DevTools, which
# asks past the cache, mends it. Add Origin to Vary for such routes, or have them not cached.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile starlette==1.10.0 litestar==2.25.0 falcon==4.4.0 \
    flask==3.1.3 flask-cors==6.0.5 django==5.2.19 django-cors-headers==4.9.0 aiohttp==3.14.5 aiohttp-cors==0.8.1
cat >probe.py <<'END_OF_PROBE'
import asyncio, importlib.metadata, sys
import aiohttp.test_utils, aiohttp.web, aiohttp_cors, django.conf, django.core.wsgi, django.http, django.test, django.urls
import falcon, falcon.testing, flask, flask_cors, litestar, litestar.config.cors
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

ALLOWED = ["https://app.example", "https://admin.example"]

async def for_starlette(request):
    return PlainTextResponse("page")

with_starlette = Starlette(routes=[Route("/", for_starlette)],
                           middleware=[Middleware(CORSMiddleware, allow_origins=ALLOWED)])

@litestar.get("/")
async def for_litestar() -> str:
    return "page"

with_litestar = litestar.Litestar([for_litestar], cors_config=litestar.config.cors.CORSConfig(allow_origins=ALLOWED))

class Page:
    def on_get(self, request, answer):
        answer.text = "page"

with_falcon = falcon.App(middleware=[falcon.CORSMiddleware(allow_origins=ALLOWED)])
with_falcon.add_route("/", Page())

def flask_with(origins):
    application = flask.Flask("page")
    application.get("/")(lambda: "page")
    flask_cors.CORS(application, origins=origins)
    return application

django.conf.settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", LOGGING_CONFIG=None,
                               INSTALLED_APPS=["corsheaders"], MIDDLEWARE=["corsheaders.middleware.CorsMiddleware"],
                               CORS_ALLOWED_ORIGINS=ALLOWED)
urlpatterns = [django.urls.path("", lambda request: django.http.HttpResponse("page"))]
django.core.wsgi.get_wsgi_application()

async def for_aiohttp(request):
    return aiohttp.web.Response(text="page")

async def ask_aiohttp(fields):
    site = aiohttp.web.Application()
    cors = aiohttp_cors.setup(site, defaults={origin: aiohttp_cors.ResourceOptions() for origin in ALLOWED})
    cors.add(site.router.add_get("/", for_aiohttp))
    async with aiohttp.test_utils.TestClient(aiohttp.test_utils.TestServer(site)) as client:
        async with client.get("/", headers=fields) as answer:
            return answer.headers

async def ask_asgi(application, fields):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await application({
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https", "path": "/",
        "raw_path": b"/", "query_string": b"", "root_path": "", "client": ("192.0.2.1", 1), "server": ("a.example", 443),
        "headers": [(b"host", b"a.example"), *((name.lower().encode(), value.encode()) for name, value in fields.items())],
    }, receive, send)
    return {name.decode().title(): value.decode() for name, value in sent[0]["headers"]}

LIBRARIES = {
    "Starlette": lambda fields: asyncio.run(ask_asgi(with_starlette, fields)),
    "django-cors-headers": lambda fields: django.test.Client().get("/", headers=fields).headers,
    "Litestar": lambda fields: asyncio.run(ask_asgi(with_litestar, fields)),
    "falcon": lambda fields: falcon.testing.TestClient(with_falcon).get("/", headers=fields).headers,
    "Flask-CORS": lambda fields: flask_with(ALLOWED).test_client().get("/", headers=fields).headers,
    "Flask-CORS, one origin": lambda fields: flask_with(ALLOWED[0]).test_client().get("/", headers=fields).headers,
    "aiohttp-cors": lambda fields: asyncio.run(ask_aiohttp(fields)),
}
ORIGINS = {"no Origin": {}, "one that is allowed": {"Origin": ALLOWED[0]}, "another": {"Origin": "https://other.example"}}

seen = {}
for name, ask in LIBRARIES.items():
    answers = [ask(fields) for fields in ORIGINS.values()]
    assert answers[1]["Access-Control-Allow-Origin"] == ALLOWED[0] and "Access-Control-Allow-Origin" not in answers[2]
    seen[name] = ["origin" in (answer.get("Vary") or "").lower() for answer in answers]
    told = ", ".join(case for case, said in zip(ORIGINS, seen[name]) if said) or "nobody"
    print(f"{name} {importlib.metadata.version(name.partition(',')[0])} says Vary: Origin to {told}")
always, never = [True] * 3, [False] * 3
sys.exit(seen != {
    "Starlette": always, "django-cors-headers": always, "Litestar": [False, True, False], "falcon": never,
    "Flask-CORS": [True, True, False], "Flask-CORS, one origin": never, "aiohttp-cors": never,
})
END_OF_PROBE
venv/bin/python probe.py
