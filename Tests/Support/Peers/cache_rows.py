"""What caches do with the same answers: asks each of them each row, and prints a line of JSON for it; `done` at the end.

It is the origin, too: it prints `port N` first, and waits for a line of NAME=PORT for each cache, so that they can be started
in between.
An outcome is what came of the row's last request: `cache` (the origin saw nothing), `asks`, or `validates` (it saw conditions),
with the status that the client got if that is not 200.
"""
import json
import socket
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time

#: What a conditional request of a cache's own has.
CONDITIONS = ("If-None-Match", "If-Modified-Since")


def date(seconds=0):
    return formatdate(time() + seconds, usegmt=True)


class Moment:
    """A date so many seconds from when it is written: however long the rows before it take, it is as far away."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __str__(self):
        return date(self.seconds)


class Row:
    """An answer of the origin's, and the requests that come for it."""

    def __init__(self, name, fields, status=200, first=(), then=(), between=(), method="GET", ranges=False, target=""):
        self.name, self.fields, self.status, self.ranges = name, fields, status, ranges
        self.requests = [("GET", first), *between, (method, then)]
        self.target = target


FRESH = [("Cache-Control", "max-age=1000")]
TAG, CHANGED = ("ETag", '"a"'), ("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT")
NAME = [("Authorization", "Basic eDp5")]


def says(value, *more):
    return [("Cache-Control", value), *more]


def asked_twice(*fields):
    return dict(first=fields, then=fields)


