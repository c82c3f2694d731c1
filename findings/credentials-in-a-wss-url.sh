#!/usr/bin/env bash
# Guess: wss://user:password@host/ is Basic authentication (RFC 7617) to a WebSocket client, as https:// is to an HTTP
# client: it takes the pair out of the URL, decodes %40 and %3A, and sends Authorization.
# What happens: websockets and aiohttp do. tornado sends the pair without decoding it, another password than was
# meant. websocket-client drops it and says nothing. picows leaves it in the Host field, "Host: user:password@host",
# which no server may take (RFC 9112 §3.2), and which brings passwords into logs.
# Why it matters to a gateway: one and the same URL is answered with 101, 401, 401 and 400, and looks like a wrong
# password or a broken gateway. Give the field itself to such clients (header, additional_headers, headers), and
# log no Host that was refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websocket-client==1.9.2 websockets==17.4 aiohttp==3.14.5 \
    tornado==6.6.1 picows==2.3.1
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, base64, hashlib, importlib.metadata, logging, sys
import aiohttp, picows, tornado.websocket, websocket, websockets.asyncio.client

class Server:
    fields = {}

    async def serve(self, reader, writer):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        self.fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        digest = hashlib.sha1((self.fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n\x88\x02\x03\xe8")
        await reader.read()
        writer.close()

async def with_websockets(url):
    async with websockets.asyncio.client.connect(url):
        pass

async def with_websocket_client(url):
    (await asyncio.to_thread(websocket.create_connection, url, timeout=10)).shutdown()

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.ws_connect(url):
        pass

async def with_tornado(url):
    await tornado.websocket.websocket_connect(url)

async def with_picows(url):
    transport, _ = await picows.ws_connect(picows.WSListener, url)
    transport.disconnect()

async def main():
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    own = "127.0.0.1:%d" % listening.sockets[0].getsockname()[1]
    pair = "us%40er:p%3Ass"
    meant = ("us@er:p:ss", own)
    clients = [("websockets", with_websockets, meant), ("aiohttp", with_aiohttp, meant),
               ("tornado", with_tornado, (pair, own)), ("websocket-client", with_websocket_client, ("none", own)),
               ("picows", with_picows, ("none", f"{pair}@{own}"))]
    right = True
    for name, connect, expected in clients:
        await connect(f"ws://{pair}@{own}/")
        sent = server.fields.get("authorization", "").removeprefix("Basic ")
        seen = (base64.b64decode(sent).decode() or "none", server.fields["host"])
        print(f"{name} {importlib.metadata.version(name)}: authorization: {seen[0]}; host: {seen[1].replace(own, 'HOST')}")
        right = right and seen == expected
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
