"""acme2certifier, an ACME authority of another making than pebble, over TLS on one loopback port.

    acme2certifier_server.py PORT CONFIGURATION CERTIFICATE KEY

Says "ready" when it listens, and for each order a line "order {...}" with what the client wants, as it signs it.
"""
import base64
import io
import json
import os
import sys

port, configuration, certificate, key = sys.argv[1:]
os.environ["ACME_SRV_CONFIGFILE"] = configuration
# Whether names are proved is pebble's part: this one is asked for what pebble does not have.
os.environ["ACME2CERTIFIER_I_KNOW_THE_RISK"] = "1"

from acme2certifier.share import acme2certifier_wsgi  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402


def unpack(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) or b"{}")


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    if environ["PATH_INFO"] == "/acme/neworders":
        print("order", json.dumps(unpack(json.loads(body)["payload"]), sort_keys=True), flush=True)
    head = []
    answer = b"".join(acme2certifier_wsgi.application(environ, lambda *arguments: head.extend(arguments)))
    # Python ends TLS without a word (close_notify): an answer that lasts until then may have been cut off.
    start_response(head[0], head[1] + [("Content-Length", str(len(answer)))])
    return [answer]


server = make_server(
    "127.0.0.1", int(port), application, threaded=False, ssl_context=(certificate, key), request_handler=WSGIRequestHandler)
print("ready", flush=True)
server.serve_forever()
