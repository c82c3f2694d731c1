#!/usr/bin/env bash
# Guess: a WSGI server joins lines of one name with commas (RFC 9110 §5.3), and Cookie's with semicolons,
# since HTTP/2 clients send each cookie as a field of its own (RFC 9113 §8.2.3).
# What happens: cheroot keeps the last line: of two X-Forwarded-For only the second is left, and of two
# cookies one. gunicorn, waitress and Werkzeug join cookies with commas: to Python's parser the first
# cookie's value is then "1,b=2", and there is no second, or (waitress) "1,". granian does both right.
# Why it matters to a gateway: one that hands on the fields of HTTP/2 as lines of HTTP/1.1 logs users out,
# and one that adds a line to X-Forwarded-For instead of a value loses the chain, or is the one whose line
# is lost. It has to join cookies with "; ", and write one line for each list that it adds to.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check cheroot==11.1.2 gunicorn==27.0.1 waitress==3.0.2 \
    werkzeug==3.1.9 granian==2.8.9
cd "$work"
cat >wsgi.py <<'END'
import http.cookies

def app(environ, start_response):
    cookies = http.cookies.SimpleCookie(environ["HTTP_COOKIE"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    told = [environ["HTTP_X_FORWARDED_FOR"].replace(", ", ",")] + [f"{name}={value.value}" for name, value in cookies.items()]
    return [" ".join(told).encode()]
END
cat >with_werkzeug.py <<'END'
import sys, werkzeug.serving, wsgi

werkzeug.serving.run_simple("127.0.0.1", int(sys.argv[1]), wsgi.app)
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def ask(port, *fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", "/")
    for name, value in fields:
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse().read().decode()

ONE_LINE = [("X-Forwarded-For", "192.0.2.1, 192.0.2.2"), ("Cookie", "a=1; b=2")]
TWO_LINES = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2"), ("Cookie", "a=1"), ("Cookie", "b=2")]

def served(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = ["venv/bin/" + line.split()[0]] + [word.replace("PORT", str(port)) for word in line.split()[1:]]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                return ask(port, *ONE_LINE), ask(port, *TWO_LINES)
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("it does not come up: " + " ".join(line))
    finally:
        server.terminate()
        server.wait()

RIGHT, COMMA, BLANK = (f"192.0.2.1,192.0.2.2 {cookies}" for cookies in ("a=1 b=2", "a=1,b=2", "a=1, b=2"))
servers = [
    ("cheroot", "cheroot wsgi:app --bind 127.0.0.1:PORT", "192.0.2.2 b=2"),
    ("gunicorn", "gunicorn wsgi:app --bind 127.0.0.1:PORT", COMMA),
    ("waitress", "waitress-serve --no-clear-untrusted-proxy-headers --listen=127.0.0.1:PORT wsgi:app", BLANK),
    ("werkzeug", "python with_werkzeug.py PORT", COMMA),
    ("granian", "granian wsgi:app --interface wsgi --port PORT", RIGHT),
]
right = True
for name, line, expected in servers:
    one, two = served(line)
    print(f"{name} {importlib.metadata.version(name)}: in one line each: {one}; in two lines each: {two}")
    right = right and (one, two) == (RIGHT, expected)
sys.exit(not right)
END
venv/bin/python probe.py
