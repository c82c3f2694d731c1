"""Applications that answer with what they see of a request: one for each interface or framework, made when it is asked for."""
import json
from wsgiref.util import request_uri
from urllib.parse import urlsplit


def answer(url, client, body):
    """url: as the application would write a link to itself; body: what it could read."""
    parts = urlsplit(url)
    seen = dict(scheme=parts.scheme, host=parts.netloc, path=parts.path, query=parts.query, client=client, body=len(body))
    return json.dumps(seen).encode()


def wsgi(environ, start_response):
    has_body = environ.get("wsgi.input_terminated") or environ.get("CONTENT_LENGTH")
    body = environ["wsgi.input"].read() if has_body else b""
    out = answer(request_uri(environ), environ["REMOTE_ADDR"], body)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(out)))])
    # For HEAD, too: servers differ in what they do about it.
    return [out]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    host = dict(scope["headers"])[b"host"].decode()
    # Not every server has the path as it came, or a scheme for a WebSocket: by ASGI that means ws.
    path = (scope.get("raw_path") or scope["path"].encode()).decode()
    url = f"{scope.get('scheme', 'ws')}://{host}{path}?{scope['query_string'].decode()}"
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": answer(url, scope["client"][0], b"").decode()})
        await send({"type": "websocket.close"})
        return
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    out = answer(url, scope["client"][0], body)
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(out)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": out})


def make_flask():
    from flask import Flask, request

    flask = Flask("app")

    @flask.route("/<path:path>", methods=["GET", "POST"])
    def see(path):
        return answer(request.url, request.remote_addr, request.get_data())

    return flask


def make_tornado_application():
    from tornado.web import Application, RequestHandler

    class See(RequestHandler):
        def get(self):
            self.write(answer(self.request.full_url(), self.request.remote_ip, self.request.body))

        head = post = get

    return Application([("/.*", See)])


def make_sanic():
    from sanic import Sanic
    from sanic.response import raw

    sanic = Sanic("app")

    @sanic.route("/<path:path>", methods=["GET", "HEAD", "POST"])
    async def see(request, path):
        return raw(answer(request.url, request.client_ip, request.body))

    return sanic


def make_aiohttp_application():
    from aiohttp import web

    async def see(request):
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        return web.Response(body=answer(url, request.remote, await request.read()))

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", see)
    return application


def __getattr__(name):
    make = globals().get("make_" + name)
    if make is None:
        raise AttributeError(name)
    return globals().setdefault(name, make())
