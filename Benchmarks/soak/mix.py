"""The mixed load: what well-behaved clients do, each part at a steady rate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from harness.generator import Generator, MeasurementFailed, Run, command
from harness.scenarios import FILES, KIB, SMALL_BODY, Load
from harness.site import Site


@dataclass(frozen=True)
class Part:
    """One kind of work. The rates together take less than half of a core: latency is then the gateway's, not a queue's."""

    name: str
    path: str
    load: Load
    rate: float


SMALL = len(SMALL_BODY)
MIX: tuple[Part, ...] = (
    Part("small answers from an http upstream", "/plain/small", Load(connections=16, expect_bytes=SMALL), 400),
    Part("small answers from an https upstream", "/secure/small", Load(connections=8, expect_bytes=SMALL), 100),
    Part("10 KiB answers", "/plain/files/10k.bin", Load(connections=8, expect_bytes=FILES["10k.bin"]), 100),
    Part("1 MiB answers", "/plain/files/1m.bin", Load(connections=4, expect_bytes=FILES["1m.bin"]), 10),
    Part("uploads of 64 KiB", "/echo/upload", Load(connections=4, upload_bytes=64 * KIB, expect_bytes=SMALL), 40),
    Part("static files of 100 KiB", "/static/100k.bin", Load(connections=4, expect_bytes=FILES["100k.bin"]), 40),
    Part("new connections, full handshakes", "/plain/small", Load("connect", connections=4, expect_bytes=SMALL), 20),
    Part("new connections, resumed handshakes", "/plain/small",
         Load("connect", connections=4, expect_bytes=SMALL, resume=True), 20),
    Part("wss messages of 1 KiB and echo", "/echo/ws", Load("ws", connections=16, message_bytes=KIB), 200),
    Part("wss messages of 64 KiB and echo", "/echo/ws", Load("ws", connections=2, message_bytes=64 * KIB), 10),
)


@dataclass
class Outcome:
    """What a part did in the whole time."""

    name: str
    units: int = 0
    error: str = ""


class Running:
    """All parts at once, for so many seconds."""

    def __init__(self, site: Site, seconds: float) -> None:
        self._site, self._seconds = site, seconds
        self._generators: list[tuple[Part, Generator]] = []

    @contextlib.contextmanager
    def started(self) -> Iterator[Running]:
        with contextlib.ExitStack() as stack:
            for part in MIX:
                words = command(self._site, part.load, part.path, Run(self._seconds, 0.0, part.rate))
                self._generators.append((part, stack.enter_context(Generator(self._site, words, self._seconds))))
            for _, generator in self._generators:
                generator.expect("begin")
            yield self

    def outcomes(self) -> list[Outcome]:
        """Waits for the end of all."""
        found: list[Outcome] = []
        for part, generator in self._generators:
            outcome = Outcome(part.name)
            try:
                generator.expect("end")
                outcome.units = int(generator.outcome()["units"])
            except MeasurementFailed as failure:
                outcome.error = str(failure)
            found.append(outcome)
        return found
