"""Do metrics, logs and spans say of every request what its client and its upstream have seen?

agreement.py GATEHOUSE DIRECTORY COUNT CERTIFICATE KEY AUTHORITY PLAIN_PORT TLS_PORT

Starts the gateway with a configuration of its own in DIRECTORY and a collector of spans, and is its clients (HTTP/1.1, HTTP/2
and WebSockets over both) and its upstream at once, so that every fault is made on purpose and counted where it is made: an
upstream that answers 5xx, cuts its answer, resets the connection, cannot be reached, is closed and opened again while it is
asked; clients that leave.
COUNT requests in all. Prints what each has counted of each kind, and ends with 1 where two differ.
"""
import asyncio
import base64
import collections
import hashlib
import os
import random
import signal
import ssl
import struct
import socket
import sys

import h2.config
import h2.connection
import h2.events

import agreement_counts
import agreement_reading
import agreement_site
import agreement_sockets

program, directory, total = sys.argv[1], sys.argv[2], int(sys.argv[3])
certificate, key, authority = sys.argv[4:7]
plain_port, tls_port = int(sys.argv[7]), int(sys.argv[8])

# Of a hundred requests, so many of each kind.
KINDS = {"ok": 60, "bad": 8, "cut": 6, "reset": 6, "left": 6, "dead": 4, "dying": 6, "post": 4}
MESSAGES = 5

#: Requests by (site, kind, outcome), as clients saw them. An outcome is a status, "cut" behind it where the body was not whole,
#: or "left".
seen = collections.Counter()
#: Requests that the upstream has read, by kind.
reached = collections.Counter()
messages = collections.Counter()
arrived = {}


# The upstream


