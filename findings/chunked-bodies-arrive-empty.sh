#!/usr/bin/env bash
# Guess: an application on a WSGI server that understands chunked requests gets their bodies; if one does
# not, it says so (411).
# What happens: Django and falcon go by Content-Length alone. A chunked body has none, so they see 0 bytes
# and answer 200, on gunicorn, granian and cheroot alike; bottle fails with 400. Flask reads the body, and
# on waitress, which stores it and makes up a Content-Length, all four do.
# Why it matters to a gateway: one that passes a body on as it comes makes a chunked request of an upload
# whose length is not known, such as one of HTTP/2 without content-length. It is accepted, and stored empty.
# Where such applications are behind it, a gateway has to take the whole body first and send its length.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.19 falcon==4.4.0 bottle==0.13.4 flask==3.1.3 \
    werkzeug==3.1.9 gunicorn==27.0.1 granian==2.8.9 cheroot==11.1.2 waitress==3.0.2
cd "$work"
cat >on_django.py <<'END'
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="on_django", SECRET_KEY="of a probe", MIDDLEWARE=[])
urlpatterns = [path("", lambda request: HttpResponse(str(len(request.body))))]
app = get_wsgi_application()
END
cat >on_falcon.py <<'END'
import falcon

class Size:
    def on_post(self, request, answer):
        answer.text = str(len(request.bounded_stream.read()))

app = falcon.App()
app.add_route("/", Size())
END
cat >on_bottle.py <<'END'
import bottle

app = bottle.Bottle()
app.route("/", method="POST", callback=lambda: str(len(bottle.request.body.read())))
END
cat >on_flask.py <<'END'
import flask

app = flask.Flask(__name__)
app.post("/")(lambda: str(len(flask.request.get_data())))
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def ask(port, chunked):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = iter([b"a" * 10, b"b" * 10]) if chunked else b"a" * 20
    connection.request("POST", "/", body, {"Content-Type": "application/octet-stream"}, encode_chunked=chunked)
    answer = connection.getresponse()
    text = answer.read().decode()
    return f"{text} bytes" if answer.status == 200 else str(answer.status)

def answers(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    server = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return ask(port, False), ask(port, True)
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

APPLICATIONS = ["django", "falcon", "bottle", "flask"]
STREAMED = ["0 bytes", "0 bytes", "400", "20 bytes"]
servers = [
    ("gunicorn", "gunicorn on_{}:app --bind 127.0.0.1:PORT", STREAMED),
    ("granian", "granian on_{}:app --interface wsgi --port PORT", STREAMED),
    ("cheroot", "cheroot on_{}:app --bind 127.0.0.1:PORT", STREAMED),
    ("waitress", "waitress-serve --listen=127.0.0.1:PORT on_{}:app", ["20 bytes"] * 4),
]
right = True
for server, line, expected in servers:
    for name, chunked_expected in zip(APPLICATIONS, expected):
        sized, chunked = answers(line.format(name))
        versions = f"{server} {importlib.metadata.version(server)}, {name} {importlib.metadata.version(name)}"
        print(f"{versions}: 20 bytes with a length: {sized}; in chunks: {chunked}")
        right = right and (sized, chunked) == ("20 bytes", chunked_expected)
sys.exit(not right)
END
venv/bin/python probe.py
