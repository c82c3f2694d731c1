#!/usr/bin/env bash
# Guess: an MQTT client over WebSockets masks all that it sends, as RFC 6455 §5.1 wants of a client, so pings may be sent to
# it to keep a line open or to see whether it lives.
# What happens: paho-mqtt masks its messages, and neither its Pong nor the Close with which it answers one. To the first ping
# websockets and wsproto, on which uvicorn and hypercorn stand, end the connection as they must, with 1002 ("incorrect
# masking"); the program sees "Unspecified error" and comes back, until the next ping. aiohttp and tornado do not look.
# Why it matters to a gateway: with pings of its own (tunnel_ping), or as soon as the server behind it is one that pings, as
# websockets does every 20 s unasked, each MQTT client breaks off at that interval and nothing else is wrong. Let MQTT's
# keepalive, which travels in messages, keep such lines open, and switch pings off for the route and the server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check paho-mqtt==2.2.0 websockets==17.4 wsproto==1.3.2 \
    aiohttp==3.14.5 tornado==6.5.10
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, importlib.metadata, logging, os, sys
import aiohttp.web, paho.mqtt.client, tornado.web, tornado.websocket
import websockets.asyncio.server, websockets.exceptions, wsproto, wsproto.events as events

CONNACK = b"\x20\x02\x00\x00"
PINGS = 3

async def with_websockets(say):
    async def handler(peer):
        try:
            await peer.recv()
            await peer.send(CONNACK)
            for _ in range(PINGS):
                await (await peer.ping())
            say("stays")
        except websockets.exceptions.ConnectionClosed as closed:
            say(f"{closed.sent.code.value} {closed.sent.reason}")
    return await websockets.asyncio.server.serve(handler, "127.0.0.1", 0, subprotocols=["mqtt"], ping_interval=None)

async def with_wsproto(say):
    async def handler(reader, writer):
        peer = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        while data := await reader.read(4096):
            try:
                peer.receive_data(data)
                for event in peer.events():
                    if isinstance(event, events.Request):
                        writer.write(peer.send(events.AcceptConnection(subprotocol="mqtt")))
                    elif isinstance(event, events.BytesMessage):
                        writer.write(peer.send(events.BytesMessage(CONNACK)) + peer.send(events.Ping()))
                    elif isinstance(event, events.Pong):
                        say("stays")
                    elif isinstance(event, events.CloseConnection):
                        say(f"{event.code.value} {event.reason}")
            except wsproto.utilities.RemoteProtocolError as error:
                say(f"{error.event_hint.code.value} {error}")
                break
        writer.close()
    return await asyncio.start_server(handler, "127.0.0.1", 0)

async def with_aiohttp(say):
    async def handler(request):
        peer = aiohttp.web.WebSocketResponse(protocols=["mqtt"], autoping=False)
        await peer.prepare(request)
        await peer.receive()
        await peer.send_bytes(CONNACK)
        await peer.ping()
        got = await peer.receive()
        say("stays" if got.type == aiohttp.WSMsgType.PONG else repr(got))
        return peer
    application = aiohttp.web.Application()
    application.router.add_get("/mqtt", handler)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return site._server

async def with_tornado(say):
    class Handler(tornado.websocket.WebSocketHandler):
        def select_subprotocol(self, offered):
            return "mqtt"

        def on_message(self, message):
            self.write_message(CONNACK, binary=True)
            self.ping()

        def on_pong(self, data):
            say("stays")

        def on_close(self):
            say(f"{self.close_code} {self.close_reason}")
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(tornado.web.Application([("/mqtt", Handler)])).add_sockets(sockets)
    return type("Server", (), {"sockets": sockets})

async def with_bare_frames(say):  # Shows the mask's bit of each kind of frame.
    async def handler(reader, writer):
        accept = wsproto.utilities.generate_accept_token
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        key = next(line.split(b": ")[1] for line in head if line.lower().startswith(b"sec-websocket-key"))
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + accept(key) + b"\r\n\r\n")
        seen = []
        for name, answer in (("message", b"\x82\x04" + CONNACK + b"\x89\x00"), ("pong", b"\x88\x02\x03\xe8"), ("close", b"")):
            first, second = await reader.readexactly(2)
            await reader.readexactly((second & 127) + (4 if second & 128 else 0))
            seen.append(f"{name} {'masked' if second & 128 else 'not masked'}")
            writer.write(answer)
        say(", ".join(seen))
        writer.close()
    return await asyncio.start_server(handler, "127.0.0.1", 0)

async def connected_to(make):
    loop, result = asyncio.get_running_loop(), asyncio.Future()
    def say(text):
        if not result.done():
            result.set_result(text)
    server = await make(say)
    client = paho.mqtt.client.Client(paho.mqtt.client.CallbackAPIVersion.VERSION2, transport="websockets")
    client.reconnect_delay_set(600, 600)
    await loop.run_in_executor(None, client.connect, *server.sockets[0].getsockname())
    client.loop_start()
    return await asyncio.wait_for(result, 30)

async def main():
    right = True
    print("paho-mqtt", importlib.metadata.version("paho-mqtt"))
    for make, name, expected in ((with_bare_frames, "", "message masked, pong not masked, close not masked"),
                                 (with_websockets, "websockets", "1002 incorrect masking"),
                                 (with_wsproto, "wsproto", "1002 server received unexpected unmasked frame"),
                                 (with_aiohttp, "aiohttp", "stays"), (with_tornado, "tornado", "stays")):
        seen = await connected_to(make)
        print(f"{name} {importlib.metadata.version(name)}: {seen}" if name else seen)
        right = right and seen == expected
    sys.stdout.flush()
    os._exit(not right)  # Without waiting for paho's threads.

logging.disable()
asyncio.run(main())
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
