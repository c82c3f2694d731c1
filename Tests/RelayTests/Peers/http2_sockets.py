"""WebSockets over HTTP/2 (RFC 8441) by the libraries `h2` and `wsproto`."""

import asyncio
import signal
import socket
import struct
from contextlib import asynccontextmanager

from websockets.exceptions import ConnectionClosedError
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from bridge import Link
from kit import Raw, client_tls, configuration, frame, free_port, gateway, raw_upstream, read_frame, switch, upstream

CANCEL = 8


class Socket:
    """A WebSocket on a stream of its own."""

    def __init__(self, stream):
        self.stream = stream
        self.ws = Connection(ConnectionType.CLIENT)

    @classmethod
    async def open(cls, link: Link, path="/", status="200", host="localhost") -> "Socket":
        fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", path),
                  (":authority", host), ("sec-websocket-version", "13")]
        stream = await link.request(fields, ends=False)
        answer = dict(await stream.things.get())
        assert answer[":status"] == status, answer
        return cls(stream)

    async def send(self, event, ends=False):
        await self.stream.send(self.ws.send(event), ends)

    async def event(self):
        """The next event; None at the stream's end, a number when it is reset."""
        while True:
            for event in self.ws.events():
                return event
            thing = await self.stream.things.get()
            if not isinstance(thing, tuple):
                return thing
            await self.stream.acknowledge(thing[1])
            # The stream may end with an empty DATA frame.
            if thing[0]:
                self.ws.receive_data(thing[0])

    async def message(self):
        """A whole message."""
        parts = []
        while not parts or not parts[-1].message_finished:
            parts.append(await self.event())
            assert isinstance(parts[-1], (TextMessage, BytesMessage)), parts[-1]
        return parts[0].data[:0].join(part.data for part in parts)

    async def echo(self, data):
        await self.send(TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data))
        assert await self.message() == data


@asynccontextmanager
async def _link(running):
    link = await Link.open(running.port, client_tls())
    try:
        yield link
    finally:
        await link.close()


async def wsproto_talks_over_a_stream():
    codes = asyncio.Queue()

    async def server(connection):
        await (await connection.ping(b"from upstream"))
        try:
            async for message in connection:
                await connection.send(iter(["a", "b", "c"]) if message == "fragments" else message)
        except ConnectionClosedError:
            await codes.put(connection.close_code)

    for tls in (False, True):
        async with upstream(server, tls=tls, ping_interval=None, compression=None) as url, gateway(url) as running:
            async with _link(running) as link:
                socket = await Socket.open(link)
                ping = await socket.event()
                assert ping == Ping(payload=b"from upstream"), ping
                await socket.send(ping.response())
                for data in ("", "grüße 👋", b"", bytes(range(256)), "x" * 125, "x" * 126, b"y" * 65_536, b"z" * 1_000_000):
                    await socket.echo(data)
                await socket.send(Ping(payload=b"from client"))
                assert await socket.event() == Pong(payload=b"from client")
                await socket.send(TextMessage(data="frag", message_finished=False))
                await socket.send(TextMessage(data="ments"))
                assert [(await socket.event()).data for _ in range(3)] == ["a", "b", "c"]
                # An empty last fragment ends the message.
                last = await socket.event()
                assert last.data == "" and last.message_finished
                await socket.send(CloseConnection(code=4321, reason="bye"))
                closed = await socket.event()
                assert (closed.code, closed.reason) == (4321, "bye"), closed
                assert await socket.event() is None
                assert await codes.get() == 4321
            line = await running.tunnel_line(closed_by="client", close_code=4321, reason="client_closed", stream=1)
            assert (line["version"], line["status"], line["connection_requests"]) == ("HTTP/2.0", 101, 1), line
            assert line["messages_in"] == line["messages_out"] == 9, line


async def a_close_of_the_upstreams_reaches_the_stream():
    async def server(connection):
        await connection.close(4567, "enough")

    async with upstream(server) as url, gateway(url) as running, _link(running) as link:
        socket = await Socket.open(link)
        closed = await socket.event()
        assert (closed.code, closed.reason) == (4567, "enough"), closed
        # Chromium answers so: its Close frame's DATA ends the stream.
        await socket.send(closed.response(), ends=True)
        assert await socket.event() is None
        await running.tunnel_line(closed_by="upstream", close_code=4567, reason="upstream_closed")


