#!/usr/bin/env bash
# Guess: over https "Host: shop.example:443" is the same host as "Host: shop.example": the port that a scheme has anyway is
# left out or not, as one likes (RFC 9110 §4.2.3). Who compares a page's Origin, where browsers never write it, with Host knows
# that.
# What happens: Django's CSRF check, tornado's check_origin for WebSockets (Jupyter and Bokeh stand on tornado) and Socket.IO
# (python-engineio) compare letters: a site's own form is 403 "Origin checking failed", its own WebSocket 403 and its own
# polling 400 "Not an accepted origin". Without ":443" all is well, and GET is in any case. Pyramid's check and Flask-WTF's
# leave the port out.
# Why it matters to a gateway: nginx with "proxy_set_header Host $host:$server_port", which many a manual has, writes it for
# all clients, and then nobody can log in or post, while pages load; in tests on 8443, where the port has to be there, nothing
# is wrong. Whoever writes Host should write what the browser wrote ($http_host), or leave the scheme's own port out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19 tornado==6.5.10 python-engineio==4.15.1 \
    python-socketio==5.18.1 pyramid==2.1 setuptools==80.9.0 flask==3.1.3 flask-wtf==1.3.0 waitress==3.0.2
cat >apps.py <<'END'
import django.conf, django.http, django.middleware.csrf, django.urls

def page(request):
    return django.http.HttpResponse(django.middleware.csrf.get_token(request))

urlpatterns = [django.urls.path("", page)]
django.conf.settings.configure(SECRET_KEY="only for this test", ALLOWED_HOSTS=["shop.example"], ROOT_URLCONF="apps",
                               MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])
END
cat >with_django.py <<'END'
import apps, django.core.wsgi

application = django.core.wsgi.get_wsgi_application()
END
cat >with_flask.py <<'END'
import flask, flask_wtf, flask_wtf.csrf

application = flask.Flask("shop")
application.secret_key = "only for this test"
flask_wtf.CSRFProtect(application)
application.add_url_rule("/", "page", flask_wtf.csrf.generate_csrf, methods=["GET", "POST"])
END
cat >with_pyramid.py <<'END'
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

with Configurator() as config:
    config.set_session_factory(SignedCookieSessionFactory("only for this test"))
    config.set_default_csrf_options(require_csrf=True)
    config.add_route("page", "/")
    config.add_view(lambda request: Response(get_csrf_token(request)), route_name="page")
application = config.make_wsgi_app()
END
cat >with_socketio.py <<'END'
import socketio

application = socketio.WSGIApp(socketio.Server(async_mode="threading"))
END
cat >with_tornado.py <<'END'
import asyncio, sys, tornado.web, tornado.websocket

class Page(tornado.web.RequestHandler):
    def get(self):
        self.write("")

async def main():
    tornado.web.Application([("/", Page), ("/feed", tornado.websocket.WebSocketHandler)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(main())
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

TRUSTED = "--trusted-proxy=127.0.0.1 --trusted-proxy-headers=x-forwarded-proto "
WAITRESS = "venv/bin/waitress-serve --listen=127.0.0.1:PORT " + TRUSTED
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
SERVERS = {
    "django": (WAITRESS + "with_django:application", "POST", "/", {}),
    "tornado": ("venv/bin/python with_tornado.py PORT", "GET", "/feed", UPGRADE),
    "python-engineio": (WAITRESS + "with_socketio:application", "GET", "/socket.io/?EIO=4&transport=polling", {}),
    "pyramid": (WAITRESS + "with_pyramid:application", "POST", "/", {}),
    "flask-wtf": (WAITRESS + "with_flask:application", "POST", "/", {}),
}

def ask(port, method, path, fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=fields)
    answer = connection.getresponse()
    status, cookie = answer.status, answer.getheader("Set-Cookie", "").partition(";")[0]
    return status, cookie, b"" if status == 101 else answer.read()

def visit(port, host, method, path, more):  # What a browser does: it reads the page, and sends the form or opens the feed.
    fields = {"Host": host, "X-Forwarded-Proto": "https"}
    _, cookie, token = ask(port, "GET", "/", fields)
    fields |= {"Origin": "https://shop.example", "Referer": "https://shop.example/", "Cookie": cookie, **more}
    if method == "POST":
        fields["X-CSRFToken"] = fields["X-CSRF-Token"] = token.decode()
    return ask(port, method, path, fields)[0]

def served(line, *what):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(line.replace("PORT", str(port)).split(), env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return visit(port, "shop.example", *what), visit(port, "shop.example:443", *what)
    finally:
        server.kill()
        server.wait()

seen = {}
for name, what in SERVERS.items():
    seen[name] = served(*what)
    version = importlib.metadata.version(name)
    print(f"{name} {version}: Host without a port: {seen[name][0]}; with :443: {seen[name][1]}", flush=True)
sys.exit(seen != {"django": (200, 403), "tornado": (101, 403), "python-engineio": (200, 400), "pyramid": (200, 200),
                  "flask-wtf": (200, 200)})
END
venv/bin/python probe.py
