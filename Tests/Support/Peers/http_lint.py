"""What httplint finds wrong in answers: http_lint.py PORT FILE.

Each line of the file is a request: its method, its target, and fields with `; ` between them. Prints a line for each: the
request, the status, and the names of the notes of level BAD or WARN.
"""

import http.client
import sys
import time

from httplint.message import HttpRequestLinter, HttpResponseLinter

PORT = int(sys.argv[1])


def lint(method, target, fields):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request(method, target, headers=dict(fields))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    request = HttpRequestLinter(start_time=time.time())
    request.process_request_topline(method.encode(), f"http://127.0.0.1:{PORT}{target}".encode(), b"1.1")
    request.process_headers([(name.encode(), value.encode()) for name, value in fields])
    request.finish_content(True)
    linter = HttpResponseLinter(start_time=time.time())
    linter.request = request
    linter.is_head_response = method == "HEAD"
    linter.process_response_topline(b"1.1", str(answer.status).encode(), answer.reason.encode())
    linter.process_headers([(name.encode(), value.encode()) for name, value in answer.getheaders()])
    # Chunks have been put together.
    linter.feed_content(body)
    linter.finish_content(True)
    return answer.status, [note for note in linter.notes if note.level.name in ("BAD", "WARN")]


for line in open(sys.argv[2]).read().splitlines():
    method, target, *fields = line.split(" ", 2)
    pairs = [tuple(field.split(": ", 1)) for field in (fields[0].split("; ") if fields else [])]
    status, notes = lint(method, target, pairs)
    names = sorted({type(note).__name__ for note in notes})
    print(f"{line}: {status}", *names, flush=True)