# RFC 9111 §3, §5.2.2: what may be stored at all.
STORING = [
    Row("max-age", FRESH), Row("s-maxage", says("s-maxage=1000")), Row("public, max-age", says("public, max-age=1000")),
    Row("s-maxage=0, max-age", says("s-maxage=0, max-age=1000")), Row("max-age=0, s-maxage", says("max-age=0, s-maxage=1000")),
    Row("max-age=0", says("max-age=0")), Row("max-age=0 and an ETag", says("max-age=0", TAG)),
    Row("no-store", says("no-store")), Row("no-store, max-age", says("no-store, max-age=1000")),
    Row("private, max-age", says("private, max-age=1000")), Row('private="X", max-age', says('private="X-A", max-age=1000')),
    Row("no-cache", says("no-cache")), Row("no-cache and an ETag", says("no-cache, max-age=1000", TAG)),
    Row("no-cache and Last-Modified", says("no-cache, max-age=1000", CHANGED)),
    Row('no-cache="X", max-age', says('no-cache="X-A", max-age=1000')),
    Row("must-revalidate, max-age", says("must-revalidate, max-age=1000")),
    Row("proxy-revalidate, max-age", says("proxy-revalidate, max-age=1000")),
    Row("must-understand, no-store, max-age", says("must-understand, no-store, max-age=1000")),
    Row("immutable, max-age", says("immutable, max-age=1000")), Row("no-transform, max-age", says("no-transform, max-age=1000")),
    Row("an unknown directive, max-age", says("x-y=z, max-age=1000")), Row("nothing said", []),
    Row("nothing said, Last-Modified", [CHANGED]), Row("public alone", says("public")),
    Row("public, Last-Modified", says("public", CHANGED)),
    Row("Set-Cookie, max-age", [*FRESH, ("Set-Cookie", "a=b")]),
    Row("Set-Cookie, public, max-age", says("public, max-age=1000", ("Set-Cookie", "a=b"))),
    Row("Pragma: no-cache, max-age", [*FRESH, ("Pragma", "no-cache")]), Row("Pragma: no-cache alone", [("Pragma", "no-cache")]),
]
# §4.2.1, §4.2.3, §5.3: for how long, and how old it is already.
LIFETIMES = [
    Row("Expires in an hour", [("Expires", Moment(3600))]), Row("Expires an hour ago", [("Expires", Moment(-3600))]),
    Row("Expires: 0", [("Expires", "0")]), Row("Expires an hour ago, max-age", [*FRESH, ("Expires", Moment(-3600))]),
    Row("Expires in an hour, max-age=0", says("max-age=0", ("Expires", Moment(3600)))),
    Row("Expires an hour after an old Date", [("Date", Moment(-7200)), ("Expires", Moment(-3600))]),
    Row("Expires in asctime's form", [("Expires", "Tue Nov 14 23:13:20 2034")]),
    Row("Expires in RFC 850's form", [("Expires", "Tuesday, 14-Nov-34 23:13:20 GMT")]),
    Row("Expires twice", [("Expires", Moment(3600)), ("Expires", Moment(-3600))]),
    *(Row(f"max-age=100, Age: {age}", says("max-age=100", ("Age", age))) for age in ("50", "100", "200", "x", "-1")),
    Row("max-age=100, Date 200 s ago", says("max-age=100", ("Date", Moment(-200)))),
    Row("max-age=100, Date in 200 s", says("max-age=100", ("Date", Moment(200)))),
    Row("max-age twice, different", says("max-age=100, max-age=50")),
    Row("max-age twice, the same", says("max-age=100, max-age=100")),
    Row("max-age in quotes", says('max-age="100"')), Row("MAX-AGE in capitals", says("MAX-AGE=100")),
    Row("max-age without a number", says("max-age")), Row("max-age=x", says("max-age=x")), Row("max-age=-1", says("max-age=-1")),
    Row("max-age=1.5", says("max-age=1.5")), Row("max-age=99999999999999999999", says("max-age=99999999999999999999")),
    Row("max-age = 100, with spaces", says("max-age = 100")), Row("max-age in a second line", [("Cache-Control", "x"), *FRESH]),
    Row("max-age, no-store in a second line", [*FRESH, ("Cache-Control", "no-store")]),
    Row("stale, stale-while-revalidate", says("max-age=100, stale-while-revalidate=1000", ("Age", "200"))),
    Row("stale, with an ETag", says("max-age=100", ("Age", "200"), TAG)),
]
# §3, RFC 9110 §15: by status.
CODES = (203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421, 500, 501, 502, 503, 504)
STATUSES = [Row(f"{status}, max-age", FRESH, status) for status in CODES]
STATUSES += [Row(f"{status}, nothing said", [], status) for status in (301, 404, 410, 503)]
# §3.5, §5.2.1, §5.4: what the request says.
ASKING = [
    Row("Authorization, max-age", FRESH, **asked_twice(*NAME)),
    Row("Authorization, public", says("public, max-age=1000"), **asked_twice(*NAME)),
    Row("Authorization, s-maxage", says("s-maxage=1000"), **asked_twice(*NAME)),
    Row("Authorization, must-revalidate", says("must-revalidate, max-age=1000"), **asked_twice(*NAME)),
    Row("Authorization after a request without", FRESH, then=NAME),
    Row("without Authorization after one with", FRESH, first=NAME),
    Row("Cookie in both", FRESH, **asked_twice(("Cookie", "a=b"))), Row("Cookie in the second", FRESH, then=[("Cookie", "a=b")]),
    Row("request's no-cache", FRESH, then=says("no-cache")), Row("request's no-store", FRESH, then=says("no-store")),
    Row("request's max-age=0", FRESH, then=says("max-age=0")),
    Row("request's Pragma: no-cache", FRESH, then=[("Pragma", "no-cache")]),
    Row("request's only-if-cached, stored", FRESH, then=says("only-if-cached")),
    Row("another query", FRESH, target="?b"), Row("the query in another order", FRESH, target="?b&a"),
    Row("HEAD after GET", FRESH, method="HEAD"),
]
# §4.1: forms.
FORMS = [
    Row("Vary: X-A, the same", [*FRESH, ("Vary", "X-A")], **asked_twice(("X-A", "1"))),
    Row("Vary: X-A, another", [*FRESH, ("Vary", "X-A")], first=[("X-A", "1")], then=[("X-A", "2")]),
    Row("Vary: X-A, missing", [*FRESH, ("Vary", "X-A")], first=[("X-A", "1")]),
    Row("Vary: x-a, other case of the name", [*FRESH, ("Vary", "x-a")], **asked_twice(("X-A", "1"))),
    Row("Vary: X-A, other spaces", [*FRESH, ("Vary", "X-A")], first=[("X-A", "1, 2")], then=[("X-A", "1,2")]),
    Row("Vary: X-A, two lines for one", [*FRESH, ("Vary", "X-A")], first=[("X-A", "1, 2")], then=[("X-A", "1"), ("X-A", "2")]),
    Row("Vary: *", [*FRESH, ("Vary", "*")]), Row("Vary: *, X-A", [*FRESH, ("Vary", "*, X-A")], **asked_twice(("X-A", "1"))),
    Row("Vary: Accept-Encoding, the same", [*FRESH, ("Vary", "Accept-Encoding")], **asked_twice(("Accept-Encoding", "gzip"))),
    Row("Vary: Accept-Encoding, in another order", [*FRESH, ("Vary", "Accept-Encoding")], first=[("Accept-Encoding", "gzip, br")],
        then=[("Accept-Encoding", "br, gzip")]),
]
# §3.3, §3.4, §4.3: parts and conditions.
PARTS = [
    Row("Range after the whole", [*FRESH, TAG], then=[("Range", "bytes=2-4")]),
    Row("Range past the end, after the whole", [*FRESH, TAG], then=[("Range", "bytes=20-")]),
    Row("several ranges after the whole", [*FRESH, TAG], then=[("Range", "bytes=0-1,4-5")]),
    Row("If-Range with its ETag", [*FRESH, TAG], then=[("Range", "bytes=2-4"), ("If-Range", '"a"')]),
    Row("If-Range with another ETag", [*FRESH, TAG], then=[("Range", "bytes=2-4"), ("If-Range", '"b"')]),
    Row("If-Range with a weak ETag", [*FRESH, ("ETag", 'W/"a"')], then=[("Range", "bytes=2-4"), ("If-Range", 'W/"a"')]),
    Row("a part, then the whole", [*FRESH, TAG], first=[("Range", "bytes=0-4")], ranges=True),
    Row("a part, then the same part", [*FRESH, TAG], ranges=True, **asked_twice(("Range", "bytes=0-4"))),
    Row("a part, then the next one", [*FRESH, TAG], first=[("Range", "bytes=0-4")], then=[("Range", "bytes=5-9")], ranges=True),
    Row("both parts, then the whole", [*FRESH, TAG], first=[("Range", "bytes=0-4")],
        between=[("GET", [("Range", "bytes=5-9")])], ranges=True),
    Row("Range that the origin ignores, then the whole", [*FRESH, TAG], first=[("Range", "bytes=0-4")]),
    Row("416, then the whole", [*FRESH, TAG], first=[("Range", "bytes=20-")], ranges=True),
    Row("If-None-Match with its ETag", [*FRESH, TAG], then=[("If-None-Match", '"a"')]),
    Row("If-None-Match with the weak form of it", [*FRESH, TAG], then=[("If-None-Match", 'W/"a"')]),
    Row("If-None-Match with another", [*FRESH, TAG], then=[("If-None-Match", '"b"')]),
    Row("If-None-Match: *", [*FRESH, TAG], then=[("If-None-Match", "*")]),
    Row("If-Modified-Since its Last-Modified", [*FRESH, CHANGED], then=[("If-Modified-Since", CHANGED[1])]),
    Row("If-Modified-Since before it", [*FRESH, CHANGED], then=[("If-Modified-Since", "Mon, 13 Nov 2023 22:13:20 GMT")]),
    Row("If-None-Match of a first request", [*FRESH, TAG], first=[("If-None-Match", '"a"')]),
]
# §4.4: what changes something.
CHANGES = [
    Row(f"{method} in between", FRESH, between=[(method, [("Content-Length", "0")])])
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "X-UNKNOWN")
]
ROWS = STORING + LIFETIMES + STATUSES + ASKING + FORMS + PARTS + CHANGES
BODY = b"0123456789"


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = {}

    def log_message(self, *_):
        pass

    def answer(self):
        path = self.path.split("?")[0]
        row = ROWS[int(path.split("/")[2])]
        self.seen.setdefault(path, []).append(self.headers)
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        is_read = self.command in ("GET", "HEAD")
        status, body, more = (row.status, BODY, []) if is_read else (200, b"done", [])
        first, last = self.headers.get("Range"), len(BODY) - 1
        if is_read and any(name in self.headers for name in CONDITIONS):
            status, body = 304, b""
        elif is_read and row.ranges and first:
            begin, end = first.removeprefix("bytes=").split("-")
            begin, end = int(begin), int(end or last)
            status, body, more = 206, BODY[begin:end + 1], [("Content-Range", f"bytes {begin}-{end}/10")]
            if begin > last:
                status, body, more = 416, b"", [("Content-Range", "bytes */10")]
        if status == 204:
            body = b""
        self.wfile.write(f"HTTP/1.1 {status} X\r\n".encode())
        fields = (row.fields if is_read else []) + more + [("X-Number", str(len(self.seen[path])))]
        if not any(name == "Date" for name, _ in fields):
            fields = [("Date", date()), *fields]
        if status not in (204, 304):
            fields = [*fields, ("Content-Length", str(len(body)))]
        if status in (300, 301, 302, 303, 307, 308):
            fields = [*fields, ("Location", "/elsewhere")]
        for name, value in fields:
            self.wfile.write(f"{name}: {value}\r\n".encode())
        self.wfile.write(b"\r\n" + (b"" if self.command == "HEAD" else body))

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)


