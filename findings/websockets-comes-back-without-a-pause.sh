#!/usr/bin/env bash
# Guess: a client that connects again by itself waits longer each time: "async for websocket in connect(…)" of
# websockets says so (exponential backoff), and 1013, "try again later", as 429 and 503, makes it wait.
# What happens: it waits only where the handshake fails. A server that accepts and then closes, whatever its code,
# sees it again at once, hundreds of times a second, for as long as it does so. A 503 is waited for, but not for as
# long as Retry-After says, and a 429 ends the loop for good with an exception. websocket-client (reconnect=1) pauses
# for that second after all of these.
# Why it matters to a gateway: an application that closes new connections while it starts, or refuses a user after
# the handshake, is flooded by its own clients, each with a TLS handshake. Refuse with 503 before the upgrade where it
# can be done, never with 429, and have a limit of handshakes for each client and server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check websockets==17.4 websocket-client==1.9.2
cat >"$work/probe.py" <<'END_OF_PROBE'
import asyncio, base64, hashlib, importlib.metadata, logging, sys
import websocket, websockets.asyncio.client

ENOUGH = 100  # Handshakes after which the server refuses for good, with 404, which ends the loop of websockets.

class Server:
    def __init__(self, answer):
        self.answer, self.handshakes = answer, 0

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.handshakes += 1
        if self.handshakes >= ENOUGH:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif self.answer in (429, 503):
            writer.write(b"HTTP/1.1 %d No\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n" % self.answer)
        else:
            key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
            digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n\x88\x02")
            writer.write(self.answer.to_bytes(2, "big"))
            await reader.read(100)
        writer.close()

async def with_websockets(url):
    async for connection in websockets.asyncio.client.connect(url):
        try:
            async for _ in connection:
                pass
        except websockets.exceptions.ConnectionClosed:
            continue

async def with_websocket_client(url):
    app = websocket.WebSocketApp(url)
    running = asyncio.create_task(asyncio.to_thread(app.run_forever, reconnect=1))
    try:
        await asyncio.shield(running)
    finally:
        app.keep_running = False

async def try_for(seconds, connect, answer):
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    client = asyncio.create_task(connect("ws://127.0.0.1:%d/" % listening.sockets[0].getsockname()[1]))
    await asyncio.wait({client}, timeout=seconds)
    raised = type(client.exception()).__name__ if client.done() else "nothing"
    client.cancel()
    listening.close()
    many = "hundred" if server.handshakes >= ENOUGH else "few" if server.handshakes > 1 else "one"
    return many, raised

async def main():
    cases = [("websockets", with_websockets, answer, ("hundred", "InvalidStatus")) for answer in (1000, 1001, 1012, 1013)]
    # Its first pause is of up to five seconds, so that in eight there is more than one handshake.
    cases += [("websockets", with_websockets, 503, ("few", "nothing")),
              ("websockets", with_websockets, 429, ("one", "InvalidStatus"))]
    cases += [("websocket-client", with_websocket_client, answer, ("few", "nothing")) for answer in (1001, 1013, 429, 503)]
    right = True
    for name, connect, answer, expected in cases:
        seen = await try_for(8, connect, answer)
        what = f"{answer} and Retry-After: 30" if answer < 1000 else f"101, then a close with {answer}"
        number = {"hundred": f"{ENOUGH} and more", "few": "some", "one": "one"}[seen[0]]
        print(f"{name} {importlib.metadata.version(name)}: {what}: handshakes in 8 s: {number}; raised: {seen[1]}")
        right = right and seen == expected
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
"$work/venv/bin/python" "$work/probe.py"
