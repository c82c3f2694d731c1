#!/usr/bin/env bash
# Guess: an ASGI server that speaks HTTP/2 itself gives the application one Cookie field, as with HTTP/1.1. Browsers send each
# cookie as a field of its own there, and RFC 9113 §8.2.3 says that a server MUST join them with "; " before anybody else sees
# them.
# What happens: hypercorn does. granian hands on each by itself, and the frameworks differ: Litestar keeps the first cookie,
# falcon the last, and to Django the first is all that is left, with the other in its value ("1,session=2"). Starlette (so
# FastAPI) joins them. Over HTTP/1.1 all have both.
# Why it matters to a gateway: an application that works with curl, in tests and over HTTP/1.1 knows no session of a browser as
# soon as there is a second cookie, if granian is at the front, or behind a gateway that speaks HTTP/2 to its upstreams and does
# not join. The crumbs have to be joined by whoever takes them from HTTP/2; behind one that does all four are right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile granian==2.8.9 hypercorn==0.18.0 httpx==0.28.1 h2==4.4.1 \
    starlette==1.10.0 falcon==4.4.0 litestar==2.25.0 django==5.2.19
cat >by_starlette.py <<'END_OF_PYTHON'
import json
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    return JSONResponse(request.cookies)

app = Starlette(routes=[Route("/", answer)])
END_OF_PYTHON
cat >by_falcon.py <<'END_OF_PYTHON'
import falcon.asgi

class Answer:
    async def on_get(self, request, response):
        response.media = request.cookies

app = falcon.asgi.App()
app.add_route("/", Answer())
END_OF_PYTHON
cat >by_litestar.py <<'END_OF_PYTHON'
from litestar import Litestar, Request, get

@get("/")
async def answer(request: Request) -> dict:
    return request.cookies

app = Litestar([answer])
END_OF_PYTHON
cat >by_django.py <<'END_OF_PYTHON'
import django, django.conf

django.conf.settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="secret")
django.setup()
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path

urlpatterns = [path("", lambda request: JsonResponse(request.COOKIES))]
app = get_asgi_application()
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, os, signal, socket, subprocess, sys, time
import httpx

BOTH = {"theme": "1", "session": "2"}
LEFT = {"starlette": BOTH, "falcon": {"session": "2"}, "litestar": {"theme": "1"},
        "django": {"theme": "1,session=2"}}
CRUMBS = [("Cookie", "theme=1"), ("Cookie", "session=2")]  # As browsers send them, and as curl and httpx would not.

def cookies(words, http2):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "a") as log:
        server = subprocess.Popen([word.replace("PORT", str(port)) for word in words], stdout=log, stderr=log,
                                  start_new_session=True)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        with httpx.Client(http1=not http2, http2=http2) as client:
            fields = CRUMBS if http2 else [("Cookie", "theme=1; session=2")]
            return client.get(f"http://127.0.0.1:{port}/", headers=fields).json()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

def version(name):
    return f"{name} {importlib.metadata.version(name)}"

seen = {}
for framework in LEFT:
    granian = ["venv/bin/granian", "--interface", "asgi", "--port", "PORT", f"by_{framework}:app"]
    hypercorn = ["venv/bin/hypercorn", f"by_{framework}:app", "--bind", "127.0.0.1:PORT"]
    seen[framework] = cookies(granian, True)
    others = [cookies(granian, False)]
    if framework != "litestar":  # Which does not start there.
        others.append(cookies(hypercorn, True))
    assert all(one == BOTH for one in others), others
    print(f"{version(framework)}, of theme=1 and session=2: {seen[framework]} on {version('granian')} over HTTP/2; "
          f"both over HTTP/1.1" + (f", and on {version('hypercorn')} over HTTP/2" if len(others) > 1 else ""))
sys.exit(seen != LEFT)
END_OF_PROBE
venv/bin/python probe.py
