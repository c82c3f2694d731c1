#!/usr/bin/env bash
# Guess: a Close frame with 1012 (service restart), 1013 (try again later) or 1014 (bad gateway) is as good as one with
# 1001: the codes are in IANA's registry, and a program gets the number to decide when it comes back.
# What happens: ruby-websocket-driver, on which Action Cable and Faye stand, knows the codes of RFC 6455 alone. It
# tells the program 1002, protocol error, and answers the peer with 1002, too. wsproto and autobahn know 1012
# and 1013, and 1014 is an error to them. websockets, aiohttp and tornado hand on all three.
# Why it matters to a gateway: to drain with 1012 looks in such applications' logs as if the gateway broke the
# protocol, and a client that takes a protocol error for final does not come back. 1001 is the one code for
# this that all know; 1002 in an answer to a close of one's own is no violation to count.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check websockets==17.4 aiohttp==3.14.5 tornado==6.6.1 wsproto==1.3.2 \
    autobahn==26.10.2
apt-get -qq -o APT::Sandbox::User="$(id -un)" download ruby3.1=3.1.7+really3.1.2-0+deb12u1 \
    libruby3.1=3.1.7+really3.1.2-0+deb12u1 ruby-websocket-driver=0.6.3-3+b5 ruby-websocket-extensions=0.1.5-2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
machine=$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$work/root/usr/lib/$machine"
cat >probe.rb <<'END_OF_RUBY'
require "socket"
require "websocket/driver"
ARGV[1..].each do |code|
    socket = TCPSocket.new("127.0.0.1", ARGV[0].to_i)
    peer = Object.new
    peer.define_singleton_method(:url) { "ws://127.0.0.1/#{code}" }
    peer.define_singleton_method(:write) { |bytes| socket.write(bytes) }
    driver = WebSocket::Driver.client(peer)
    told = nil
    driver.on(:close) { |event| told = event.code }
    driver.start
    driver.parse(socket.readpartial(1000)) until told
    puts told
    socket.close
end
END_OF_RUBY
cat >probe.py <<'END_OF_PROBE'
import asyncio, base64, hashlib, importlib.metadata, logging, os, subprocess, sys
import aiohttp, tornado.websocket, websockets.asyncio.client, wsproto.frame_protocol
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

CODES = [1001, 1012, 1013, 1014]

def close_frame(code):
    return b"\x88\x02" + code.to_bytes(2, "big")

class Server:  # It accepts, closes with the code that is the path, and keeps the code of the answer.
    answered = []

    async def serve(self, reader, writer):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        key = next(line.split(":")[1].strip() for line in lines if line.lower().startswith("sec-websocket-key"))
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n" +
                     close_frame(int(lines[0].split()[1][1:])))
        frame = await reader.read(8)
        self.answered.append((frame[6] ^ frame[2]) * 256 + (frame[7] ^ frame[3]) if len(frame) == 8 else None)
        writer.close()

async def with_ruby(port):
    machine = os.path.basename(os.environ["LD_LIBRARY_PATH"])
    folders = ["share/rubygems-integration/all/gems/websocket-extensions-0.1.5/lib", "lib/ruby/vendor_ruby",
               f"lib/{machine}/ruby/vendor_ruby/3.1.0", "lib/ruby/3.1.0", f"lib/{machine}/ruby/3.1.0"]
    command = ["root/usr/bin/ruby3.1", "--disable=gems"]
    for folder in folders:
        command += ["-I", f"root/usr/{folder}"]
    ruby = await asyncio.create_subprocess_exec(*command, "probe.rb", str(port), *map(str, CODES), stdout=subprocess.PIPE)
    return [int(line) for line in (await ruby.communicate())[0].split()]

async def with_websockets(port, code):
    async with websockets.asyncio.client.connect(f"ws://127.0.0.1:{port}/{code}") as connection:
        await connection.wait_closed()
        return connection.close_code

async def with_aiohttp(port, code):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/{code}") as connection:
        return (await connection.receive()).data

async def with_tornado(port, code):
    connection = await tornado.websocket.websocket_connect(f"ws://127.0.0.1:{port}/{code}")
    await connection.read_message()
    return connection.close_code

async def with_autobahn(port, code):
    ended = asyncio.get_running_loop().create_future()

    class Protocol(WebSocketClientProtocol):
        def onClose(self, clean, code, reason):
            ended.set_result(code)

    factory = WebSocketClientFactory(f"ws://127.0.0.1:{port}/{code}")
    factory.protocol = Protocol
    await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", port)
    return await ended

async def with_wsproto(_, code):
    protocol = wsproto.frame_protocol.FrameProtocol(client=True, extensions=[])
    protocol.receive_bytes(close_frame(code))
    try:
        return int(next(iter(protocol.received_frames())).payload[0])
    except wsproto.frame_protocol.ParseFailed as error:
        return int(error.code)

async def main():
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    told = await with_ruby(port)
    print(f"ruby-websocket-driver 0.6.3: {CODES} is told as {told} and answered with {server.answered}")
    right = told == server.answered == [1001, 1002, 1002, 1002]
    clients = [("websockets", with_websockets, CODES), ("aiohttp", with_aiohttp, CODES), ("tornado", with_tornado, CODES),
               ("wsproto", with_wsproto, [1001, 1012, 1013, 1002]), ("autobahn", with_autobahn, [1001, 1012, 1013, 1006])]
    for name, connect, expected in clients:
        told = [await connect(port, code) for code in CODES]
        print(f"{name} {importlib.metadata.version(name)}: {CODES} is told as {told}")
        right = right and told == expected
    return right

logging.disable()
sys.exit(not asyncio.run(main()))
END_OF_PROBE
venv/bin/python probe.py
