"""The table of scenarios: what each measures, and what a program must be able to do to take part."""

from __future__ import annotations

from dataclasses import dataclass, field

KIB = 1024
MIB = 1024 * 1024
SMALL_BODY = "a" * 95
#: Static files and upstream files: name to size in bytes.
FILES = {"1k.bin": KIB, "10k.bin": 10 * KIB, "100k.bin": 100 * KIB, "1m.bin": MIB, "10m.bin": 10 * MIB}
#: A file of text, which compresses to about a third; beside it lies what gzip makes of it.
TEXT_FILE, TEXT_SIZE = "100k.css", 100 * KIB
#: The same text ten times as long, which a gateway compresses itself.
LONG_TEXT_FILE, LONG_TEXT_SIZE = "1m.css", MIB


@dataclass(frozen=True)
class Load:
    """What the load generator does (see Benchmarks/load/main.c)."""

    work: str = "http"
    #: Of the ports of the site, the one that it goes to.
    port: str = "port"
    connections: int = 32
    #: At a time on each connection, in HTTP/2; 0: HTTP/1.1.
    streams: int = 0
    expect_bytes: int | None = None
    upload_bytes: int = 0
    #: The upload is a call of gRPC's: one message, without a length.
    is_call: bool = False
    message_bytes: int = 0
    #: Accept-Encoding; empty: none is sent.
    accept: str = ""
    resume: bool = False
    hold: bool = False
    #: A `%d` in the host or in the scenario's path stands for a number below `variants`, which take turns.
    host: str = "localhost"
    variants: int = 1


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    unit: str
    summary: str
    path: str
    load: Load
    needs: frozenset[str] = field(default_factory=frozenset)
    #: The format of Gatehouse's access log; the peers write their usual one. Empty: there is no log.
    logging: str = ""
    #: A second Gatehouse takes part, without log and metrics.
    bare: bool = False
    #: Open loop: this share of the reference peer's capacity, measured first.
    rate_share: float = 0.0
    #: The figures whose ratio to the best peer is printed.
    ratios: tuple[str, ...] = ("user_us", "total_us")
    #: Whether the floor program takes part.
    floor: bool = False


def _small(connections: int, streams: int = 0) -> Load:
    return Load(connections=connections, streams=streams, expect_bytes=len(SMALL_BODY))


