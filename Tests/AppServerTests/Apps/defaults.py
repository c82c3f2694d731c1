"""What the installed servers say of themselves: a name, a version, and the seconds for which they keep idle connections."""
import inspect
from importlib.metadata import version


def tell(name, seconds, distribution=None):
    print(name, version(distribution or name), seconds)


import gunicorn.config
tell("gunicorn", gunicorn.config.Keepalive.default)

import uvicorn
tell("uvicorn", uvicorn.Config("app:asgi").timeout_keep_alive)

import hypercorn.config
tell("hypercorn", hypercorn.config.Config().keep_alive_timeout)

import twisted.web.http
tell("daphne", twisted.web.http.HTTPFactory().timeOut)

import granian.http
tell("granian", granian.http.HTTP1Settings().header_read_timeout / 1000)

import waitress.adjustments
tell("waitress", waitress.adjustments.Adjustments.channel_timeout)

import cheroot.server
tell("cheroot", cheroot.server.HTTPServer.timeout)

import tornado.httpserver
tell("tornado", tornado.httpserver.HTTPServer(print).conn_params.header_timeout)

import sanic.config
tell("sanic", sanic.config.DEFAULT_CONFIG["KEEP_ALIVE_TIMEOUT"])

import aiohttp.web
tell("aiohttp", inspect.signature(aiohttp.web.run_app).parameters["keepalive_timeout"].default)

for name in ["Flask", "Django", "gevent"]:
    tell(name, "-")
