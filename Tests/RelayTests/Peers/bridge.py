"""Lets clients of HTTP/1.1 speak HTTP/2: for each of their WebSockets a stream is opened (RFC 8441) on a connection that all
share.

The frames of HTTP/2 are the library `h2`'s. What a client ends ends its stream, and what a stream ends ends the client.
"""

from __future__ import annotations

import asyncio
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings


class Stream:
    """A stream of a connection: what comes on it, and room to send."""

    def __init__(self, link: Link, number: int):
        self.link, self.number = link, number
        #: Field lists, bytes, and at the end None, or the code of a reset.
        self.things: asyncio.Queue = asyncio.Queue()
        self.may_send = asyncio.Event()
        self.is_over = False

    async def send(self, data: bytes, ends: bool = False):
        h2c = self.link.h2
        while data:
            self.may_send.clear()
            room = min(h2c.local_flow_control_window(self.number), h2c.max_outbound_frame_size, len(data))
            if room <= 0:
                await self.may_send.wait()
                if self.is_over:
                    raise ConnectionResetError("the stream was reset")
                continue
            h2c.send_data(self.number, data[:room], end_stream=ends and room == len(data))
            data = data[room:]
            await self.link.flush()

    async def end(self):
        self.link.h2.end_stream(self.number)
        await self.link.flush()

    async def reset(self, code: int = 8):
        if not self.is_over:
            self.is_over = True
            self.link.h2.reset_stream(self.number, code)
            await self.link.flush()

    async def acknowledge(self, count: int):
        """The window is credited when what came has been taken."""
        if not self.is_over and count > 0:
            self.link.h2.acknowledge_received_data(count, self.number)
            await self.link.flush()


class Link:
    """One connection to the gateway."""

    @classmethod
    async def open(cls, port: int, tls: ssl.SSLContext) -> Link:
        link = cls()
        tls.set_alpn_protocols(["h2"])
        link.reader, link.writer = await asyncio.open_connection("localhost", port, ssl=tls)
        assert link.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        link.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        link.streams = {}
        link.goaways = []
        link.is_closed = False
        link.h2.initiate_connection()
        # One WebSocket that is not read must not use up what all share.
        link.h2.increment_flow_control_window(16 << 20)
        await link.flush()
        # Whether extended CONNECT is spoken, and how many streams there may be, is in the server's first frame.
        link.greeted = asyncio.Event()
        link.reading = asyncio.create_task(link.read())
        await link.greeted.wait()
        return link

    @property
    def has_room(self) -> bool:
        return (not self.is_closed and not self.goaways
                and len(self.streams) < self.h2.remote_settings.max_concurrent_streams)

    async def request(self, fields: list[tuple[str, str]], ends: bool = True) -> Stream:
        number = self.h2.get_next_available_stream_id()
        stream = self.streams[number] = Stream(self, number)
        self.h2.send_headers(number, fields, end_stream=ends)
        await self.flush()
        return stream

    async def flush(self):
        if data := self.h2.data_to_send():
            self.writer.write(data)
        try:
            await self.writer.drain()
        except ConnectionError:
            pass

    async def read(self):
        try:
            while data := await self.reader.read(65536):
                for event in self.h2.receive_data(data):
                    self.take(event)
                await self.flush()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self.is_closed = True
            self.greeted.set()
            for stream in list(self.streams.values()):
                self.over(stream, 2)
            self.writer.close()

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.greeted.set()
            self.wake()
        elif isinstance(event, h2.events.WindowUpdated):
            self.wake()
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.last_stream_id, event.error_code))
        elif stream is None:
            return
        elif isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived, h2.events.InformationalResponseReceived)):
            stream.things.put_nowait(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            stream.things.put_nowait((event.data, event.flow_controlled_length))
        elif isinstance(event, h2.events.StreamEnded):
            stream.things.put_nowait(None)
        elif isinstance(event, h2.events.StreamReset):
            self.over(stream, int(event.error_code))

    def wake(self):
        for stream in self.streams.values():
            stream.may_send.set()

    def over(self, stream: Stream, code: int):
        stream.is_over = True
        stream.things.put_nowait(code)
        stream.may_send.set()

    async def close(self):
        self.writer.close()
        await self.reading


class Bridge:
    """Listens in HTTP/1.1 without TLS, and asks the gateway in HTTP/2."""

    def __init__(self, gateway_port: int, tls: ssl.SSLContext, accept_of):
        self.gateway_port, self.tls, self.accept_of = gateway_port, tls, accept_of
        self.links: list[Link] = []
        self.opening = asyncio.Lock()
        self.tasks: set[asyncio.Task] = set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "localhost", 0, limit=1 << 20)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for link in self.links:
            await link.close()
        for task in self.tasks:
            task.cancel()

    async def stream(self, fields, ends) -> Stream:
        async with self.opening:
            link = next((link for link in self.links if link.has_room), None)
            if link is None:
                link = await Link.open(self.gateway_port, self.tls)
                self.links.append(link)
            return await link.request(fields, ends)

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            while await self.exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            writer.close()

    async def exchange(self, reader, writer) -> bool:
        """One request and its answer; after a WebSocket there is no other."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        method, path, _ = lines[0].split(" ")
        given = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines[1:])]
        fields = dict(given)
        opens = "upgrade" in fields
        sent = [(":method", "CONNECT" if opens else method), (":scheme", "https"), (":path", path),
                (":authority", fields["host"])]
        if opens:
            sent.insert(1, (":protocol", "websocket"))
        dropped = {"host", "connection", "upgrade", "sec-websocket-key", "keep-alive"}
        dropped |= {option.strip().lower() for option in fields.get("connection", "").split(",")}
        stream = await self.stream(sent + [field for field in given if field[0] not in dropped], ends=not opens)
        answer = await stream.things.get()
        if not isinstance(answer, list):
            writer.transport.abort()
            return False
        answer = dict(answer)
        switches = opens and answer[":status"] == "200"
        head = "HTTP/1.1 101 Switching Protocols" if switches else f"HTTP/1.1 {answer[':status']} Answer"
        if switches:
            answer |= {"connection": "Upgrade", "upgrade": "websocket",
                       "sec-websocket-accept": self.accept_of(fields["sec-websocket-key"].encode())}
        head += "".join(f"\r\n{name}: {value}" for name, value in answer.items() if name[0] != ":")
        writer.write(head.encode() + b"\r\n\r\n")
        if switches:
            up = asyncio.create_task(self.pump_up(reader, stream))
            self.tasks.add(up)
            if await self.pump_down(stream, writer):
                writer.write_eof()
                # The client may have something to say still.
                await up
            else:
                up.cancel()
                writer.transport.abort()
        elif await self.pump_down(stream, writer):
            if opens:
                await stream.reset()
        else:
            writer.transport.abort()
        stream.link.streams.pop(stream.number, None)
        return not switches

    async def pump_up(self, reader, stream):
        try:
            while data := await reader.read(65536):
                await stream.send(data)
            await stream.end()
        except (ConnectionError, h2.exceptions.ProtocolError):
            await stream.reset()

    async def pump_down(self, stream, writer) -> bool:
        """Did the stream end in order?"""
        while isinstance(thing := await stream.things.get(), tuple):
            writer.write(thing[0])
            await writer.drain()
            await stream.acknowledge(thing[1])
        return thing is None
