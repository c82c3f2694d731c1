"""How fast one upload and one download are at a distance, over HTTP/2 beside HTTP/1.1.

Two network namespaces, a line between them that takes its time (line.c), curl at one end, the gateway and an upstream at the
other. Prints a table; ends with 1 if HTTP/2 stays under nine tenths of HTTP/1.1's rate, with 69 where it cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NEAR, FAR = f"gatehouse-near-{os.getpid()}", f"gatehouse-far-{os.getpid()}"
#: RFC 5737: documentation's own.
NEAR_ADDRESS, FAR_ADDRESS = "192.0.2.1", "192.0.2.2"
PORT = 8443
UPSTREAM = ROOT / "Tests/Support/Peers/bulk_server.py"
BAR = 0.9
VERSIONS = {"HTTP/1.1": "--http1.1", "HTTP/2": "--http2"}
WAYS = {"download": "speed_download", "upload": "speed_upload"}
CONFIGURATION = """
[logging]
level = "error"
access_log = "none"
[performance]
worker_threads = 1
[security]
max_request_size = "1GB"
[[sites]]
hostname = "localhost"
listen = "{address}"
port = {port}
[sites.ssl]
enabled = true
cert_file = "{certs}/localhost.crt"
key_file = "{certs}/localhost.key"
[sites.proxy]
enabled = true
[[sites.proxy.upstreams]]
name = "bulk"
url = "http://127.0.0.1:{upstream}"
[[sites.proxy.routes]]
path = "/"
upstream = "bulk"
"""


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench-distance", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtt", type=float, default=50, metavar="MS", help="round trip (50 ms)")
    parser.add_argument("--rate", type=float, default=400, metavar="MBIT", help="of the line, each way (400 Mbit/s)")
    parser.add_argument("--size", type=int, default=100, metavar="MB", help="of each transfer (100 MB)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are compared (3)")
    parser.add_argument("--binary", help="a gatehouse; else a release is built")
    return parser.parse_args(words)


def inside(name: str, *command: str, **settings) -> subprocess.Popen:
    return subprocess.Popen(["ip", "netns", "exec", name, *command], **settings)


def run(*command: str) -> None:
    subprocess.run(command, check=True)


@contextlib.contextmanager
def namespaces():
    made = []
    try:
        for name in (NEAR, FAR):
            run("ip", "netns", "add", name)
            made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], check=False)


@contextlib.contextmanager
def running(process: subprocess.Popen):
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def make_line(options: argparse.Namespace, folder: str) -> subprocess.Popen:
    program = f"{folder}/line"
    run("cc", "-O2", "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", program, str(Path(__file__).with_name("line.c")))
    # A queue of a round trip's bytes, as routers have.
    queue = options.rate * options.rtt / 8
    line = subprocess.Popen([program, NEAR, FAR, str(options.rtt / 2), str(options.rate), str(int(queue))],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if line.stdout.readline() != "ready\n":
        raise SystemExit(69)
    for name, mine, other in ((NEAR, NEAR_ADDRESS, FAR_ADDRESS), (FAR, FAR_ADDRESS, NEAR_ADDRESS)):
        run("ip", "-n", name, "address", "add", mine, "peer", other, "dev", "line")
        run("ip", "-n", name, "link", "set", "line", "up", "mtu", "1500", "txqueuelen", "10000")
    return line


def wait_for_gateway() -> None:
    probe = f"import socket; socket.create_connection(({FAR_ADDRESS!r}, {PORT}), 1)"
    for _ in range(200):
        if inside(FAR, sys.executable, "-c", probe, stderr=subprocess.DEVNULL).wait() == 0:
            return
        time.sleep(0.05)
    raise SystemExit(f"bench-distance: nothing listens on port {PORT}")


def transfer(way: str, version: str, options: argparse.Namespace, folder: str) -> float:
    """MB a second."""
    size = options.size * 1_000_000
    body = ["--upload-file", f"{folder}/body"] if way == "upload" else []
    curl = inside(
        NEAR, "curl", "-sS", VERSIONS[version], "--cacert", f"{folder}/certs/ca.crt", "--noproxy", "*",
        "--resolve", f"localhost:{PORT}:{FAR_ADDRESS}", "-H", "Expect:", "-o", "/dev/null",
        "-w", f"%{{http_code}} %{{http_version}} %{{{WAYS[way]}}} %{{size_{way}}}",
        *body, f"https://localhost:{PORT}/{size}", stdout=subprocess.PIPE, text=True)
    status, spoken, rate, moved = curl.communicate()[0].split()
    if (status, int(moved)) != ("200", size) or not version.endswith(spoken):
        raise SystemExit(f"bench-distance: {way} over {version}: status {status}, HTTP/{spoken}, {moved} bytes")
    return float(rate) / 1e6


def measure(options: argparse.Namespace, folder: str) -> bool:
    rates = {(way, version): [] for way in WAYS for version in VERSIONS}
    for _ in range(options.rounds):
        for way, version in rates:
            rates[way, version].append(transfer(way, version, options, folder))
    print(f"{options.size} MB at {options.rtt:g} ms of round trip, {options.rate:g} Mbit/s; MB/s, median (lowest-highest)")
    good = True
    for way in WAYS:
        first, second = (statistics.median(rates[way, version]) for version in VERSIONS)
        cells = [f"{version} {statistics.median(found):6.1f} ({min(found):.1f}-{max(found):.1f})"
                 for version, found in ((version, rates[way, version]) for version in VERSIONS)]
        print(f"{way:9} {'   '.join(cells)}   ratio {second / first:.2f}")
        good = good and second >= BAR * first
    return good


def main(words: list[str]) -> int:
    options = arguments(words)
    missing = [tool for tool in ("ip", "cc", "curl") if not shutil.which(tool)]
    if missing or os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        reason = f"no {missing[0]}" if missing else "network namespaces and a tun device need root, and /dev/net/tun"
        print(f"bench-distance: not run: {reason}", file=sys.stderr)
        return 69
    binary = options.binary
    if not binary:
        run("swift", "build", "-c", "release", "--product", "gatehouse", "--package-path", str(ROOT))
        binary = str(ROOT / ".build/release/gatehouse")
    with tempfile.TemporaryDirectory() as folder, namespaces(), contextlib.ExitStack() as stack:
        subprocess.run([ROOT / "scripts/make-certs", f"{folder}/certs"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        Path(folder, "body").write_bytes(os.urandom(1_000_000) * options.size)
        stack.enter_context(running(make_line(options, folder)))
        upstream = stack.enter_context(running(inside(
            FAR, sys.executable, "-Bu", str(UPSTREAM), stdout=subprocess.PIPE, text=True)))
        Path(folder, "gatehouse.toml").write_text(CONFIGURATION.format(
            address=FAR_ADDRESS, port=PORT, certs=f"{folder}/certs", upstream=upstream.stdout.readline().split()[1]))
        stack.enter_context(running(inside(FAR, binary, "run", "-c", f"{folder}/gatehouse.toml")))
        wait_for_gateway()
        return 0 if measure(options, folder) else 1
