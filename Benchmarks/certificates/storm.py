"""A renewal storm: what a client that keeps its connection notices while all certificates are renewed at once.

The gateway, with one worker, has a core of its own; the client, pebble and its DNS server share the other one, where the client
goes first: an authority has a machine of its own. So that what is left of their doing is not taken for the gateway's, there is a
third kind of run beside quiet and storm: the same storm, of another gateway on the client's core.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness import prepare

from .authority import Pebble
from .gateway import GATEWAY_CORE, LOAD_CORE, Gateway, free_port, on_core

KINDS = ("quiet", "elsewhere", "storm")
#: A first order takes no longer.
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Sample:
    """One run."""

    p50_us: float
    p99_us: float
    p999_us: float
    #: While the client was measured.
    renewals: int
    #: CPU milliseconds of the gateway's thread that renews, for each of them.
    renewer_ms: float


@dataclass(frozen=True)
class Stage:
    """What all runs share."""

    program: Path
    work: Path
    pebble: Pebble
    count: int
    port: int
    http_port: int
    seconds: float
    rate: int

    def state(self, kind: str) -> Path:
        return self.work / f"state-{kind}"

    def configuration(self, name: str, state: Path, port: int, http_port: int) -> Path:
        """Sites that pebble has certificates for, and one that serves the client."""
        site = f'listen = "127.0.0.1"\nstatic_dir = "{self.work}/www"\n'
        acme = f'[sites.ssl.acme]\ndirectory = "{self.pebble.directory}"\nca_file = "{self.work}/certs/ca.crt"\n'
        managed = "".join(
            f'[[sites]]\nhostname = "n{number}.test"\nport = {port}\n{site}[sites.ssl]\nauto_cert = true\n{acme}'
            for number in range(self.count))
        file = self.work / f"{name}.toml"
        file.write_text(
            f'[server]\nstate_dir = "{state}"\n[performance]\nworker_threads = 1\n'
            f'[[sites]]\nhostname = "localhost"\nport = {port}\ndefault = true\n{site}'
            f'ssl = {{ enabled = true, cert_file = "{self.work}/certs/localhost.crt", '
            f'key_file = "{self.work}/certs/localhost.key" }}\n'
            f'[[sites]]\nhostname = "plain.test"\nport = {http_port}\n{site}{managed}')
        return file

    def gateway(self, name: str, state: Path, port: int, http_port: int, core: int) -> Gateway:
        return Gateway(self.program, self.configuration(name, state, port, http_port), port, self.work / f"{name}.log", core)


def statuses(state: Path) -> list[Path]:
    return list((state / "acme" / "certificates").glob("n*/status.json"))


def issue(stage: Stage) -> None:
    """Has pebble issue all certificates once."""
    state, end = stage.state("first"), time.monotonic() + PATIENCE_SECONDS + stage.count
    with stage.gateway("first", state, stage.port, stage.http_port, GATEWAY_CORE) as gateway:
        while sum('"notAfter"' in file.read_text() for file in statuses(state)) < stage.count:
            if time.monotonic() > end:
                raise RuntimeError(f"not all were issued: {gateway.log.read_text()[-2000:]}")
            time.sleep(1)


def fresh(stage: Stage, kind: str, is_due: bool) -> Path:
    """A copy of the state in which none, or each, is due."""
    state = stage.state(kind)
    shutil.rmtree(state, ignore_errors=True)
    shutil.copytree(stage.state("first"), state)
    for file in statuses(state):
        status = json.loads(file.read_text())
        # pebble tells no window: nobody is asked for one while the client is measured.
        status["nextLook"] = int(time.time()) + 86_400
        if is_due:
            status["nextTry"] = 1
        file.write_text(json.dumps(status))
    return state


def measure(stage: Stage, kind: str) -> Sample:
    with ExitStack() as stack:
        state = fresh(stage, kind, kind == "storm")
        # Challenges come to the port that pebble looks at: to the gateway that renews.
        http_port = free_port() if kind == "elsewhere" else stage.http_port
        gateway = stack.enter_context(stage.gateway(kind, state, stage.port, http_port, GATEWAY_CORE))
        renewing = gateway
        if kind == "quiet":
            gateway.settle()
        elif kind == "elsewhere":
            gateway.settle()
            other = fresh(stage, "other", True)
            renewing = stack.enter_context(stage.gateway("other", other, free_port(), stage.http_port, LOAD_CORE))
        command = [
            str(prepare.PROGRAMS / "load"), "--work", "http", "--port", str(stage.port), "--path", "/index.html",
            "--connections", "8", "--rate", str(stage.rate), "--warmup", "1", "--seconds", str(stage.seconds)]
        load = stack.enter_context(subprocess.Popen(on_core(LOAD_CORE, *command), stdout=subprocess.PIPE, text=True))
        assert load.stdout
        moments = {}
        for word in ("begin", "end"):
            if load.stdout.readline().strip() != word:
                raise RuntimeError("the load generator ended early")
            moments[word] = (renewing.log.read_text().count("a new certificate is in use"), renewing.thread_seconds("acme"))
        figures = json.loads(load.stdout.readline())
        if figures["errors"]:
            raise RuntimeError(f"{figures['errors']} errors, first: {figures['first_error']}")
        renewals = moments["end"][0] - moments["begin"][0]
        if kind != "quiet" and moments["end"][0] >= stage.count:
            raise RuntimeError("the storm was over before its client was: more --names, or fewer --seconds")
        spent = (moments["end"][1] - moments["begin"][1]) * 1e3 / max(1, renewals)
        return Sample(figures["p50_us"], figures["p99_us"], figures["p999_us"], renewals, spent)


def pause() -> None:
    print("bench-certificates: all certificates are there; a line on standard input begins the measurement", file=sys.stderr)
    sys.stdin.readline()


def report(
    program: Path, work: Path, count: int, rounds: int, seconds: float, rate: int, pauses: bool
) -> Iterator[str]:
    """The lines of a report, as they come."""
    prepare.build_c_programs()
    (work / "www").mkdir(parents=True, exist_ok=True)
    (work / "www" / "index.html").write_text("here\n")
    subprocess.run([program, "tls", "issue", "localhost", "--out", work / "certs"], check=True, stdout=subprocess.DEVNULL)
    http_port = free_port()
    found: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    with Pebble(work, work / "certs", http_port) as pebble:
        stage = Stage(program, work, pebble, count, free_port(), http_port, seconds, rate)
        issue(stage)
        pebble.let_others_go_first()
        if pauses:
            pause()
        for _ in range(rounds):
            for kind in KINDS:
                found[kind].append(measure(stage, kind))
    yield f"{rate} requests a second on 8 kept connections, {seconds:g} s, {count} certificates; medians of {rounds} rounds\n"
    yield "| run | p50, µs | p99, µs | p99.9, µs | renewals | CPU ms of the renewer for each |"
    yield "|---|---:|---:|---:|---:|---:|"

    def middle(kind: str, field: str) -> float:
        return statistics.median(getattr(sample, field) for sample in found[kind])

    for kind in KINDS:
        figures = " | ".join(f"{middle(kind, field):,.0f}" for field in ("p50_us", "p99_us", "p999_us", "renewals"))
        yield f"| {kind} | {figures} | {middle(kind, 'renewer_ms'):.1f} |"
    quiet, storm, elsewhere = (middle(kind, "p99_us") for kind in ("quiet", "storm", "elsewhere"))
    yield f"\np99 in the storm: × {storm / quiet:.2f} of quiet, × {storm / elsewhere:.2f} of a storm elsewhere."
