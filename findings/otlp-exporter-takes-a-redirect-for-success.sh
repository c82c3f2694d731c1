#!/usr/bin/env bash
# Guess: OpenTelemetry's exporter for OTLP/HTTP follows a redirect, as its HTTP library would, or says that
# the export failed; only a 2xx with an answer of OTLP counts as delivered.
# What happens: whatever is below 400 is SUCCESS. It does not follow a 301, 307 or 308, logs nothing, and
# drops the spans. A 200 with a page of HTML, and one whose partial_success says that all spans were
# rejected, are successes as well.
# Why it matters to a gateway: one that redirects HTTP to HTTPS, or a site's every path to its start page,
# swallows all telemetry sent through it, and neither side's log shows an error. Answer paths of
# collectors with an error (404, 421), and test that spans arrive.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-exporter-otlp-proto-http==1.45.2 \
    opentelemetry-sdk==1.45.2
cat >"$work/probe.py" <<'END'
import http.server, importlib.metadata, logging, sys, threading
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, kind, body = ANSWERS[self.path] if self.path in ANSWERS else (200, "application/x-protobuf", b"")
        self.server.paths.append(self.path)
        self.send_response(status)
        if status in (301, 307, 308):
            self.send_header("Location", "/collector")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass

class Said(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())

rejected = ExportTraceServiceResponse()
rejected.partial_success.rejected_spans = 1
rejected.partial_success.error_message = "too old"
ANSWERS = {
    "/301": (301, "text/plain", b""),
    "/307": (307, "text/plain", b""),
    "/308": (308, "text/plain", b""),
    "/page": (200, "text/html", b"<h1>Welcome</h1>"),
    "/rejected": (200, "application/x-protobuf", rejected.SerializeToString()),
    "/404": (404, "text/plain", b""),
}
logging.getLogger().addHandler(Said())
logging.getLogger().setLevel(logging.WARNING)
kept, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
provider.get_tracer("probe").start_span("a").end()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("opentelemetry-exporter-otlp-proto-http", importlib.metadata.version("opentelemetry-exporter-otlp-proto-http"))
right = True
for path in ANSWERS:
    server.paths, Said.lines = [], []
    result = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{server.server_port}{path}").export(kept.get_finished_spans())
    print(f"{path}: {result.name}; requests: {' '.join(server.paths)}; log: {Said.lines or 'nothing'}")
    expected = ("FAILURE", 1) if path == "/404" else ("SUCCESS", 0)
    right = right and server.paths == [path] and (result.name, len(Said.lines)) == expected
sys.exit(not right)
END
"$work/venv/bin/python" "$work/probe.py"
