#!/usr/bin/env bash
# Guess: a traceparent is a trace-id, a parent-id and one byte of flags of which an agent needs one bit: whoever reads "01" reads
# "03", too, which is the same with the flag that says that the trace-id is random (Trace Context Level 2, §3.2.2.3.2). And all
# agents refuse what the recommendation calls invalid: a trace-id of zeros, capital letters, more behind version 00.
# What happens: New Relic's agent (14.1.0) reads the two hexadecimal digits as binary ones: "02", "03" and everything but 00, 01,
# 10 and 11 raise ValueError inside, which it swallows; the request is answered, and belongs to a trace of its own. With "10", of
# which the lowest bit is not set, it says "not sampled" by luck, and "11" has the right bit for the wrong reason. OpenTelemetry,
# Datadog and Elastic go on with the trace. Elastic's agent (6.26.2) also goes on with a trace of zeros, with one in capital
# letters, and with more behind version 00, where the others begin a new one: two services of one request are in two traces.
# Sources: W3CTraceParent.decode in newrelic/common/encoding_utils.py (int(fields[3], 2)), and accept_distributed_trace_headers in
# newrelic/api/transaction.py, which catches all; TraceParent.from_string in elasticapm/utils/disttracing.py (a split at dashes).
# Why it matters to a gateway: SDKs set the random flag as they take up Level 2, and from that day on requests through a gateway
# that passes the field on have lost their trace behind it, without a word in any log. A gateway that takes part in the trace may
# write 00 or 01; and what it holds for no trace, it has to take out or replace, or each agent decides by itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check newrelic==14.1.0 elastic-apm==6.26.2 ddtrace==4.16.0 \
    opentelemetry-api==1.45.2
cat >probe.py <<'END_OF_PROBE'
import importlib.metadata, logging, os, platform, sys, threading, urllib.request, warnings
from wsgiref.simple_server import WSGIRequestHandler, make_server

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
os.environ.update(NEW_RELIC_DEVELOPER_MODE="true", NEW_RELIC_LICENSE_KEY="0" * 40, NEW_RELIC_APP_NAME="probe",
                  NEW_RELIC_LOG="stderr", NEW_RELIC_LOG_LEVEL="critical", DD_TRACE_ENABLED="false",
                  DD_INSTRUMENTATION_TELEMETRY_ENABLED="false", DD_REMOTE_CONFIGURATION_ENABLED="false")
import newrelic.agent
newrelic.agent.initialize()
newrelic.agent.register_application(timeout=10)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CASES = {"01, sampled": f"00-{TRACE}-{SPAN}-01", "00, not sampled": f"00-{TRACE}-{SPAN}-00",
         "03, sampled and random": f"00-{TRACE}-{SPAN}-03", "02, random": f"00-{TRACE}-{SPAN}-02",
         "a later version": f"01-{TRACE}-{SPAN}-01-more", "more behind version 00": f"00-{TRACE}-{SPAN}-01-more",
         "capital letters": f"00-{TRACE.upper()}-{SPAN.upper()}-01", "a trace of zeros": f"00-{'0' * 32}-{SPAN}-01"}

def with_opentelemetry(field):
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    found = trace.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": field})).get_span_context()
    return found.is_valid

def with_datadog(field):
    from ddtrace.propagation.http import HTTPPropagator
    return HTTPPropagator.extract({"traceparent": field}).trace_id is not None

def with_elastic(field):
    from elasticapm.utils.disttracing import TraceParent
    return TraceParent.from_string(field) is not None

traces = []

@newrelic.agent.wsgi_application()
def application(_, start_response):
    traces.append(newrelic.agent.current_trace_id())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()

def with_new_relic(field):
    url = f"http://127.0.0.1:{server.server_port}/"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"traceparent": field}), timeout=20) as answer:
        assert answer.status == 200
    return traces[-1] == field.split("-")[1]

agents = {"opentelemetry-api": with_opentelemetry, "ddtrace": with_datadog, "elastic-apm": with_elastic,
          "newrelic": with_new_relic}
seen = {name: [goes_on(field) for field in CASES.values()] for name, goes_on in agents.items()}
print(f"Python {platform.python_version()}; does the agent go on with the trace?")
print(f"{'traceparent':24}" + "".join(f"{name + ' ' + importlib.metadata.version(name):27}" for name in agents))
for index, case in enumerate(CASES):
    print(f"{case:24}" + "".join(f"{'yes' if seen[name][index] else 'no':27}" for name in agents))
rules = [True] * 5 + [False] * 3
expected = {"opentelemetry-api": rules, "ddtrace": rules, "elastic-apm": [True] * 8,
            "newrelic": [True, True, False, False, True, False, False, False]}
sys.stdout.flush()
os._exit(0 if seen == expected else 1)
END_OF_PROBE
venv/bin/python probe.py
