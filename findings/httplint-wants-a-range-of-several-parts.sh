#!/usr/bin/env bash
# Guess: a checker of HTTP answers takes a 206 of several parts (multipart/byteranges) for right when
# each part has its Content-Range
#   and the head has none; and it knows an answer to a preflight by the answer.
# What happens: httplint calls such a 206 BAD ("doesn't have a Content-Range header"), though RFC 9110
# §15.3.7.2 says that the head
#   must have none, and it says nothing of one that breaks that rule. Its command line, which sees the
# answer alone, calls the
#   fields of every preflight's answer BAD, too; as a library that is given the request, it does not.
# Why it matters to a gateway: who checks one by it must expect this note for several parts, and link
# request and answer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check httplint==2026.10.4
cat >"$work/probe.py" <<'END'
import importlib.metadata, sys, time
from httplint.message import HttpRequestLinter, HttpResponseLinter

PART = b"--b\r\nContent-Type: text/plain\r\nContent-Range: bytes %d-%d/9\r\n\r\nab\r\n"
PARTS = PART % (0, 1) + PART % (4, 5) + b"--b--\r\n"
PARTIAL = [(b"Content-Type", b"multipart/byteranges; boundary=b"), (b"Content-Length", b"%d" % len(PARTS))]
WITH_RANGE = PARTIAL + [(b"Content-Range", b"bytes 0-5/9")]
PREFLIGHT = [(b"Access-Control-Allow-Origin", b"https://a.example"), (b"Access-Control-Allow-Methods", b"POST")]

def notes(status, fields, body=b"", request=None):
    linter = HttpResponseLinter(start_time=time.time())
    linter.request = request
    linter.process_response_topline(b"1.1", status, b"")
    linter.process_headers(fields)
    linter.feed_content(body)
    linter.finish_content(True)
    return [str(note.summary) for note in linter.notes if note.level.name == "BAD"]

preflight = HttpRequestLinter(start_time=time.time())
preflight.process_request_topline(b"OPTIONS", b"https://b.example/", b"1.1")
preflight.process_headers([(b"Origin", b"https://a.example"), (b"Access-Control-Request-Method", b"POST")])
preflight.finish_content(True)
seen = {
    "206 of two parts, as the RFC has it": notes(b"206", PARTIAL, PARTS),
    "206 of two parts, with a Content-Range of its own": notes(b"206", WITH_RANGE, PARTS),
    "a preflight's answer alone": notes(b"204", PREFLIGHT),
    "a preflight's answer with its request": notes(b"204", PREFLIGHT, request=preflight),
}
print(f"httplint {importlib.metadata.version('httplint')}; what it calls BAD:")
for name, said in seen.items():
    print(f"  {name}: {'; '.join(said) or 'nothing'}")
sys.exit([len(said) for said in seen.values()] != [1, 0, 1, 0])
END
"$work/venv/bin/python" "$work/probe.py"
