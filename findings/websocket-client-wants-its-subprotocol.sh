#!/usr/bin/env bash
# Guess: a server that speaks none of the subprotocols that a WebSocket client offers leaves the field out,
# and the client goes on without one (RFC 6455 §4.1 fails only for a value that was not offered).
# What happens: websocket-client fails with "Invalid WebSocket Header", and an error in its log. websockets
# and aiohttp go on with None. aiohttp and tornado go on, too, if the server chooses what was not offered,
# where the RFC says to fail; tornado then names it as agreed.
# Why it matters to a gateway: an upstream that knows no subprotocols works for browsers and is "broken by
# the gateway" for such a client. The gateway must neither drop nor add the field on either way; and it
# cannot rely on clients to notice a wrong one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websocket-client==1.9.2 websockets==17.4 aiohttp==3.14.5 \
    tornado==6.6.1
cat >"$work/probe.py" <<'END'
import asyncio, base64, hashlib, logging, sys
import aiohttp, tornado, tornado.websocket, websocket, websockets, websockets.asyncio.client

async def serve(reader, writer, chosen):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    choice = f"Sec-WebSocket-Protocol: {chosen}\r\n" if chosen else ""
    writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{choice}"
                 f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode() + b"\x88\x02\x03\xe8")
    await reader.read()
    writer.close()

async def with_websockets(url, offered):
    async with websockets.asyncio.client.connect(url, subprotocols=offered) as connection:
        return connection.subprotocol

async def with_aiohttp(url, offered):
    async with aiohttp.ClientSession() as session, session.ws_connect(url, protocols=offered) as connection:
        return connection.protocol

async def with_tornado(url, offered):
    connection = await tornado.websocket.websocket_connect(url, subprotocols=offered)
    return connection.selected_subprotocol

async def with_websocket_client(url, offered):
    connection = await asyncio.to_thread(websocket.create_connection, url, subprotocols=offered, timeout=10)
    connection.shutdown()
    return connection.subprotocol

async def agreed(ask, chosen):
    server = await asyncio.start_server(lambda *streams: serve(*streams, chosen), "127.0.0.1", 0)
    try:
        return await ask("ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1], ["chat", "superchat"])
    except Exception as error:
        return f"{type(error).__name__} ({error})"
    finally:
        server.close()

async def main():
    clients = [
        ("websocket-client", websocket.__version__, with_websocket_client, ["superchat"] + ["WebSocketException"] * 2),
        ("websockets", websockets.__version__, with_websockets, ["superchat", "None", "NegotiationError"]),
        ("aiohttp", aiohttp.__version__, with_aiohttp, ["superchat", "None", "None"]),
        ("tornado", tornado.version, with_tornado, ["superchat", "None", "other"]),
    ]
    right = True
    for name, version, ask, expected in clients:
        seen = [str(await agreed(ask, chosen)) for chosen in ("superchat", None, "other")]
        print(f"{name} {version}: chosen superchat: {seen[0]}; none: {seen[1]}; one not offered: {seen[2]}")
        right = right and [outcome.split()[0] for outcome in seen] == expected
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END
"$work/venv/bin/python" "$work/probe.py"
