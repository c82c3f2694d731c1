#!/usr/bin/env bash
# Guess: an application that fails in the middle of an answer of unknown length (the database goes, a row is None) has its server
# break it off, so that everybody sees it: no last chunk in HTTP/1.1, RST_STREAM in HTTP/2. The head, with its 200, has gone.
# What happens: gunicorn, waitress, cheroot, gevent, uvicorn, aiohttp, granian in both protocols and hypercorn in HTTP/1.1 do so.
# tornado logs the error and then writes the last chunk: half of the answer is a whole one. daphne, and hypercorn in HTTP/2, log
# it and send nothing more, neither an end nor a break; the client waits.
# Why it matters to a gateway: tornado's half passes every check of framing, is stored by its cache for the time of max-age, and
# compressed with a right checksum; its log says 200. Behind the two others a fault of a line of code looks like a slow server:
# the gateway's own limit ends it after a minute, and one stream of many is what is lost, where the same application in HTTP/1.1
# broke off at once. Streams need a mark of their own for the end (a last line, a count), and a limit for silence.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile gunicorn==27.0.1 waitress==3.0.2 cheroot==11.1.2 \
    gevent==26.9.0 uvicorn==0.54.0 httptools==0.9.0 aiohttp==3.14.5 granian==2.8.9 hypercorn==0.18.0 daphne==4.2.3 \
    tornado==6.6.1 httpx==0.28.1 h2==4.4.1
cat >app.py <<'END_OF_PYTHON'
import asyncio, sys, time

def pieces():
    yield b"one\n"
    time.sleep(0.2)
    raise ValueError("the second is missing")

def wsgi(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return pieces()

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
        await asyncio.sleep(0.2)
        raise ValueError("the second is missing")

async def serve_tornado(at):
    import tornado.web

    class Answer(tornado.web.RequestHandler):
        async def get(self):
            self.write(b"one\n")
            await self.flush()
            await asyncio.sleep(0.2)
            raise ValueError("the second is missing")

    tornado.web.Application([("/", Answer)]).listen(at[1], at[0])
    await asyncio.Event().wait()

if __name__ == "__main__":
    at = ("127.0.0.1", int(sys.argv[2]))
    if sys.argv[1] == "waitress":
        import waitress
        waitress.serve(wsgi, host=at[0], port=at[1])
    elif sys.argv[1] == "cheroot":
        import cheroot.wsgi
        cheroot.wsgi.Server(at, wsgi).start()
    elif sys.argv[1] == "gevent":
        import gevent.pywsgi
        gevent.pywsgi.WSGIServer(at, wsgi).serve_forever()
    elif sys.argv[1] == "tornado":
        asyncio.run(serve_tornado(at))
    else:
        from aiohttp import web

        async def answer(request):
            stream = web.StreamResponse()
            await stream.prepare(request)
            await stream.write(b"one\n")
            await asyncio.sleep(0.2)
            raise ValueError("the second is missing")

        site = web.Application()
        site.router.add_get("/", answer)
        web.run_app(site, host=at[0], port=at[1], print=None)
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, os, signal, socket, subprocess, sys, time
import httpx

bin = os.path.abspath("venv/bin") + "/"
SERVERS = {
    "gunicorn": [bin + "gunicorn", "--threads", "2", "app:wsgi", "--bind", "127.0.0.1:PORT"],
    "uvicorn": [bin + "uvicorn", "--port", "PORT", "app:asgi"],
    "granian": [bin + "granian", "--interface", "asgi", "--port", "PORT", "app:asgi"],
    "granian, HTTP/2": [bin + "granian", "--http", "2", "--interface", "asgi", "--port", "PORT", "app:asgi"],
    "hypercorn": [bin + "hypercorn", "app:asgi", "--bind", "127.0.0.1:PORT"],
    "hypercorn, HTTP/2": [bin + "hypercorn", "app:asgi", "--bind", "127.0.0.1:PORT"],
    "daphne": [bin + "daphne", "-p", "PORT", "app:asgi"],
} | {name: [bin + "python", "app.py", name, "PORT"] for name in ("waitress", "cheroot", "gevent", "aiohttp", "tornado")}

def end(url, http2):  # How the answer ends for a client.
    body = b""
    with httpx.Client(http1=not http2, http2=http2, timeout=3) as client:
        try:
            with client.stream("GET", url) as answer:
                for piece in answer.iter_bytes():
                    body += piece
            how = "whole"
        except httpx.ReadTimeout:
            how = "silence"
        except (httpx.RemoteProtocolError, httpx.ReadError):
            how = "broken off"
    assert body == b"one\n"
    return how

seen = {}
for name, words in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "a") as log:
        server = subprocess.Popen([word.replace("PORT", str(port)) for word in words], stdout=log, stderr=log,
                                  start_new_session=True)
    try:
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        seen[name] = end(f"http://127.0.0.1:{port}/", "HTTP/2" in name)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    software, _, protocol = name.partition(", ")
    print(f"{software} {importlib.metadata.version(software)}, {protocol or 'HTTP/1.1'}: {seen[name]}")
sys.exit(seen != dict.fromkeys(SERVERS, "broken off") | {"tornado": "whole", "daphne": "silence", "hypercorn, HTTP/2": "silence"})
END_OF_PROBE
venv/bin/python probe.py
