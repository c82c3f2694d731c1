#!/usr/bin/env bash
# Guess: a WebSocket client that was given a cookie in the answer to its handshake sends it when it connects again,
# as browsers do and HTTP clients with a session; so a cookie leads it back to the server where its session is.
# What happens: only aiohttp does so, within one ClientSession. websockets, tornado and picows keep no cookies.
# websocket-client keeps those that name a Domain, and no others, for the whole process: the connection of
# another user, of any part of the program, then sends them, too.
# Why it matters to a gateway: sticky sessions by cookie hold for browsers alone. A program comes to another server
# after each break, or, with a Domain, all its users to the same one. For programs take a hash of the address
# or of a field that they send themselves, and set no Domain.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websocket-client==1.9.2 websockets==17.4 aiohttp==3.14.5 \
    tornado==6.6.1 picows==2.3.1
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, base64, hashlib, importlib.metadata, logging, socket, sys
import aiohttp, picows, tornado.websocket, websocket, websockets.asyncio.client

HOST = "app.example.com"  # It leads to this machine, for this program.
system_look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: system_look_up("127.0.0.1" if host == HOST else host, *rest, **named)

class Server:
    domain, seen = b"", []

    async def serve(self, reader, writer):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) if "key" not in line.lower() else line.split(": ", 1) for line in lines[1:-2])
        fields = {name.lower(): value for name, value in fields.items()}
        self.seen.append(fields.get("cookie", "none"))
        digest = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n"
                     b"Set-Cookie: server=a; Path=/" + self.domain + b"\r\n\r\n\x88\x02\x03\xe9")
        await reader.read()
        writer.close()

async def with_websockets(url):
    for _ in range(2):
        async with websockets.asyncio.client.connect(url):
            pass

async def with_websocket_client(url):
    for _ in range(2):
        (await asyncio.to_thread(websocket.create_connection, url, timeout=10)).close()

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.ws_connect(url) as connection:
                await connection.receive()

async def with_tornado(url):
    for _ in range(2):
        await (await tornado.websocket.websocket_connect(url)).read_message()

async def with_picows(url):
    for _ in range(2):
        transport, _ = await picows.ws_connect(picows.WSListener, url)
        transport.disconnect()

async def main():
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = f"ws://{HOST}:{listening.sockets[0].getsockname()[1]}/"
    never, back = ["none", "none"], ["none", "server=a"]
    clients = [("websockets", with_websockets, never, never), ("websocket-client", with_websocket_client, never, back),
               ("aiohttp", with_aiohttp, back, back), ("tornado", with_tornado, never, never),
               ("picows", with_picows, never, never)]
    right = True
    for name, connect_twice, *expected in clients:
        seen = []
        for server.domain in (b"", b"; Domain=" + HOST.encode()):
            server.seen = []
            await connect_twice(url)
            seen.append(server.seen)
        told = "; ".join(f"{how} Domain: {', then '.join(cookies)}" for how, cookies in zip(("without", "with"), seen))
        print(f"{name} {importlib.metadata.version(name)}: cookies of two connections, {told}")
        right = right and seen == expected
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
