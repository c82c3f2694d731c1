"""WebSockets over HTTP/2 (RFC 8441) for agreement.py: several at a time over one connection, each a stream of its own.

Of four, two close, the upstream of one dies, and of one the client resets the stream.
"""
import asyncio
import contextlib
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

MESSAGE = b"\x81\x81\x01\x02\x03\x04a"
CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
#: Of the upstream's answer to a message, which has one byte.
ECHO = 3


class SocketClient:
    """One connection.

    numbers: of its WebSockets; width: how many are open at once; told: messages that each sends and gets back.
    seen, messages: what agreement.py counts.
    """

    def __init__(self, port, authority, numbers, width, told, seen, messages):
        self.port, self.numbers, self.width, self.told = port, iter(numbers), width, told
        self.seen, self.messages = seen, messages
        self.context = ssl.create_default_context(cafile=authority)
        self.context.set_alpn_protocols(["h2"])
        #: By stream: what the WebSocket is to come to, and the bytes that have come.
        self.open = {}
        self.more = True

    async def run(self):
        while self.more:
            reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost")
            self.connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
            self.connection.initiate_connection()
            self.writer.write(self.connection.data_to_send())
            self.may_open = self.leaving = False
            while self.open or (self.more and not self.leaving):
                data = await reader.read(65536)
                if not data:
                    break
                for event in self.connection.receive_data(data):
                    self.take(event)
                self.fill()
                self.writer.write(self.connection.data_to_send())
            assert not self.open, self.open
            self.writer.close()

    def fill(self):
        while self.may_open and not self.leaving and self.more and len(self.open) < self.width:
            number = next(self.numbers, None)
            if number is None:
                self.more = False
                break
            fate = ("closes", "dies", "closes", "leaves")[number % 4]
            stream = self.connection.get_next_available_stream_id()
            self.connection.send_headers(stream, [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"),
                (":path", f"/ws/{fate}/{number}"), ("sec-websocket-version", "13")])
            self.open[stream] = [fate, 0]

    def take(self, event):
        if isinstance(event, h2.events.RemoteSettingsChanged):
            # It must have said that it takes them (RFC 8441 §3).
            self.may_open = self.may_open or bool(self.connection.remote_settings.enable_connect_protocol)
        elif isinstance(event, h2.events.ResponseReceived):
            assert dict(event.headers)[":status"] == "200", event
            self.connection.send_data(event.stream_id, MESSAGE)
        elif isinstance(event, h2.events.DataReceived):
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if event.stream_id in self.open:
                self.receive(event.stream_id, len(event.data))
        elif isinstance(event, h2.events.StreamEnded) and event.stream_id in self.open:
            # RFC 9113 §5.1: a stream of which one half is open counts against what may be open at once.
            with contextlib.suppress(h2.exceptions.StreamClosedError):
                self.connection.end_stream(event.stream_id)
            self.end(event.stream_id)
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self.open:
            self.end(event.stream_id)
        elif isinstance(event, h2.events.ConnectionTerminated):
            assert event.error_code == 0, event
            self.leaving = True

    def receive(self, stream, count):
        fate, before = self.open[stream]
        after = before + count
        self.open[stream][1] = after
        for echoed in range(before // ECHO + 1, after // ECHO + 1):
            if echoed > self.told:
                break
            self.messages["down"] += 1
            if echoed < self.told or fate == "dies":
                self.connection.send_data(stream, MESSAGE)
            elif fate == "closes":
                self.connection.send_data(stream, CLOSE)
            else:
                self.connection.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                self.end(stream)

    def end(self, stream):
        fate, count = self.open.pop(stream)
        assert count // ECHO >= self.told, (fate, count)
        if fate == "closes":
            assert count == ECHO * self.told + 4, count
        self.seen["tls", "ws", "101"] += 1