def ask(port, target, method, fields):
    """One request on a connection of its own: the answer's status, and which of the origin's it is, if it says so."""
    with socket.create_connection(("127.0.0.1", port), 90) as wire:
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        wire.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode())
        answer = b""
        while piece := wire.recv(65536):
            answer += piece
    number = answer.lower().partition(b"\r\nx-number: ")[2].partition(b"\r\n")[0]
    return answer.split(b" ", 2)[1].decode() if answer else "nothing", int(number) if number else None


def outcome(cache, port, number, row):
    path = f"/{cache}/{number}"
    *before, (method, fields) = row.requests
    query = "?a&b" if row.target == "?b&a" else "?a" if row.target else ""
    for other, sent in before:
        ask(port, path + query, other, sent)
    count = len(Origin.seen.get(path, []))
    status, answered = ask(port, path + row.target, method, fields)
    # What a cache asks for behind an answer of its own came of nobody's request.
    new = [] if answered is not None and answered <= count else Origin.seen.get(path, [])[count:]
    word = "cache" if not new else "validates" if any(name in new[0] for name in CONDITIONS) else "asks"
    return word if status == "200" else f"{word} {status}"


def main():
    origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    print("port", origin.server_port, flush=True)
    caches = dict(word.split("=") for word in sys.stdin.readline().split())
    for number, row in enumerate(ROWS):
        found = {cache: outcome(cache, int(port), number, row) for cache, port in caches.items()}
        print(json.dumps(dict(name=row.name, **found)), flush=True)
    print("done", flush=True)


main()