async def a_close_that_ends_its_stream_is_answered():
    codes = asyncio.Queue()

    async def server(connection):
        await connection.wait_closed()
        await codes.put(connection.close_code)

    async with upstream(server) as url, gateway(url) as running, _link(running) as link:
        socket = await Socket.open(link)
        await socket.send(CloseConnection(code=1000), ends=True)
        assert (await socket.event()).code == 1000
        assert await socket.event() is None
        assert await codes.get() == 1000
        await running.tunnel_line(closed_by="client", close_code=1000, reason="client_closed")


async def an_end_without_a_close_frame_goes_on_to_the_upstream():
    """Half-close: the upstream sees the end, and still says what it has to say."""
    ends = asyncio.Queue()

    async def server(peer: Raw):
        await peer.send(switch(await peer.head()))
        await ends.put(await peer.rest())
        await peer.send(frame(b"after your end", masked=False))

    async with raw_upstream(server) as url, gateway(url) as running, _link(running) as link:
        socket = await Socket.open(link)
        await socket.stream.end()
        assert await ends.get() == b""
        assert await socket.message() == "after your end"
        assert await socket.event() is None
        await running.tunnel_line(closed_by="client", close_code=1006, reason="client_closed")


async def an_upstreams_end_without_a_close_frame_ends_the_stream():
    got = asyncio.Queue()

    async def server(peer: Raw):
        await peer.send(switch(await peer.head()) + frame(b"the last", masked=False))
        peer.half_close()
        await got.put(await read_frame(peer))

    async with raw_upstream(server) as url, gateway(url) as running, _link(running) as link:
        socket = await Socket.open(link)
        assert await socket.message() == "the last"
        assert await socket.event() is None
        await socket.send(TextMessage(data="after yours"), ends=True)
        assert await got.get() == (1, b"after yours")
        await running.tunnel_line(closed_by="upstream", close_code=1006, reason="upstream_closed")


async def a_reset_stream_breaks_its_upstream_alone():
    seen = asyncio.Queue()

    async def server(connection):
        try:
            async for message in connection:
                await connection.send(message)
        except ConnectionClosedError as closed:
            await seen.put(closed.rcvd)

    for tls in (False, True):
        async with upstream(server, tls=tls) as url, gateway(url) as running, _link(running) as link:
            first, second = [await Socket.open(link) for _ in range(2)]
            await first.echo("hello")
            await first.stream.reset(CANCEL)
            assert await seen.get() is None
            line = await running.line(lambda line: line.get("stream") == 1)
            assert (line["reason"], line["closed_by"], line["close_code"]) == ("client_broke", "client", 1006), line
            await second.echo("still here")


async def an_upstream_that_resets_resets_its_stream_alone():
    async def server(peer: Raw):
        await peer.send(switch(await peer.head()))
        opcode, payload = await read_frame(peer)
        if payload == b"reset":
            peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return peer.abort()
        await peer.send(frame(payload, opcode, masked=False))
        await peer.rest()

    async with raw_upstream(server) as url, gateway(url) as running, _link(running) as link:
        first, second = [await Socket.open(link) for _ in range(2)]
        await first.send(TextMessage(data="reset"))
        assert await first.event() == CANCEL
        line = await running.line(lambda line: line.get("stream") == 1)
        assert (line["reason"], line["closed_by"], line["close_code"]) == ("upstream_broke", "upstream", 1006), line
        await second.echo("still here")


async def one_stalled_socket_of_many_stops_none():
    """All on one connection: one takes nothing of what floods it, the others go on."""
    async def server(connection):
        if connection.request.path == "/flood":
            while True:
                await connection.send(bytes(100_000))
        async for message in connection:
            await connection.send(message)

    async def talk(link, number):
        socket = await Socket.open(link)
        for turn in range(10):
            await socket.echo(f"{number}:{turn}")
        await socket.send(CloseConnection(code=1000))
        assert (await socket.event()).code == 1000

    settings = {"compression": None, "ping_interval": None}
    async with upstream(server, **settings) as url, gateway(url) as running, _link(running) as link:
        flooded = await Socket.open(link, "/flood")
        untaken = 0
        while untaken < 65_535:
            data, count = await flooded.stream.things.get()
            flooded.ws.receive_data(data)
            untaken += count
        await asyncio.gather(*(talk(link, number) for number in range(30)))
        # It goes on from where it was once it takes again.
        await flooded.stream.acknowledge(untaken)
        for _ in range(10):
            assert await flooded.message() == bytes(100_000)
        await flooded.stream.reset(CANCEL)


