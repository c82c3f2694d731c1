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


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
