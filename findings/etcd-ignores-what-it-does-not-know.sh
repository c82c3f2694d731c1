#!/usr/bin/env bash
# Guess: etcd's JSON gateway refuses a field that it does not know, as it refuses an unknown value of an
# enumeration (400) or a key that is not base64.
# What happens: it answers 200 and goes on without the field. A put with "lease_id" instead of "lease"
# stores a key that never expires; a range with "range-end" gives one key instead of many; a grant with
# "ttl" instead of "TTL" gives 2 seconds, the least it has.
# Why it matters to a gateway: state that several gateways share (locks, certificates, counters) hangs on
# such fields. A lock without its lease outlives its owner, and the mistake shows only when an owner dies.
# Read back what was stored: a lease's keys, or the TTL that was granted.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download etcd-server=3.4.23-4+b4
dpkg-deb -x ./etcd-server_*.deb root
cat >probe.py <<'END'
import base64, json, socket, subprocess, sys, time, urllib.error, urllib.request

with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
    client, peer = (f"http://127.0.0.1:{free.getsockname()[1]}" for free in (one, other))
line = ["root/usr/bin/etcd", "--data-dir", "data", "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
print(subprocess.run(line[:1] + ["--version"], capture_output=True, text=True).stdout.splitlines()[0])

def post(path, **fields):
    fields = {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in fields.items()}
    try:
        with urllib.request.urlopen(client + path, json.dumps(fields).encode(), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}

server = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(300):
        try:
            post("/v3/kv/range", key=b"a")
            break
        except OSError:
            time.sleep(0.1)
    lease = post("/v3/lease/grant", TTL=60)[1]["ID"]
    put = post("/v3/kv/put", key=b"lock/1", value=b"me", lease=lease)[0]
    wrong_put = post("/v3/kv/put", key=b"lock/2", value=b"me", lease_id=lease)[0]
    kept = [base64.b64decode(key).decode() for key in post("/v3/lease/timetolive", ID=lease, keys=True)[1]["keys"]]
    print(f"put with lease: {put}; with lease_id: {wrong_put}; the lease has {kept}")
    found = post("/v3/kv/range", key=b"lock/", range_end=b"lock0")[1].get("count")
    wrong_range = post("/v3/kv/range", **{"key": b"lock/", "range-end": b"lock0"})
    print(f"range with range_end: {found} keys; with range-end: {wrong_range[0]}, {wrong_range[1].get('count', 0)} keys")
    wrong_grant = post("/v3/lease/grant", ttl=60)
    print(f"grant with ttl=60: {wrong_grant[0]}, a TTL of {wrong_grant[1]['TTL']} s")
    order = post("/v3/kv/range", key=b"a", sort_order="UP")[0]
    print(f"range with sort_order=UP, which there is not: {order}")
    seen = (put, wrong_put, kept, found, wrong_range[0], wrong_range[1].get("count"), wrong_grant[0], order)
    sys.exit(seen != (200, 200, ["lock/1"], "2", 200, None, 200, 400) or wrong_grant[1]["TTL"] != "2")
finally:
    server.terminate()
    server.wait()
END
python3 probe.py