async def sockets_talk_on_when_their_tasks_end():
    """After a second a tunnel does without its task: what comes in that very moment is relayed, too."""
    async def talk(link, number):
        socket = await Socket.open(link)
        end, turn = asyncio.get_running_loop().time() + 1.5, 0
        while asyncio.get_running_loop().time() < end:
            await socket.echo(f"{number}:{turn}")
            turn += 1

    async with upstream(compression=None) as url, gateway(url) as running, _link(running) as link:
        await asyncio.gather(*(talk(link, number) for number in range(60)))


async def silent_sockets_of_one_connection_are_pinged_and_woken():
    """After a second of silence none has a task; each is served again all the same."""
    ping = 'tunnel_ping = "1500ms"'
    async with upstream(ping_interval=None) as url, gateway(url, route=ping) as running, _link(running) as link:
        sockets = [await Socket.open(link) for _ in range(20)]
        for socket in sockets:
            assert await socket.event() == Ping(payload=b"")
        for number, socket in enumerate(sockets):
            await socket.send(Pong(payload=b""))
            await socket.send(TextMessage(data=str(number)))
            event = await socket.event()
            while isinstance(event, (Ping, Pong)):
                event = await socket.event()
            assert event.data == str(number)


async def a_drain_closes_the_sockets_and_then_the_connection():
    async with upstream() as url, gateway(url) as running, _link(running) as link:
        sockets = [await Socket.open(link) for _ in range(50)]
        running.terminate()
        for socket in sockets:
            closed = await socket.event()
            assert closed.code == 1001, closed
            await socket.send(closed.response(), ends=True)
            assert await socket.event() is None
        await link.reading
        assert link.goaways and all(code == 0 for _, code in link.goaways), link.goaways
        await running.stopped()
        assert sum(line.get("reason") == "drained" and line["close_code"] == 1001 for line in running.lines) == 50


async def a_reload_that_takes_the_route_away_closes_with_1012():
    """And its connection goes on: what else is on it is served."""
    async with upstream() as url:
        async with gateway(url, top='[limits]\nreload_close_window = "200ms"') as running, _link(running) as link:
            sockets = [await Socket.open(link) for _ in range(20)]
            gone = configuration(running.port, [url], path="/elsewhere", top='[limits]\nreload_close_window = "200ms"')
            running.file.write_text(gone)
            running.process.send_signal(signal.SIGHUP)
            for socket in sockets:
                closed = await socket.event()
                assert closed.code == 1012, closed
                await socket.send(closed.response())
                assert await socket.event() is None
            await (await Socket.open(link, "/elsewhere")).echo("still here")
            assert not link.goaways
        assert sum(line.get("reason") == "route_gone" and line["close_code"] == 1012 for line in running.lines) == 20


async def a_reload_that_takes_the_listener_away_closes_with_1012():
    async with upstream() as url:
        top = '[limits]\nreload_close_window = "200ms"'
        async with gateway(url, top=top) as running, _link(running) as link:
            socket = await Socket.open(link)
            running.file.write_text(configuration(free_port(), [url], top=top))
            running.process.send_signal(signal.SIGHUP)
            closed = await socket.event()
            assert closed.code == 1012, closed
            await socket.send(closed.response(), ends=True)
            assert await socket.event() is None
            await running.tunnel_line(reason="route_gone", close_code=1012, closed_by="gateway")
            # Nothing is left on the connection, and its listener is gone.
            await link.reading


async def a_socket_is_refused_in_the_words_of_its_reason():
    async with upstream() as url, gateway(url, route="max_tunnels = 1") as running, _link(running) as link:
        socket = await Socket.open(link)
        refused = await Socket.open(link, status="503")
        body = b""
        while isinstance(thing := await refused.stream.things.get(), tuple):
            body += thing[0]
        assert b"as many WebSockets open as it may" in body, body
        # The refused one has taken nothing from the other.
        await socket.echo("still here")
        await running.line(lambda line: line.get("reason") == "too_many_tunnels" and line["stream"] == 3)


async def one_connection_opens_sockets_of_all_sites_of_its_certificate():
    """Browsers do, and never try again after a 421."""
    paths = asyncio.Queue()

    async def server(connection):
        await paths.put(connection.request.headers["Host"])
        await connection.wait_closed()

    async with upstream(server) as url:
        def other(port):
            whole = configuration(port, [url])
            return whole[whole.index("[[sites]]"):].replace('hostname = "localhost"', 'hostname = "127.0.0.1"')

        async with gateway(url, further=other) as running, _link(running) as link:
            for host in ("localhost", "127.0.0.1"):
                await Socket.open(link, host=host)
                assert await paths.get() == host
