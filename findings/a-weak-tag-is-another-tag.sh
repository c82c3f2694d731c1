#!/usr/bin/env bash
# Guess: a proxy that compresses makes the ETag weak ("x" becomes W/"x", as nginx does, since the bytes are others), and the
# browser that asks again with If-None-Match: W/"x" gets its 304: If-None-Match compares weakly (RFC 9110 §13.1.2: it MUST), so
# that W/"x" is "x".
# What happens: Flask, Django and falcon do so. bottle's static_file and CherryPy compare letter by letter and send all of it
# again, 200. bottle does so for a list of two tags, too, and its tags have no quotes, which makes nginx drop them. Litestar's
# static files have ETag and Last-Modified and look at no condition: 200 to everything.
# Why it matters to a gateway: to turn compression on makes pages smaller and ends revalidation with these: each visit loads all
# files anew, at 200, and the application's own tests, without a proxy, have their 304. Whoever changes a tag on the way out has
# to bring it back on the way in; otherwise let the application's files be served, or cached, by the gateway.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile flask==3.1.3 django==5.2.19 falcon==4.4.0 \
    bottle==0.13.4 cherrypy==18.10.0 litestar==2.25.0 uvicorn==0.54.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download nginx=1.22.1-9+deb12u11
dpkg-deb -x nginx_*.deb root
mkdir files
printf 'hello %.0s' $(seq 500) >files/page.txt
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
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                       MIDDLEWARE=["django.middleware.http.ConditionalGetMiddleware"])
    import django
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    global urlpatterns
    urlpatterns = [path("page.txt", lambda request: HttpResponse(b"hello " * 500, content_type="text/plain"))]
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

def cherrypy():
    import cherrypy
    cherrypy.config.update({"environment": "embedded"})
    tools = {"tools.staticdir.on": True, "tools.staticdir.dir": FILES, "tools.etags.on": True, "tools.etags.autotags": True}
    return cherrypy.Application(object(), "", {"/": tools})

def litestar():
    from litestar import Litestar
    from litestar.static_files import create_static_files_router
    return Litestar([create_static_files_router("/", [FILES])])

def serve(name, port):
    if name in ("flask", "django", "falcon", "bottle", "cherrypy"):
        from wsgiref.simple_server import make_server
        make_server("127.0.0.1", port, globals()[name]()).serve_forever()
    else:
        import uvicorn
        uvicorn.run(litestar(), port=port)

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

RIGHT = ("304", "304", "304")
EXPECTED = {"flask": RIGHT, "django": RIGHT, "falcon": RIGHT,
            "bottle": ("304", "200", "200"), "cherrypy": ("304", "304", "200"), "litestar": ("200", "200", "200")}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def get(port, fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/page.txt", headers=fields)
    answer = connection.getresponse()
    answer.read()
    return answer

def started(command, port, log):
    process = subprocess.Popen(command, stdout=log, stderr=log)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        except OSError:
            time.sleep(0.1)

def look(name):  # The answers to the tag itself, to it in a list, and to the one that nginx makes of it.
    port, front = free_port(), free_port()
    os.makedirs(f"nginx-{name}/logs")
    with open(f"nginx-{name}/nginx.conf", "w") as file:
        file.write(f"""daemon off; pid nginx.pid; error_log error.log; events {{}}
http {{
    access_log off; gzip on; gzip_types text/plain; gzip_proxied any;
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://127.0.0.1:{port}; }} }}
}}
""")
    processes = []
    with open("log", "a") as log:
        try:
            processes.append(started([sys.executable, "app.py", name, str(port)], port, log))
            processes.append(started(["root/usr/sbin/nginx", "-p", f"nginx-{name}/", "-c", "nginx.conf"], front, log))
            tag = get(port, {}).headers["ETag"]
            weak = get(front, {"Accept-Encoding": "gzip"}).headers["ETag"]
            asked = [get(port, {"If-None-Match": tag}), get(port, {"If-None-Match": f'"other", {tag}'}),
                     get(front, {"Accept-Encoding": "gzip", "If-None-Match": weak or "W/" + tag})]
            return weak, tuple(str(answer.status) for answer in asked)
        finally:
            for process in processes:
                process.terminate()
                process.wait()

right = True
print(subprocess.run(["root/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr.strip())
for name, expected in EXPECTED.items():
    weak, seen = look(name)
    right = right and seen == expected and (weak is None) == (name == "bottle")
    print(f"{name} {importlib.metadata.version(name)} answers to its tag {seen[0]}, to it in a list {seen[1]}, "
          f"behind nginx's gzip {seen[2]}{'' if weak else ' (nginx drops the tag)'}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
