#!/usr/bin/env bash
# Guess: a cookie that a parser does not like is lost alone; the session beside it is found. And "version" is
# a name for a cookie as good as any (RFC 6265 §4.1.1).
# What happens: Python's http.cookies, and so bottle and CherryPy, give no cookie at all if the first one is
# called version or path, since those were attributes in RFC 2109. Behind a value with quotes inside,
# as scripts write JSON into cookies and browsers send it, they see nothing more. Flask, Django, Starlette,
# falcon, Pyramid and tornado find the session each time.
# Why it matters to a gateway: cookies come from whatever shares the domain: consent banners, statistics, the
# gateway's own for sticky sessions. It must not call its own by such a name, and where users of one browser
# are logged out it is worth a look at all their cookies, and to remove those that a route does not need.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check bottle==0.13.4 cherrypy==18.10.0 flask==3.1.3 werkzeug==3.1.9 \
    django==5.2.19 starlette==1.10.0 falcon==4.4.0 pyramid==2.1 webob==1.8.11 tornado==6.6.1
cd "$work"
cat >probe.py <<'END'
import http.cookies, importlib.metadata, io, platform, sys
import bottle, cherrypy, django.conf, django.core.handlers.wsgi, falcon.testing, flask, pyramid.request, starlette.requests
import tornado.httputil

django.conf.settings.configure()
FIELDS = {"ordinary": "theme=dark; sid=9", "version first": "version=2; sid=9", "path first": "path=a; sid=9",
          "JSON before": 'prefs={"a":1}; sid=9', "JSON behind": 'sid=9; prefs={"a":1}'}

def environ(field):
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SCRIPT_NAME": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
            "HTTP_HOST": "localhost", "HTTP_COOKIE": field}

def with_http_cookies(field):
    parsed = http.cookies.SimpleCookie(field)
    return parsed["sid"].value if "sid" in parsed else None

class Site:
    @cherrypy.expose
    def index(self):
        return cherrypy.request.cookie["sid"].value if "sid" in cherrypy.request.cookie else "-"

site = cherrypy.Application(Site(), "")
cherrypy.log.screen = site.log.screen = False

def with_cherrypy(field):
    text = b"".join(site(environ(field), lambda *_: None)).decode()
    return None if text == "-" else text

def with_starlette(field):
    scope = {"type": "http", "headers": [(b"cookie", field.encode())]}
    return starlette.requests.Request(scope).cookies.get("sid")

def with_tornado(field):
    request = tornado.httputil.HTTPServerRequest(
        "GET", "/", headers=tornado.httputil.HTTPHeaders({"Cookie": field}), connection=object())
    return request.cookies["sid"].value if "sid" in request.cookies else None

parsers = {
    "http.cookies": with_http_cookies,
    "bottle": lambda field: bottle.BaseRequest(environ(field)).get_cookie("sid"),
    "cherrypy": with_cherrypy,
    "flask": lambda field: flask.Request(environ(field)).cookies.get("sid"),
    "django": lambda field: django.core.handlers.wsgi.WSGIRequest(environ(field)).COOKIES.get("sid"),
    "starlette": with_starlette,
    "falcon": lambda field: falcon.Request(environ(field)).cookies.get("sid"),
    "pyramid": lambda field: pyramid.request.Request(environ(field)).cookies.get("sid"),
    "tornado": with_tornado,
}
LOSES, FINDS = ["9", None, None, None, "9"], ["9"] * 5
right = True
for name, parse in parsers.items():
    seen = [parse(field) for field in FIELDS.values()]
    version = platform.python_version() if name == "http.cookies" else importlib.metadata.version(name)
    told = "; ".join(f"{field}: {'found' if value == '9' else 'lost'}" for field, value in zip(FIELDS, seen))
    print(f"{name} {version}: {told}")
    right = right and seen == (LOSES if name in ("http.cookies", "bottle", "cherrypy") else FINDS)
sys.exit(not right)
END
venv/bin/python -W ignore probe.py
