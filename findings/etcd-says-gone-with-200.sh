#!/usr/bin/env bash
# Guess: who keeps a lease alive that has run out, or watches from a revision that has been compacted away,
# gets an error from etcd's JSON gateway: revoke and put with such a lease are 404, a range is 400.
# What happens: both are 200. The keep-alive's answer has the ID as always and no TTL (0, which this JSON
# leaves out); timetolive says TTL -1. The watch says "created", and then "canceled" with a
# compact_revision, and no event.
# Why it matters to a gateway: what registers itself in etcd under a lease, and looks at the status alone,
# goes on for ever while its key is long gone, and one that watches for keys waits for events that never
# come. Take a missing TTL for an expired lease, and "canceled" for the order to read everything again.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download etcd-server=3.4.23-4+b4
dpkg-deb -x ./etcd-server_*.deb root
cat >probe.py <<'END'
import json, socket, subprocess, sys, time, urllib.error, urllib.request

with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
    client, peer = (f"http://127.0.0.1:{free.getsockname()[1]}" for free in (one, other))
line = ["root/usr/bin/etcd", "--data-dir", "data", "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
print(subprocess.run(line[:1] + ["--version"], capture_output=True, text=True).stdout.splitlines()[0])
KEY = "YQ=="

def post(path, fields):  # The status and the results; of a watch those until it has been canceled.
    try:
        with urllib.request.urlopen(client + path, json.dumps(fields).encode(), timeout=10) as answer:
            results = []
            while text := answer.readline():
                results.append(json.loads(text).get("result") or json.loads(text))
                results[-1].pop("header", None)
                if "canceled" in results[-1]:
                    break
            return answer.status, results
    except urllib.error.HTTPError as error:
        return error.code, []

def show(what, answer):
    print(f"{what}: {answer[0]}", *map(json.dumps, answer[1]))
    return answer

server = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(300):
        try:
            post("/v3/kv/range", {"key": KEY})
            break
        except OSError:
            time.sleep(0.1)
    lease = {"ID": "7"}
    post("/v3/lease/grant", {"ID": "7", "TTL": "600"})
    alive = show("keep-alive of a lease", post("/v3/lease/keepalive", lease))
    post("/v3/lease/revoke", lease)
    gone = [show(f"{path} of a lease that is gone", post(path, lease))
            for path in ("/v3/lease/revoke", "/v3/lease/timetolive", "/v3/lease/keepalive")]
    gone.append(show("put with it", post("/v3/kv/put", {"key": KEY, "value": KEY, "lease": "7"})))
    for _ in range(3):
        post("/v3/kv/put", {"key": KEY, "value": KEY})
    post("/v3/kv/compaction", {"revision": "3"})
    gone.append(show("range of a compacted revision", post("/v3/kv/range", {"key": KEY, "revision": "2"})))
    watch = show("watch from there", post("/v3/watch", {"create_request": {"key": KEY, "start_revision": "2"}}))
finally:
    server.terminate()
    server.wait()
sys.exit((alive, gone, watch) != (
    (200, [{"ID": "7", "TTL": "600"}]),
    [(404, []), (200, [{"ID": "7", "TTL": "-1"}]), (200, [{"ID": "7"}]), (404, []), (400, [])],
    (200, [{"created": True}, {"canceled": True, "compact_revision": "3"}]),
))
END
python3 probe.py