def _needs(*features: str) -> frozenset[str]:
    return frozenset(features)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("small-32", "request", "https → http, 95-byte answers, keep-alive, 32 clients",
             "/plain/small", _small(32), _needs("proxy"), floor=True),
    Scenario("small-1000", "request", "the same with 1,000 clients",
             "/plain/small", _small(1000), _needs("proxy"), floor=True),
    Scenario("small-32-log", "request", "small-32 with an access log to a file",
             "/plain/small", _small(32), _needs("proxy"), logging="combined"),
    Scenario("small-32-json", "request", "small-32 with metrics and an access log as JSON; gatehouse-bare has neither",
             "/plain/small", _small(32), _needs("proxy"), logging="json", bare=True),
    Scenario("https-https", "request", "https → https, 95-byte answers, keep-alive, 32 clients",
             "/secure/small", _small(32), _needs("proxy", "secure")),
    Scenario("body-10k", "request", "https → http, 10 KiB answers, 32 clients",
             "/plain/files/10k.bin", Load(expect_bytes=10 * KIB), _needs("proxy")),
    Scenario("body-1m", "request", "https → http, 1 MiB answers, 8 clients",
             "/plain/files/1m.bin", Load(connections=8, expect_bytes=MIB), _needs("proxy")),
    Scenario("upload-1m", "request", "https → http, 1 MiB request bodies, 8 clients",
             "/echo/upload", Load(connections=8, upload_bytes=MIB, expect_bytes=len(SMALL_BODY)), _needs("proxy")),
    Scenario("h2-32x10", "request", "HTTP/2 → http, 95-byte answers, 32 clients with 10 streams each",
             "/plain/small", _small(32, 10), _needs("proxy", "http2")),
    Scenario("h2-1x100", "request", "HTTP/2 → http, 95-byte answers, one client with 100 streams",
             "/plain/small", _small(1, 100), _needs("proxy", "http2")),
    Scenario("h2-body-10k", "request", "HTTP/2 → http, 10 KiB answers, 32 clients with 10 streams each",
             "/plain/files/10k.bin", Load(streams=10, expect_bytes=10 * KIB), _needs("proxy", "http2")),
    Scenario("h2-body-1m", "request", "HTTP/2 → http, 1 MiB answers, 8 clients with 2 streams each",
             "/plain/files/1m.bin", Load(connections=8, streams=2, expect_bytes=MIB), _needs("proxy", "http2")),
    Scenario("h2-upload-1m", "request", "HTTP/2 → http, 1 MiB request bodies, 8 clients with 2 streams each",
             "/echo/upload", Load(connections=8, streams=2, upload_bytes=MIB, expect_bytes=len(SMALL_BODY)),
             _needs("proxy", "http2")),
    Scenario("h2-h2c", "request", "HTTP/2 → h2c, 95-byte answers, 32 clients with 10 streams each",
             "/h2c/small", _small(32, 10), _needs("proxy", "http2", "h2c")),
    Scenario("https-https2", "request", "https → https in HTTP/2, 95-byte answers, keep-alive, 32 clients in HTTP/1.1",
             "/secure-h2/small", _small(32), _needs("proxy", "secure-h2")),
    Scenario("grpc-unary", "call", "gRPC → gRPC without TLS, a message of 64 bytes and its echo, 32 clients with 10 streams each",
             "/grpc/echo", Load(streams=10, upload_bytes=69, expect_bytes=69, is_call=True), _needs("proxy", "http2", "h2c")),
    Scenario("h2-static-1k", "request", "1 KiB file over HTTP/2, 32 clients with 10 streams each",
             "/static/1k.bin", Load(streams=10, expect_bytes=KIB), _needs("static", "http2")),
    Scenario("handshake-full", "connection", "new connection, full handshake and one proxied request, 16 at a time",
             "/plain/small", Load(work="connect", connections=16, expect_bytes=len(SMALL_BODY)), _needs("proxy")),
    Scenario("handshake-resumed", "connection", "the same with resumed handshakes",
             "/plain/small", Load(work="connect", connections=16, expect_bytes=len(SMALL_BODY), resume=True),
             _needs("proxy", "tickets")),
    Scenario("static-1k", "request", "1 KiB file over https, 32 clients",
             "/static/1k.bin", Load(expect_bytes=KIB), _needs("static")),
    Scenario("static-100k", "request", "100 KiB file over https, 16 clients",
             "/static/100k.bin", Load(connections=16, expect_bytes=100 * KIB), _needs("static")),
    Scenario("static-10m", "request", "10 MiB file over https, 4 clients",
             "/static/10m.bin", Load(connections=4, expect_bytes=10 * MIB), _needs("static")),
    Scenario("static-gzip", "request", "100 KiB file of text over https, compressed beforehand, 16 clients",
             f"/static/{TEXT_FILE}", Load(connections=16, accept="gzip"), _needs("static", "precompressed")),
    Scenario("kept-small", "request", "95-byte answer of an upstream from the cache over https, 32 clients",
             "/kept/small", Load(expect_bytes=len(SMALL_BODY), port="kept_port"), _needs("kept")),
    Scenario("kept-10k", "request", "10 KiB answer of an upstream from the cache over https, 32 clients",
             "/kept/files/10k.bin", Load(expect_bytes=10 * KIB, port="kept_port"), _needs("kept")),
    # Without a length, which only HTTP/2 lets the load generator do without.
    Scenario("h2-gzip-1m", "request", "HTTP/2 → http, 1 MiB of text that is compressed on its way (gzip 6), 4 clients",
             f"/text/files/{LONG_TEXT_FILE}", Load(connections=4, streams=1, accept="gzip", port="kept_port"), _needs("kept")),
    Scenario("ws-64", "echo", "wss → ws, 64-byte message and its echo (two relayed messages), 32 tunnels",
             "/echo/ws", Load(work="ws", message_bytes=64), _needs("websocket")),
    Scenario("h2-ws-64", "echo",
             "wss over HTTP/2 → ws, 64-byte message and its echo (two relayed messages), 4 clients with 8 tunnels each",
             "/echo/ws", Load(work="ws", connections=4, streams=8, message_bytes=64), _needs("h2-websocket")),
    Scenario("ws-64k", "echo", "wss → ws, 64 KiB message and its echo, 8 tunnels",
             "/echo/ws", Load(work="ws", connections=8, message_bytes=64 * KIB), _needs("websocket"),
             ratios=("total_us", "rate")),
    Scenario("tcp-10m", "request", "TLS passed on by its name ([[tcp]]), 10 MiB answers, 4 clients",
             "/secure/files/10m.bin", Load(port="tcp_port", connections=4, expect_bytes=10 * MIB), _needs("tcp"),
             ratios=("total_us",)),
    Scenario("tcp-small", "request", "TLS passed on by its name ([[tcp]]), 95-byte answers, keep-alive, 32 clients",
             "/secure/small", Load(port="tcp_port", expect_bytes=len(SMALL_BODY)), _needs("tcp"), ratios=("total_us",)),
    Scenario("idle-clients", "client", "memory per idle TLS client, 2,000 clients, each after one proxied request",
             "/plain/small", Load(connections=2000, expect_bytes=len(SMALL_BODY), hold=True), _needs("proxy"),
             ratios=("unit_kib",)),
    Scenario("h2-idle-clients", "client", "memory per idle HTTP/2 client, 2,000 clients, each after one proxied request",
             "/plain/small", Load(connections=2000, streams=1, expect_bytes=len(SMALL_BODY), hold=True),
             _needs("proxy", "http2"), ratios=("unit_kib",)),
    Scenario("idle-tunnels", "tunnel", "memory per idle wss → ws tunnel, 5,000 tunnels, each after one echo",
             "/echo/ws", Load(work="ws", connections=5000, message_bytes=64, hold=True), _needs("websocket"),
             ratios=("unit_kib",)),
    Scenario("upstreams-4", "request", "https → http over 4 upstreams, least connections, 32 clients",
             "/four/small", _small(32), _needs("proxy", "least-connections")),
    Scenario("open-loop", "request", "small answers at 70 % of nginx's capacity, latency from the intended start",
             "/plain/small", _small(64), _needs("proxy"), rate_share=0.7, ratios=("total_us", "p99_us")),
)


def chosen(names: list[str]) -> list[Scenario]:
    """The named scenarios in table order; all of them if none is named. A name may end in `*`; one without a match
    raises ValueError."""
    unknown = [name for name in names if not any(_matches(scenario, name) for scenario in SCENARIOS)]
    if unknown:
        raise ValueError(f"no scenario {', '.join(unknown)}; --list shows them")
    return [scenario for scenario in SCENARIOS if not names or any(_matches(scenario, name) for name in names)]


def _matches(scenario: Scenario, name: str) -> bool:
    return scenario.name.startswith(name[:-1]) if name.endswith("*") else scenario.name == name