async def upstream(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            kind, name = target.split("/")[1], target
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    await reader.readexactly(int(line[15:]))
            reached[kind] += 1
            if name in arrived:
                arrived[name].set()
            if kind == "ws":
                return await echo(head, reader, writer)
            if kind == "left":
                # Until the gateway has given it up.
                await reader.read(1)
                break
            if kind == "reset":
                linger(writer)
                break
            if kind == "cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
                await writer.drain()
                break
            status = b"503 Busy" if kind == "bad" else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def linger(writer):
    """Has the connection end with a reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def echo(head, reader, writer):
    key = next(line[18:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    ends = b"/ws/dies/" in head
    for number in range(MESSAGES):
        frame = await reader.readexactly(7)
        messages["up"] += 1
        writer.write(b"\x81\x01" + bytes([frame[6] ^ frame[2]]))
        await writer.drain()
    if ends:
        await reader.readexactly(7)
        messages["up"] += 1
        linger(writer)
        return writer.close()
    await reader.readexactly(8)
    writer.write(b"\x88\x02\x03\xe8")
    await writer.drain()
    writer.close()


class Dying:
    """An upstream that is there, is gone, and comes back."""

    def __init__(self):
        self.writers = set()
        self.server = None

    async def serve(self, reader, writer):
        self.writers.add(writer)
        await upstream(reader, writer)
        self.writers.discard(writer)

    async def open(self, port=0):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", port, reuse_address=True)
        self.port = self.server.sockets[0].getsockname()[1]

    async def live(self):
        while True:
            await asyncio.sleep(random.uniform(0.05, 0.3))
            self.server.close()
            for writer in list(self.writers):
                linger(writer)
                writer.transport.abort()
            await asyncio.sleep(random.uniform(0.02, 0.1))
            await self.open(self.port)


# Clients of HTTP/1.1


class Plain:
    def __init__(self):
        self.reader = self.writer = None

    async def ask(self, kind, number):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", plain_port)
        target = f"/{kind}/{number}"
        body = "four" if kind in ("post", "reset") else ""
        method = "POST" if body else "GET"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        if kind == "left":
            arrived[target] = asyncio.Event()
        self.writer.write(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}".encode())
        if kind == "left":
            await arrived[target].wait()
            del arrived[target]
            self.drop()
            return "left"
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1].decode()
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        try:
            await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.drop()
            return status + " cut"
        if b"connection: close" in head.lower():
            self.drop()
        return status

    def drop(self):
        self.writer.transport.abort()
        self.reader = self.writer = None


async def plain_client(numbers):
    client = Plain()
    for number, kind in numbers:
        seen["plain", kind, await client.ask(kind, number)] += 1
    if client.writer:
        client.drop()


# WebSockets


async def web_socket(number):
    dies = number % 3 == 0
    reader, writer = await asyncio.open_connection("127.0.0.1", plain_port)
    writer.write(
        f"GET /ws/{'dies' if dies else 'stays'}/{number} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head, head
    for _ in range(MESSAGES):
        writer.write(b"\x81\x81\x01\x02\x03\x04a")
        await reader.readexactly(3)
        messages["down"] += 1
    if dies:
        writer.write(b"\x81\x81\x01\x02\x03\x04a")
    else:
        writer.write(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
    try:
        await reader.read()
    except ConnectionError:
        pass
    writer.close()
    seen["plain", "ws", "101"] += 1


# Clients of HTTP/2


class Multiplexed:
    def __init__(self, numbers, width):
        self.numbers, self.width = iter(numbers), width
        self.streams = {}
        self.more = True

    async def run(self):
        context = ssl.create_default_context(cafile=authority)
        context.set_alpn_protocols(["h2"])
        while self.more:
            reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", tls_port, ssl=context, server_hostname="localhost")
            self.connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
            self.connection.initiate_connection()
            self.leaving, self.waiting = False, {}
            self.fill()
            while self.streams or (self.more and not self.leaving):
                self.writer.write(self.connection.data_to_send())
                data = await reader.read(65536)
                if not data:
                    break
                for event in self.connection.receive_data(data):
                    self.take(event)
                self.fill()
            # First: who waits for a request that nobody has read waits for ever.
            assert not self.streams, self.streams
            for task in list(self.waiting.values()):
                await task
            self.writer.close()

    def fill(self):
        while not self.leaving and self.more and len(self.streams) < self.width:
            try:
                number, kind = next(self.numbers)
            except StopIteration:
                self.more = False
                break
            self.begin(kind, number)
        self.writer.write(self.connection.data_to_send())

    def begin(self, kind, number):
        target, body = f"/{kind}/{number}", kind in ("post", "reset")
        stream = self.connection.get_next_available_stream_id()
        fields = [(":method", "POST" if body else "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", target)]
        if body:
            fields.append(("content-length", "4"))
        self.connection.send_headers(stream, fields, end_stream=not body)
        if body:
            self.connection.send_data(stream, b"four", end_stream=True)
        self.streams[stream] = [kind, None, number]
        if kind == "left":
            arrived[target] = asyncio.Event()
            task = asyncio.ensure_future(self.leave(stream, target))
            self.waiting[stream] = task
            task.add_done_callback(lambda _: self.waiting.pop(stream, None))

    async def leave(self, stream, target):
        await arrived[target].wait()
        del arrived[target]
        self.connection.reset_stream(stream, 8)
        self.end(stream, "left")
        self.fill()

    def take(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            self.streams[event.stream_id][1] = dict(event.headers)[":status"]
        elif isinstance(event, h2.events.DataReceived):
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded) and event.stream_id in self.streams:
            self.end(event.stream_id, self.streams[event.stream_id][1])
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self.streams:
            status = self.streams[event.stream_id][1]
            assert status, f"a stream was reset without an answer: {self.streams[event.stream_id]} {event}"
            self.end(event.stream_id, status + " cut")
        elif isinstance(event, h2.events.ConnectionTerminated):
            assert event.error_code == 0, event
            self.leaving = True
            for stream in [stream for stream in self.streams if stream > event.last_stream_id]:
                # Nobody has looked at it (RFC 9113 §6.8): it is asked again.
                kind, _, number = self.streams.pop(stream)
                if stream in self.waiting:
                    self.waiting.pop(stream).cancel()
                self.numbers = iter([(number, kind), *self.numbers])

    def end(self, stream, outcome):
        kind = self.streams.pop(stream)[0]
        seen["tls", kind, outcome] += 1


# What the gateway says


async def scrape():
    reader, writer = await asyncio.open_unix_connection(f"{directory}/admin.sock")
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    series = {}
    for line in text.split("\r\n\r\n", 1)[1].splitlines():
        if line and line[0] != "#":
            name, value = line.rsplit(" ", 1)
            series[name] = float(value)
    return series


async def main():
    servers = {"app": await asyncio.start_server(upstream, "127.0.0.1", 0, backlog=4096)}
    ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    dying = Dying()
    await dying.open()
    told = agreement_reading.Collector()
    ports |= {"dying": dying.port, "dead": 1, "collector": await told.open()}
    with open(f"{directory}/gatehouse.toml", "w") as file:
        file.write(
            agreement_site.configuration(KINDS, ports, directory, certificate, key, plain_port, tls_port))
    gateway = await asyncio.create_subprocess_exec(
        program, "run", "-c", f"{directory}/gatehouse.toml", stderr=asyncio.subprocess.PIPE)
    while b": serving " not in (line := await gateway.stderr.readline()):
        assert line, "the gateway does not start"
    reading = asyncio.ensure_future(gateway.stderr.read())
    life = asyncio.ensure_future(dying.live())
    random.seed(20)
    sockets = max(1, total // 100)
    kinds = random.choices(list(KINDS), KINDS.values(), k=total - 2 * sockets)
    numbers = list(enumerate(kinds))
    half = len(numbers) // 2
    clients = [plain_client(numbers[place:half:8]) for place in range(8)]
    clients += [Multiplexed(numbers[half + place::4], 16).run() for place in range(4)]

    async def web_sockets(place):
        for number in range(place, sockets, 4):
            await web_socket(number)

    clients += [web_sockets(place) for place in range(4)]
    clients += [
        agreement_sockets.SocketClient(tls_port, authority, range(place, sockets, 2), 8, MESSAGES, seen, messages).run()
        for place in range(2)]
    await asyncio.gather(*clients)
    life.cancel()
    # What is collected is told within a moment; what is never told is a difference.
    wanted, before, log = sum(seen.values()), None, agreement_reading.Log(f"{directory}/access.log")
    for _ in range(200):
        series, spans = await scrape(), await told.spans()
        log.read()
        now = (sum(log.lines.values()), sum(spans.values()), series.get("gatehouse_buffers_used", 0))
        if now == before and now[:2] == (wanted, wanted):
            break
        before = now
        await asyncio.sleep(0.3)
    gateway.send_signal(signal.SIGTERM)
    code = await gateway.wait()
    said = await reading
    await told.close()
    wrong = agreement_counts.reconcile(KINDS, seen, reached, spans, messages, series, log.lines, log.carried)
    print(said.decode()[-4000:] if wrong else "", end="")
    print(f"{wanted} requests, {len(wrong)} differences, exit code {code}")
    sys.exit(1 if wrong or code != 0 else 0)


asyncio.run(main())
