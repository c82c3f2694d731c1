#!/usr/bin/env bash
# Guess: a framework makes its links and redirects from Host and from the scheme of the connection, unless
# it is told that a proxy is in front; and what it then makes of a list of two hosts is the last or the first.
# What happens: bottle goes by X-Forwarded-Host and X-Forwarded-Proto from anyone, and there is no switch. Of
# lists, as two proxies make them, falcon's forwarded_prefix makes "https, http://a.example, b.example",
# Django, if told to use the fields, answers 400, Werkzeug's ProxyFix takes the last host, and bottle's
# redirect comes out without scheme and host.
# Why it matters to a gateway: a field that it does not set comes through from outside, and stands in the
# redirects of an application that never asked for it, and with a cache in those of others. Set
# both fields for each request, to one value, or remove them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check bottle==0.13.4 falcon==4.4.0 flask==3.1.3 werkzeug==3.1.9 \
    django==5.2.19
cd "$work"
cat >urls.py <<'END'
import django.http, django.urls

urlpatterns = [django.urls.path("", lambda request: django.http.HttpResponse(request.build_absolute_uri("/next")))]
END
cat >probe.py <<'END'
import importlib.metadata, logging, sys, wsgiref.util
import bottle, django.conf, django.core.wsgi, falcon, flask, werkzeug.middleware.proxy_fix

with_bottle = bottle.Bottle()
with_bottle.route("/", callback=lambda: bottle.redirect("/next"))

class Page:
    def on_get(self, request, response):
        response.text = request.forwarded_prefix + "/next"

with_falcon = falcon.App()
with_falcon.add_route("/", Page())

with_flask = flask.Flask("site")
with_flask.add_url_rule("/", view_func=lambda: flask.request.host_url + "next")
with_proxy_fix = werkzeug.middleware.proxy_fix.ProxyFix(with_flask, x_proto=1, x_host=1)

django.conf.settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF="urls", SECRET_KEY="none", USE_X_FORWARDED_HOST=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), LOGGING_CONFIG=None)
with_django = django.core.wsgi.get_wsgi_application()

logging.disable()

def link(app, fields):  # Where the redirect leads, or the link in the page, or the status of an error.
    environ = {"HTTP_HOST": "site.example", "PATH_INFO": "/"}
    wsgiref.util.setup_testing_defaults(environ)
    environ.update({"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields.items()})
    head = []
    body = b"".join(app(environ, lambda status, lines, error=None: head.extend([status, dict(lines)])))
    return head[0][:3] if head[0][0] in "45" else head[1].get("Location") or body.decode()

PLAIN = {"Host": "site.example"}
ONE = {"X-Forwarded-Host": "a.example", "X-Forwarded-Proto": "https"}
LIST = {"X-Forwarded-Host": "a.example, b.example", "X-Forwarded-Proto": "https, http"}
SITE, OTHER, BROKEN = "http://site.example/next", "https://a.example/next", "https, http://a.example, b.example/next"
cases = [
    ("bottle", "bottle", with_bottle, [SITE, OTHER, "/next"]),
    ("falcon", "falcon's forwarded_prefix", with_falcon, [SITE, OTHER, BROKEN]),
    ("flask", "flask", with_flask, [SITE] * 3),
    ("werkzeug", "flask with ProxyFix", with_proxy_fix, [SITE, OTHER, "http://b.example/next"]),
    ("django", "django told to use them", with_django, [SITE, OTHER, "400"]),
]
right = True
for package, name, app, expected in cases:
    seen = [link(app, fields) for fields in (PLAIN, ONE, LIST)]
    print(f"{package} {importlib.metadata.version(package)}, {name}: without: {seen[0]}; one value: {seen[1]}; a list: {seen[2]}")
    right = right and seen == expected
sys.exit(not right)
END
venv/bin/python probe.py
