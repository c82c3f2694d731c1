"""Scenarios of the chat, over wss through the gateway: chat.py SCENARIO PORT CA [PID]. A failed one ends with a traceback."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys

import websockets
from websockets.asyncio.client import connect

SCENARIO, PORT, CA = sys.argv[1], int(sys.argv[2]), sys.argv[3]
TLS = ssl.create_default_context(cafile=CA)
MIB = 1 << 20


def join(query="", **options):
    url = f"wss://localhost:{PORT}/chat/ws{query}"
    return connect(url, ssl=TLS, max_size=None, compression=None, **options)


async def hear(member, kind):
    """The next event of that kind; others are passed over."""
    while True:
        event = json.loads(await member.recv())
        if event["kind"] == kind:
            return event


async def close_code(member):
    """What the server says when it ends the connection."""
    try:
        while True:
            await member.recv()
    except websockets.ConnectionClosed as ending:
        return ending.rcvd and ending.rcvd.code


async def two_servers():
    """Members on both upstreams."""
    by_server, names = {}, 0
    while len(by_server) < 2:
        assert names < 16, f"only ever server {list(by_server)}"
        member = await join(f"?name=member{names}")
        names += 1
        welcome = await hear(member, "welcome")
        by_server.setdefault(welcome["server"], member)
    return by_server["a"], by_server["b"]


async def across():
    first, second = await two_servers()
    await first.send("from a")
    said = await hear(second, "said")
    assert (said["text"], said["server"]) == ("from a", "a"), said
    await second.send("from b")
    assert (await hear(first, "said"))["text"] == "from a", "who speaks hears it too"
    assert (await hear(first, "said"))["text"] == "from b"


async def names():
    async with join("?name=ada") as ada, join("?name=ada") as other, join("?name=%0A%00%E2%80%AE%20Bo%20+b") as bob:
        assert (await hear(ada, "welcome"))["name"] == "ada"
        assert (await hear(other, "welcome"))["name"] == "ada-2"
        welcome = await hear(bob, "welcome")
        assert welcome["name"] == "Bo b", welcome
        assert welcome["people"] == ["ada", "ada-2", "Bo b"], welcome
        await bob.close()
        assert (await hear(ada, "left"))["name"] == "Bo b"


async def rooms():
    async with join("?name=in&room=tea") as tea, join("?name=out&room=coffee") as coffee, join("?name=too&room=tea") as too:
        assert (await hear(coffee, "welcome"))["people"] == ["out"]
        assert (await hear(too, "welcome"))["people"] == ["in", "too"]
        await tea.send("only for tea")
        await coffee.send("only for coffee")
        assert (await hear(too, "said"))["text"] == "only for tea"
        assert (await hear(coffee, "said"))["text"] == "only for coffee"


async def raw():
    text = '<script>alert("1")</script> & \\ \x00\x1f\u2028 \U0001f600'
    async with join("?name=<b>") as member:
        await member.send(text)
        frame = ""
        while '"said"' not in frame:
            frame = await member.recv()
        assert "<script>" in frame and '"name":"<b>"' in frame, "escaping is the page's affair"
        assert json.loads(frame)["text"] == text


async def fragments():
    async with join() as member:
        await member.send(["in ", "three ", "pieces \u00e9"])
        assert (await hear(member, "said"))["text"] == "in three pieces \u00e9"


async def ping():
    async with join() as member:
        await (await member.ping(b"are you there"))


async def closes_with_code():
    async with join() as member:
        await member.close(4001, "bye")
        assert member.protocol.close_rcvd.code == 4001, member.protocol.close_rcvd


async def biggest():
    async with join() as member:
        text = "x" * MIB
        await member.send(text)
        assert (await hear(member, "said"))["text"] == text


async def too_big():
    async with join() as member:
        await member.send("x" * (MIB + 1))
        assert await close_code(member) == 1009


async def not_utf8():
    async with join() as member:
        await member.send(b"caf\xe9 \xff", text=True)
        assert await close_code(member) == 1007


async def binary():
    async with join() as member:
        await member.send(b"\x00\x01")
        assert await close_code(member) == 1003


async def unmasked():
    reader, writer = await raw_member()
    writer.write(b"\x81\x02hi")
    assert await raw_close(reader) == 1002


async def slow():
    """One does not read: the others hear everything, and it is shown out in an orderly way."""
    reader, _ = await raw_member("?name=sloth")
    async with join("?name=talker") as talker, join("?name=listener") as listener:
        text, heard, said = "x" * MIB, 0, 0
        while True:
            assert said < 200, "sloth was never shown out"
            await talker.send(text)
            said += 1
            event = {}
            while event.get("kind") != "said":
                event = json.loads(await talker.recv())
                if event["kind"] == "left":
                    assert event["name"] == "sloth"
                    break
            if event["kind"] == "left":
                break
        while heard < said:
            assert (await hear(listener, "said"))["text"] == text
            heard += 1
    assert await raw_close(reader) == 1013


async def refusals():
    good = {
        "Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    cases = [({}, 101), ({"Sec-WebSocket-Version": "12"}, 426), ({"Sec-WebSocket-Key": "short"}, 400)]
    for change, status in cases:
        reader, writer = await asyncio.open_connection("localhost", PORT, ssl=TLS)
        lines = [f"{name}: {value}" for name, value in (good | change).items()]
        writer.write("\r\n".join(["GET /chat/ws HTTP/1.1", *lines, "", ""]).encode())
        line = await reader.readline()
        assert line.split()[1] == str(status).encode(), (change, line)
        writer.close()


async def drained():
    first, second = await two_servers()
    os.kill(int(sys.argv[4]), signal.SIGTERM)
    assert await close_code(first) == 1001
    assert await close_code(second) == 1001


async def raw_member(query=""):
    """A WebSocket without a library, which reads only when it is asked to."""
    plain = socket.create_connection(("localhost", PORT))
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    reader, writer = await asyncio.open_connection(sock=plain, ssl=TLS, server_hostname="localhost", limit=65536)
    writer.write(
        f"GET /chat/ws{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
    return reader, writer


async def raw_close(reader):
    """Reads whole frames up to the Close, and gives its code."""
    while True:
        first, second = await reader.readexactly(2)
        length = second & 127
        if length > 125:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        payload = await reader.readexactly(length)
        if first & 15 == 8:
            return int.from_bytes(payload[:2], "big")


# A scenario that hangs has failed.
asyncio.run(asyncio.wait_for(globals()[SCENARIO](), 120))
