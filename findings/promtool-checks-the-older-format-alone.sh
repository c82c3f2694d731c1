#!/usr/bin/env bash
# Guess: "promtool check metrics" judges what Prometheus would scrape; it is Prometheus' own tool, and Prometheus asks for
# OpenMetrics first. So a page of OpenMetrics without a fault passes, and one that is cut short does not.
# What happens: it reads every input in the older text format. Of OpenMetrics each counter has "no help text" (exit code
# 3), since the name there has no _total; an exemplar or a type such as info is a parsing error (1). Without its "# EOF"
# a gauge passes (0), though Prometheus throws such a page away as a whole.
# Why it matters to a gateway: a check in CI of what "curl -H Accept: application/openmetrics-text" gives fails on a
# right page and passes a wrong one. Check the older format with it, and OpenMetrics with a parser of its own, such as
# that of prometheus-client, or by the metric "up" of a Prometheus that scrapes it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check prometheus-client==0.26.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download prometheus=2.42.0+ds-5+deb12u1
dpkg-deb -x ./*.deb root
root/usr/bin/promtool --version 2>&1 | sed -n 1p
cat >probe.py <<'END_OF_PROBE'
import http.server, importlib.metadata, json, subprocess, sys, threading, time, urllib.error, urllib.request
from prometheus_client import CollectorRegistry, Counter, Gauge, Info
from prometheus_client.openmetrics import exposition

def page(kind):
    metrics = CollectorRegistry()
    if kind == "gauge":
        Gauge("open_connections", "Connections that are open.", registry=metrics).set(2)
    elif kind == "info":
        Info("build", "What this is.", registry=metrics).info({"version": "1"})
    else:
        exemplar = {"trace_id": "1"} if kind == "exemplar" else None
        Counter("requests", "Requests that were answered.", registry=metrics).inc(exemplar=exemplar)
    return exposition.generate_latest(metrics)

PAGES = {kind: page(kind) for kind in ("gauge", "counter", "exemplar", "info")}
PAGES["gauge, cut"] = PAGES["gauge"].removesuffix(b"# EOF\n")

class Target(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", exposition.CONTENT_TYPE_LATEST)
        self.end_headers()
        self.wfile.write(list(PAGES.values())[int(self.path[1:])])

    def log_message(self, *_):
        pass

def scraped():  # Whether Prometheus takes each page.
    targets = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=targets.serve_forever, daemon=True).start()
    addresses = [{"targets": [f"127.0.0.1:{targets.server_port}"]}]
    jobs = [{"job_name": kind, "metrics_path": f"/{number}", "static_configs": addresses} for number, kind in enumerate(PAGES)]
    with open("prometheus.yml", "w") as file:  # JSON is YAML, too.
        json.dump({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}, file)
    free = http.server.HTTPServer(("127.0.0.1", 0), Target)
    port = free.server_port
    free.server_close()
    with open("log", "w") as log:
        prometheus = subprocess.Popen(["root/usr/bin/prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                                       f"--web.listen-address=127.0.0.1:{port}"], stderr=log)
    try:
        for _ in range(60):
            time.sleep(1)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query=up") as answer:
                    found = {one["metric"]["job"]: one["value"][1] == "1" for one in json.load(answer)["data"]["result"]}
            except urllib.error.URLError:
                continue
            if len(found) == len(PAGES):
                return found
    finally:
        prometheus.terminate()
        prometheus.wait()

print("prometheus-client", importlib.metadata.version("prometheus-client"))
expected = {"gauge": (True, 0), "counter": (True, 3), "exemplar": (True, 1), "info": (True, 1), "gauge, cut": (False, 0)}
takes = scraped()
seen = {}
for kind, text in PAGES.items():
    check = subprocess.run(["root/usr/bin/promtool", "check", "metrics"], input=text, capture_output=True)
    seen[kind] = (takes[kind], check.returncode)
    verdict = "takes it" if takes[kind] else "takes nothing"
    print(f"OpenMetrics, {kind}: Prometheus {verdict}; promtool's exit code {check.returncode}")
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
