"""Many names: what each costs in memory and at the start, as a plain site, with a certificate of its own, and managed."""

from __future__ import annotations

import ssl
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .gateway import Gateway, free_port

KINDS = ("plain", "static", "managed")


@dataclass(frozen=True)
class Sample:
    """One run."""

    start_seconds: float
    memory_kib: int
    #: When all that it does by itself after the start is done.
    settled_kib: int


def host(number: int) -> str:
    return f"n{number}.names.internal"


def write_configuration(work: Path, kind: str, count: int, port: int) -> Path:
    """A configuration of so many sites of one kind on one port, and one site more."""
    def certificate(number: int) -> str:
        file = work / "state" / "acme" / "certificates" / host(number) / "certificate.pem"
        return {
            "plain": "", "managed": "ssl = { auto_cert = true }\n",
            "static": f'ssl = {{ enabled = true, cert_file = "{file}", key_file = "{file}" }}\n'}[kind]

    text = "".join(
        f'[[sites]]\nhostname = "{host(number)}"\nlisten = "127.0.0.1"\nport = {port}\nstatic_dir = "{work}/www"\n'
        f"{certificate(number)}"
        for number in range(count))
    target = work / f"{kind}-{count}.toml"
    target.write_text(f'[server]\nstate_dir = "{work}/state"\n[performance]\nworker_threads = 1\n{text}')
    return target


def prepare(program: Path, work: Path, count: int, port: int) -> None:
    """Has the internal CA issue all certificates."""
    (work / "www").mkdir(parents=True, exist_ok=True)
    (work / "www" / "index.html").write_text("here\n")
    folder = work / "state" / "acme" / "certificates"

    def issued() -> int:
        return sum(1 for path in folder.glob("*/status.json") if path.with_name("certificate.pem").exists())

    if folder.exists() and issued() >= count:
        return
    with Gateway(program, write_configuration(work, "managed", count, port), port, work / "prepare.log"):
        while issued() < count:
            time.sleep(1)


def measure(program: Path, work: Path, kind: str, count: int, port: int) -> Sample:
    with Gateway(program, write_configuration(work, kind, count, port), port, work / f"{kind}.log") as gateway:
        memory = gateway.memory_kib()
        gateway.settle()
        return Sample(gateway.start_seconds, memory, gateway.memory_kib())


def first_handshakes(program: Path, work: Path, count: int, port: int, sample: int = 200) -> Iterator[tuple[str, float, float]]:
    """How long a name's first handshake takes, and the one after it: medians in milliseconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(work / "state" / "internal" / "root.crt")
    for kind in ("static", "managed"):
        with Gateway(program, write_configuration(work, kind, count, port), port, work / f"{kind}.log") as gateway:
            gateway.settle()
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(0, count, max(1, count // sample)):
                for kept in times:
                    with socket.create_connection(("127.0.0.1", port)) as plain:
                        began = time.perf_counter()
                        context.wrap_socket(plain, server_hostname=host(number)).close()
                        kept.append((time.perf_counter() - began) * 1e3)
            yield kind, statistics.median(times[0]), statistics.median(times[1])


def report(program: Path, work: Path, count: int, rounds: int) -> Iterator[str]:
    """The lines of a report, as they come."""
    port = free_port()
    prepare(program, work, count, port)
    yield "| kind | start, s | memory, MiB | KiB for each name | settled, MiB | KiB for each name |"
    yield "|---|---:|---:|---:|---:|---:|"
    found: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    empty = measure(program, work, "plain", 1, port)
    for _ in range(rounds):
        for kind in KINDS:
            found[kind].append(measure(program, work, kind, count, port))
    middle = {
        kind: sorted(samples, key=lambda sample: sample.start_seconds)[len(samples) // 2] for kind, samples in found.items()}
    for kind, sample in middle.items():
        def each(kib: int) -> float:
            return (kib - empty.settled_kib) / count

        yield (f"| {kind} | {sample.start_seconds:.2f} | {sample.memory_kib / 1024:.1f} | {each(sample.memory_kib):.2f} | "
               f"{sample.settled_kib / 1024:.1f} | {each(sample.settled_kib):.2f} |")
    more = (middle["managed"].settled_kib - middle["plain"].settled_kib) / count
    ratio = middle["managed"].start_seconds / middle["static"].start_seconds
    yield f"\nA managed name costs {more:.2f} KiB more than the same site without TLS; start × {ratio:.2f} of static ones.\n"
    for kind, first, second in first_handshakes(program, work, count, port):
        yield f"- {kind}: a name's first handshake takes {first:.2f} ms, the next one {second:.2f} ms (medians)"
