#!/usr/bin/env bash
# Guess: the limit of concurrency of an application server counts what it has to do at once. A connection on which the answer
# has been sent, and which a gateway keeps for the next request, is nothing to do.
# What happens: it counts. With --limit-concurrency 5 uvicorn answers 503 to the next request, on whichever connection, as soon
# as five are open, though nothing goes on. waitress (connection_limit=5, of which its own listener and trigger take two), gevent
# with a pool of five and granian (--backpressure 5) leave a further connection in the kernel's queue: it is connected, what
# it asks is taken, and no answer comes while the others stay. cheroot with five threads does not mind idle connections.
# Why it matters to a gateway: it keeps idle connections, for each of its workers, and a second gateway does so, too. The
# application is asleep, its health checks, over a connection that is there, are green, and a client gets 503 or waits for a
# minute. Such a limit has to be above all that the gateways may keep, or they have to keep less.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 waitress==3.0.2 gevent==26.9.0 \
    granian==2.8.9 cheroot==11.1.2
cat >app.py <<'END_OF_APP'
def wsgi(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
END_OF_APP
cat >serve.py <<'END_OF_SERVER'
import sys
import app

at = ("127.0.0.1", int(sys.argv[2]))
if sys.argv[1] == "waitress":
    import waitress
    waitress.serve(app.wsgi, host=at[0], port=at[1], connection_limit=5)
elif sys.argv[1] == "gevent":
    import gevent.pywsgi
    gevent.pywsgi.WSGIServer(at, app.wsgi, spawn=5, log=None).serve_forever()
else:
    import cheroot.wsgi
    cheroot.wsgi.Server(at, app.wsgi, numthreads=5, max=5).start()
END_OF_SERVER
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, socket, subprocess, sys, time

OK, REFUSED = "HTTP/1.1 200", "HTTP/1.1 503"
SERVERS = {
    "uvicorn": ("-m uvicorn --port {} --limit-concurrency 5 app:asgi", [OK] * 4 + [REFUSED]),
    "waitress": ("serve.py waitress {}", [OK] * 3 + ["no answer"]),
    "gevent": ("serve.py gevent {}", [OK] * 5 + ["no answer"]),
    "granian": ("-m granian --port {} --interface asgi --backpressure 5 app:asgi", [OK] * 5 + ["no answer"]),
    "cheroot": ("serve.py cheroot {}", [OK] * 8),
}

def ask(port, connections):
    connection = socket.create_connection(("127.0.0.1", port))
    connections.append(connection)
    connection.settimeout(30 if len(connections) < 3 else 3)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: app.example\r\n\r\n")
    try:
        return connection.recv(4096)[:12].decode()
    except TimeoutError:
        return "no answer"

right = True
for name, (command, expected) in SERVERS.items():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("log", "w") as log:
        server = subprocess.Popen([sys.executable, *command.format(port).split()], stdout=log, stderr=log)
    connections = []
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(0.5)  # Until the server has noticed that this one is gone.
        seen = []
        while len(seen) < 8 and all(answer == OK for answer in seen):  # One after the other, and all stay open.
            seen.append(ask(port, connections))
        told = f"{seen.count(OK)} idle connections, and then {seen[-1]}" if seen[-1] != OK else f"all {len(seen)} served"
        print(f"{name} {importlib.metadata.version(name)}, told 5: {told}")
        right = right and seen == expected
    finally:
        for connection in connections:
            connection.close()
        server.terminate()
        server.wait()
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
