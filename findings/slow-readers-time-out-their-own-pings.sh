#!/usr/bin/env bash
# Guess: a WebSocket client's keepalive measures the line and the peer. While the peer answers each ping at once,
# the connection stays, however long the program takes for a message.
# What happens: websockets, its variant with threads, aiohttp and tornado stop reading when the program is some messages
# behind, and websocket-client while its callback is busy. The pong waits behind those messages, and the client
# itself ends the sound connection, with "keepalive ping timeout" (1011), 1006, "ping timed out" or "ping/pong timed
# out". The pings of websockets are on without being asked for: every 20 s, with 20 s to answer.
# Why it matters to a gateway: the log says that the client closed with 1011, or broke off, and the client's says that
# the server did not answer, at busy times alone. It is neither the gateway nor a timeout of it: such a program
# needs a task that reads and a queue of its own, or ping_timeout=None.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websocket-client==1.9.2 websockets==17.4 aiohttp==3.14.5 \
    tornado==6.6.1
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, importlib.metadata, logging, sys, time
import aiohttp, tornado.websocket, websocket, websockets.asyncio.client, websockets.asyncio.server, websockets.sync.client

BUSY, MESSAGES = 0.5, 60  # Seconds that the program takes for each of so many messages, which come all at once.

async def push(connection):  # The library answers pings as they come, whatever this function does.
    for _ in range(MESSAGES):
        await connection.send("x" * 20_000)
    await connection.wait_closed()

async def with_websockets(url):
    async with websockets.asyncio.client.connect(url, ping_interval=1, ping_timeout=3) as connection:
        try:
            for _ in range(MESSAGES):
                await connection.recv()
                await asyncio.sleep(BUSY)
        except websockets.exceptions.ConnectionClosed as error:
            return f"{error.sent.code} {error.sent.reason}"
    return "all"

async def with_threads_of_websockets(url):
    def read():
        with websockets.sync.client.connect(url, ping_interval=1, ping_timeout=3) as connection:
            for _ in range(MESSAGES):
                connection.recv()
                time.sleep(BUSY)
        return "all"
    try:
        return await asyncio.to_thread(read)
    except websockets.exceptions.ConnectionClosed as error:
        return f"{error.sent.code} {error.sent.reason}"

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.ws_connect(url, heartbeat=4) as connection:
        for _ in range(MESSAGES):
            if (await connection.receive()).type is not aiohttp.WSMsgType.TEXT:
                return f"closed with {connection.close_code}"
            await asyncio.sleep(BUSY)
    return "all"

async def with_tornado(url):
    connection = await tornado.websocket.websocket_connect(url, ping_interval=3, ping_timeout=3)
    for _ in range(MESSAGES):
        if await connection.read_message() is None:
            return "closed"
        await asyncio.sleep(BUSY)
    return "all"

async def with_websocket_client(url):
    errors, count = [], 0

    def message(app, _):
        nonlocal count
        count += 1
        time.sleep(BUSY)
        if count == MESSAGES:
            app.close()

    app = websocket.WebSocketApp(url, on_message=message, on_error=lambda _, error: errors.append(str(error)))
    await asyncio.to_thread(app.run_forever, ping_interval=4, ping_timeout=3)
    return errors[0] if errors else "all"

async def main():
    server = await websockets.asyncio.server.serve(push, "127.0.0.1", 0, ping_interval=None)
    url = "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    clients = [("websockets", "", with_websockets, "1011 keepalive ping timeout"),
               ("websockets", ", threads", with_threads_of_websockets, "1011 keepalive ping timeout"),
               ("aiohttp", "", with_aiohttp, "closed with 1006"),
               ("tornado", "", with_tornado, "closed"),
               ("websocket-client", "", with_websocket_client, "ping/pong timed out")]
    seen = await asyncio.gather(*(connect(url) for _, _, connect, _ in clients))
    for (name, how, _, _), outcome in zip(clients, seen):
        print(f"{name} {importlib.metadata.version(name)}{how}: of {MESSAGES} messages, {BUSY} s each: {outcome}")
    return seen == [expected for *_, expected in clients]

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
