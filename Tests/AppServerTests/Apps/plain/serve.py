"""Runs an application with a server that has no command of its own, as its documentation begins: serve.py NAME PORT"""
import sys

import app


def cheroot(port):
    from cheroot.wsgi import Server
    Server(("127.0.0.1", port), app.wsgi).start()


def gevent(port):
    from gevent.pywsgi import WSGIServer
    WSGIServer(("127.0.0.1", port), app.wsgi).serve_forever()


def tornado(port):
    from tornado.ioloop import IOLoop
    app.tornado_application.listen(port, "127.0.0.1")
    IOLoop.current().start()


def sanic(port):
    app.sanic.run("127.0.0.1", port, single_process=True)


def aiohttp(port):
    from aiohttp import web
    web.run_app(app.aiohttp_application, host="127.0.0.1", port=port)


def wsgiref(port):
    from werkzeug.wsgi import get_input_stream
    from wsgiref.simple_server import make_server

    def framed(environ, start_response):
        # Its input has no end: frameworks read no more than the length.
        return app.wsgi(environ | {"wsgi.input": get_input_stream(environ)}, start_response)

    make_server("127.0.0.1", port, framed).serve_forever()


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
