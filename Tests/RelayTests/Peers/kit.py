"""What the cases share: the built gateway over a configuration of the case's own, upstreams, clients, and waiting for events."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import ssl
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from bridge import Bridge
from websockets.asyncio.client import connect as ws_connect
from websockets.asyncio.server import serve as ws_serve

ROOT = Path(__file__).resolve().parents[3]
CERTIFICATES = ROOT / "certs"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 §1.3
#: No case may hang: whatever it awaits comes within this, or the case fails.
PATIENCE = 90
#: The clients' WebSockets go over HTTP/2.
OVER_HTTP2 = os.environ.get("OVER") == "h2"


def client_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATES / "ca.crt")


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "localhost.crt", CERTIFICATES / "localhost.key")
    return context


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gateway:
    """The running gateway. `lines` are its access lines, `said` its diagnostics."""

    def __init__(self, process, port):
        self.process = process
        self.port = port
        self.lines: list[dict] = []
        self.said: list[str] = []
        self._news = asyncio.Condition()
        self._readers = [
            asyncio.create_task(self._read(process.stdout, lambda line: self.lines.append(json.loads(line)))),
            asyncio.create_task(self._read(process.stderr, self.said.append)),
        ]

    async def _read(self, stream, take):
        while line := await stream.readline():
            take(line.decode().rstrip("\n"))
            async with self._news:
                self._news.notify_all()

    @property
    def wss(self) -> str:
        return f"{'ws' if OVER_HTTP2 else 'wss'}://localhost:{self.port}"

    @property
    def https(self) -> str:
        return f"https://localhost:{self.port}"

    async def line(self, matches) -> dict:
        """The first access line that matches, as soon as it is written."""
        async with self._news:
            await self._news.wait_for(lambda: any(matches(line) for line in self.lines))
            return next(line for line in self.lines if matches(line))

    async def tunnel_line(self, **wanted) -> dict:
        """The access line of a tunnel; checks what is wanted of it."""
        line = await self.line(lambda line: "closed_by" in line)
        for key, value in wanted.items():
            assert line.get(key) == value, f"{key}: wanted {value!r} in {line}"
        return line

    async def heard(self, word: str):
        async with self._news:
            await self._news.wait_for(lambda: any(word in line for line in self.said))

    def terminate(self):
        self.process.terminate()

    async def said_all(self):
        """Returns when it has ended and all that it said is read."""
        await self.process.wait()
        await asyncio.gather(*self._readers)

    async def stopped(self):
        await self.said_all()
        code = self.process.returncode
        assert code == 0, f"exit code {code}: {self.said}"


def configuration(port, upstreams, *, route="", top="", upstream="", site="", proxy="", path="/", plain=False):
    pools = "".join(
        f'[[sites.proxy.upstreams]]\nname = "pool"\nurl = "{url}"\n{upstream}\n'
        + (f'ca_file = "{CERTIFICATES / "ca.crt"}"\n' if url.startswith(("wss", "https")) else "")
        for url in upstreams)
    return f"""
[logging]
format = "json"
[performance]
worker_threads = 2
max_connections = 20000
{top}
[[sites]]
hostname = "localhost"
listen = "127.0.0.1"
port = {port}
{site}
{"" if plain and not OVER_HTTP2 else
 f'[sites.ssl]{chr(10)}enabled = true{chr(10)}cert_file = "{CERTIFICATES / "localhost.crt"}"{chr(10)}'
              f'key_file = "{CERTIFICATES / "localhost.key"}"'}
[sites.proxy]
enabled = true
{pools}
[[sites.proxy.routes]]
path = "{path}"
upstream = "pool"
{route if "websocket" in route.split() else "websocket = true" + chr(10) + route}
{proxy}
"""


async def _started(file, upstreams, settings):
    """The gateway, serving. A port that was free may be another program's by the time it listens: then it begins anew.

    `further`, if it is there, gets the port, and returns what else the configuration has.
    """
    further = settings.pop("further", None)
    for _ in range(5):
        port = free_port()
        file.write_text(configuration(port, upstreams, **settings) + (further(port) if further else ""))
        process = await asyncio.create_subprocess_exec(
            os.environ["GATEHOUSE"], "run", "-c", str(file), stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, limit=1 << 20)
        running = Gateway(process, port)
        running.file = file
        serving = asyncio.create_task(running.heard(": serving"))
        ended = asyncio.create_task(process.wait())
        await asyncio.wait([serving, ended], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            ended.cancel()
            return running
        serving.cancel()
        await running.said_all()
        if not any("Address already in use" in line for line in running.said):
            break
    raise AssertionError("the gateway did not start:\n" + "\n".join(running.said))


@asynccontextmanager
async def gateway(*upstreams, **settings):
    """Serves the upstreams' URLs; at the end it must stop by SIGTERM with exit code 0."""
    with tempfile.TemporaryDirectory() as folder:
        running = await _started(Path(folder) / "gatehouse.toml", upstreams, settings)
        process = running.process
        bridge = Bridge(running.port, client_tls(), accept_of) if OVER_HTTP2 else None
        try:
            if bridge:
                await bridge.start()
                running.port = bridge.port
            yield running
            if process.returncode is None:
                running.terminate()
            await running.stopped()
        except BaseException:
            print("\n".join(["--- diagnostics:", *running.said, "--- access:", *map(str, running.lines)]))
            raise
        finally:
            if bridge:
                await bridge.stop()
            if process.returncode is None:
                process.kill()
                await process.wait()


