"""What is varied, one thing at a time, and how fast each figure may grow with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from harness.scenarios import SMALL_BODY, Load, Scenario

from .shapes import Shape, host

#: Clients where something else is varied.
CLIENTS = 64
#: Units per second of the paced loads: far below what one core can do, so that latency is not a queue that the load makes.
PACED_RATE = 2000.0
EVERY_CLIENT = "each client costs a TLS session and its state"
QUEUE = "it is the queue that the clients make: their number by the rate; clients-paced has the latency without it"
EVERY_ROUTE = "each route is read and kept"
EVERY_SITE = "each site has a certificate, a key and a plan of its own"
EVERY_SERVER = "each server has connections, counters and health of its own"


@dataclass(frozen=True)
class Dimension:
    """One thing that is varied."""

    name: str
    summary: str
    #: What a step is a number of.
    counted: str
    unit: str
    steps: tuple[int, ...]
    load: Callable[[int], Load]
    #: Series by name; `nginx` has no shape.
    series: dict[str, Callable[[int], Shape] | None]
    path: str = "/plain/small"
    rate: float = 0.0
    #: Figures that may grow in proportion to the step, and why they do; all others may grow with its logarithm.
    linear: dict[str, str] = field(default_factory=dict)
    #: Figures that are not judged, and why.
    explained: dict[str, str] = field(default_factory=dict)

    def scenario(self, step: int) -> Scenario:
        return Scenario(f"{self.name}-{step}", self.unit, self.summary, self.path, self.load(step))


#: Small answers, whose cost is what happens around them.
SMALL = Load(connections=CLIENTS, expect_bytes=len(SMALL_BODY))
CLIENT_STEPS = (10, 100, 1000, 10_000)
DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "clients", "kept TLS connections, all of them busy: the next request follows each answer", "client", "request",
        CLIENT_STEPS, lambda step: replace(SMALL, connections=step),
        {"1 worker": lambda _: Shape(), "2 workers": lambda _: Shape(workers=2), "nginx": None},
        linear={"pss_kib": EVERY_CLIENT}, explained={"p50_us": QUEUE, "p99_us": QUEUE}),
    Dimension(
        "clients-paced", f"kept TLS connections that take turns, {PACED_RATE:,.0f} requests a second in all", "client", "request",
        CLIENT_STEPS, lambda step: replace(SMALL, connections=step),
        {"1 worker": lambda _: Shape(), "2 workers": lambda _: Shape(workers=2), "nginx": None}, rate=PACED_RATE,
        linear={"pss_kib": EVERY_CLIENT}),
    Dimension(
        "routes", f"routes of one site, of which each request takes another; {CLIENTS} clients", "route", "request",
        (10, 100, 1000, 10_000), lambda step: replace(SMALL, variants=step),
        {"1 worker": lambda step: Shape(routes=step)}, path="/service-%d/small",
        linear={"pss_kib": EVERY_ROUTE, "start_ms": EVERY_ROUTE}),
    Dimension(
        "sites", f"sites with 10 routes each, of which each of {CLIENTS} kept connections has another", "site", "request",
        (1, 10, 100, 1000), lambda step: replace(SMALL, variants=step, host=host("%d")),
        {"1 worker": lambda step: Shape(sites=step, routes=10)}, path="/service-9/small",
        linear={"pss_kib": EVERY_SITE, "start_ms": EVERY_SITE}),
    Dimension(
        "handshakes", "the same sites, a new connection with a full handshake for each request, 16 at once", "site", "connection",
        (1, 10, 100, 1000), lambda step: replace(SMALL, work="connect", connections=16, variants=step, host=host("%d")),
        {"1 worker": lambda step: Shape(sites=step, routes=10)}, path="/service-9/small",
        linear={"pss_kib": EVERY_SITE, "start_ms": EVERY_SITE}),
    Dimension(
        "servers", f"upstream servers of one group, by turns; {CLIENTS} clients", "server", "request",
        (1, 8, 64, 512), lambda _: SMALL, {"1 worker": lambda step: Shape(servers=step)},
        linear={"pss_kib": EVERY_SERVER, "start_ms": EVERY_SERVER}),
)
MOST_SERVERS = 512
