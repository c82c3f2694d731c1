#!/usr/bin/env bash
# Guess: a field that a program hands to its WebSocket client, to come to a certain site or from a certain page,
# takes the place of the one that the client would write itself, as it does with HTTP clients.
# What happens: websockets (additional_headers) and websocket-client (header) write a second Host beside their
# own, and websocket-client a second Origin; a User-Agent takes the place of theirs. aiohttp, tornado and picows
# replace all three. With websocket-client only its own options host= and origin= replace.
# Why it matters to a gateway: two Host lines must be answered with 400 (RFC 9112 §3.2), and two Origins are no
# origin that a list can allow; the same header works for the same program's HTTP requests. Such clients look
# broken by the gateway, and those of Socket.IO stay with polling without a word. The refusal should
# say which field came twice.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websocket-client==1.9.2 websockets==17.4 aiohttp==3.14.5 \
    tornado==6.6.1 picows==2.3.1
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, base64, hashlib, importlib.metadata, logging, sys
import aiohttp, picows, tornado.httpclient, tornado.websocket, websocket, websockets.asyncio.client

FIELDS = {"Host": "shop.example", "Origin": "https://shop.example", "User-Agent": "mine/1"}

class Server:
    lines = []

    async def serve(self, reader, writer):
        self.lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        key = self.values("sec-websocket-key")[0]
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n\x88\x02\x03\xe8")
        await reader.read()
        writer.close()

    def values(self, name):
        return [line.split(":", 1)[1].strip() for line in self.lines if line.lower().startswith(name + ":")]

async def with_websockets(url):
    async with websockets.asyncio.client.connect(url, additional_headers=FIELDS):
        pass

async def with_websocket_client(url):
    (await asyncio.to_thread(websocket.create_connection, url, header=FIELDS, timeout=10)).shutdown()

async def with_its_options(url):
    options = {"host": FIELDS["Host"], "origin": FIELDS["Origin"], "header": {"User-Agent": FIELDS["User-Agent"]}}
    (await asyncio.to_thread(websocket.create_connection, url, timeout=10, **options)).shutdown()

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=FIELDS):
        pass

async def with_tornado(url):
    await tornado.websocket.websocket_connect(tornado.httpclient.HTTPRequest(url, headers=FIELDS))

async def with_picows(url):
    transport, _ = await picows.ws_connect(picows.WSListener, url, extra_headers=FIELDS)
    transport.disconnect()

async def main():
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    own = "127.0.0.1:%d" % listening.sockets[0].getsockname()[1]
    host, origin, once = FIELDS["Host"], FIELDS["Origin"], ([FIELDS["Host"]], [FIELDS["Origin"]])
    clients = [
        ("websockets", "", with_websockets, ([own, host], [origin])),
        ("websocket-client", ", header", with_websocket_client, ([own, host], ["http://" + own, origin])),
        ("websocket-client", ", host and origin", with_its_options, once),
        ("aiohttp", "", with_aiohttp, once), ("tornado", "", with_tornado, once), ("picows", "", with_picows, once),
    ]
    right = True
    for name, how, connect, expected in clients:
        await connect(f"ws://{own}/")
        hosts, origins, agents = (server.values(field) for field in ("host", "origin", "user-agent"))
        version = importlib.metadata.version(name)
        told = "; ".join(" and ".join(values) for values in (hosts, origins, agents))
        print(f"{name} {version}{how}: Host, Origin and User-Agent: {told}")
        right = right and (hosts, origins) == expected and agents == ["mine/1"]
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