# Upstreams


async def echo(connection):
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def upstream(handler=echo, *, tls=False, **settings):
    """A `websockets` server; its URL."""
    settings.setdefault("max_size", None)
    # A slow machine is no failure.
    settings.setdefault("open_timeout", PATIENCE)
    async with ws_serve(handler, "127.0.0.1", 0, ssl=server_tls() if tls else None, **settings) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"wss://localhost:{port}" if tls else f"ws://127.0.0.1:{port}"


class Raw:
    """One connection of a raw peer: reads and writes bytes."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def send(self, data: bytes):
        self.writer.write(data)
        await self.writer.drain()

    async def exactly(self, count: int) -> bytes:
        return await self.reader.readexactly(count)

    async def rest(self) -> bytes:
        return await self.reader.read()

    def abort(self):
        self.writer.transport.abort()

    def half_close(self):
        """A FIN without a Close frame; not over TLS, where asyncio cannot."""
        self.writer.write_eof()

    async def close(self):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


class Answering(Raw):
    """One of an upstream, which answers the key that came: over HTTP/2 it is the gateway's, and not `KEY`."""

    key: bytes | None = None

    async def head(self) -> bytes:
        head = await super().head()
        self.key = key_of(head)
        return head

    async def send(self, data: bytes):
        if OVER_HTTP2 and data.startswith(b"HTTP/1.1 101") and self.key:
            data = data.replace(ACCEPT.encode(), accept_of(self.key).encode())
        await super().send(data)


@asynccontextmanager
async def raw_upstream(handler):
    """A server whose connections are the handler's, byte by byte; its URL."""
    failures = []

    async def serve(reader, writer):
        try:
            await handler(Answering(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001  (the case fails by it at its end)
            failures.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
    if failures:
        raise failures[0]


SWITCH = (f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          f"Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n").encode()


def key_of(head: bytes) -> bytes | None:
    lines = head.split(b"\r\n")
    return next((line.split(b": ")[1] for line in lines if line.lower().startswith(b"sec-websocket-key:")), None)


def switch(head: bytes) -> bytes:
    """The 101 for a real client's key."""
    return SWITCH.replace(ACCEPT.encode(), accept_of(key_of(head)).encode())


# Clients


@asynccontextmanager
async def client(running: Gateway, path="/", **settings):
    """A `websockets` client over wss."""
    settings.setdefault("max_size", None)
    settings.setdefault("open_timeout", PATIENCE)
    tls = None if OVER_HTTP2 else client_tls()
    async with ws_connect(running.wss + path, ssl=tls, proxy=None, **settings) as connection:
        yield connection


@asynccontextmanager
async def raw_client(running: Gateway):
    tls = None if OVER_HTTP2 else client_tls()
    reader, writer = await asyncio.open_connection("localhost", running.port, ssl=tls, limit=1 << 20)
    connection = Raw(reader, writer)
    try:
        yield connection
    finally:
        await connection.close()


def handshake(path="/", **fields) -> bytes:
    """A handshake's bytes; a field given as None is left out, others are added or replaced."""
    lines = {"Host": "localhost", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": KEY}
    lines.update({name.replace("_", "-"): value for name, value in fields.items()})
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode()


def frame(payload: bytes, opcode=1, *, fin=True, masked=True, rsv=0) -> bytes:
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    mask = os.urandom(4) if masked else b""
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + len(payload).to_bytes(8, "big")
    if masked:
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return head + mask + payload


async def read_frame(peer: Raw) -> tuple[int, bytes]:
    """Opcode and unmasked payload of the next frame."""
    first, second = await peer.exactly(2)
    length = second & 0x7F
    if length == 126:
        length = int.from_bytes(await peer.exactly(2), "big")
    elif length == 127:
        length = int.from_bytes(await peer.exactly(8), "big")
    mask = await peer.exactly(4) if second & 0x80 else b"\0\0\0\0"
    payload = await peer.exactly(length)
    return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


async def read_close(peer: Raw) -> int:
    """The next frame must be a Close frame: its code."""
    opcode, payload = await read_frame(peer)
    assert opcode == 8, f"opcode {opcode} with {payload[:80]!r}"
    return int.from_bytes(payload[:2], "big")


async def read_answer(peer: Raw) -> tuple[int, dict, bytes]:
    """Status, fields (lower case) and body of an HTTP answer with a Content-Length."""
    lines = (await peer.head()).decode().split("\r\n")
    fields = {}
    for line in lines[1:-2]:
        name, value = line.split(": ", 1)
        fields[name.lower()] = value if name.lower() not in fields else fields[name.lower()] + ", " + value
    return int(lines[0].split()[1]), fields, await peer.exactly(int(fields.get("content-length", 0)))


def accept_of(key: bytes) -> str:
    import hashlib
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
