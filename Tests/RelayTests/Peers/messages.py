"""What passes through a tunnel: every kind of message, whole and unchanged."""

import asyncio
import os

# What few cases need, and takes long to import, they import themselves: each case is a process.
from kit import client, client_tls, gateway, upstream

BOTH = (False, True)


async def text_and_binary_pass_to_plain_and_tls_upstreams():
    for tls in BOTH:
        async with upstream(tls=tls) as url, gateway(url) as running, client(running) as connection:
            for message in ("", "grüße 👋", b"", bytes(range(256)), "x" * 125, "x" * 126, b"y" * 65535, b"z" * 65536):
                await connection.send(message)
                assert await connection.recv() == message


async def http_and_https_are_spellings_of_ws_and_wss():
    for tls in BOTH:
        async with upstream(tls=tls) as url:
            spelled = url.replace("wss://", "https://").replace("ws://", "http://")
            async with gateway(spelled) as running, client(running) as connection:
                await connection.send("hello")
                assert await connection.recv() == "hello"


async def fragments_stay_fragments():
    sizes = asyncio.Queue()

    async def count(connection):
        async for part in connection.recv_streaming(decode=False):
            await sizes.put(len(part))
        await connection.send(iter(["a", "b", "c"]))
        await connection.wait_closed()

    async with upstream(count, compression=None) as url, gateway(url) as running:
        async with client(running, compression=None) as connection:
            await connection.send(iter([b"1", b"22", b"333"]))
            assert [part async for part in connection.recv_streaming()][:3] == ["a", "b", "c"]
        got = [await sizes.get() for _ in range(3)]
        assert got == [1, 2, 3], got
        await running.tunnel_line(messages_in=1, messages_out=1)


async def a_message_of_16_mib_passes():
    message = os.urandom(16 << 20)
    for tls in BOTH:
        async with upstream(tls=tls, compression=None) as url, gateway(url) as running:
            async with client(running, compression=None) as connection:
                await connection.send(message)
                assert await connection.recv() == message


async def pings_are_the_peers_affair():
    async def pinging(connection):
        delay = await (await connection.ping(b"from upstream"))
        await connection.send(f"{delay >= 0}")
        await echo_once(connection)

    async def echo_once(connection):
        await connection.send(await connection.recv())

    async with upstream(pinging, ping_interval=None) as url, gateway(url) as running:
        async with client(running, ping_interval=None) as connection:
            assert await connection.recv() == "True"
            await (await connection.ping(b"from client"))
            await connection.send("done")
            assert await connection.recv() == "done"


async def compression_is_negotiated_end_to_end():
    message = "the same again and again " * 40_000
    for tls in BOTH:
        async with upstream(tls=tls, compression="deflate") as url, gateway(url) as running:
            async with client(running, compression="deflate") as connection:
                assert any(extension.name == "permessage-deflate" for extension in connection.protocol.extensions)
                await connection.send(message)
                assert await connection.recv() == message
            line = await running.tunnel_line(closed_by="client", close_code=1000)
            assert line["bytes_in"] < len(message) / 20, "it was not compressed"
            assert "violations" not in line, line


async def compression_is_not_negotiated_when_the_upstream_declines():
    async with upstream(compression=None) as url, gateway(url) as running, client(running, compression="deflate") as connection:
        assert connection.protocol.extensions == []
        await connection.send("plain")
        assert await connection.recv() == "plain"


async def subprotocols_are_chosen_by_the_upstream():
    import aiohttp
    async with upstream(subprotocols=["chat.v2", "chat.v1"]) as url, gateway(url) as running:
        async with client(running, subprotocols=["chat.v1", "chat.v2"]) as connection:
            assert connection.subprotocol in ("chat.v1", "chat.v2")
            chosen = connection.subprotocol
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(running.wss, ssl=client_tls(), protocols=[chosen]) as connection:
                assert connection.protocol == chosen


async def aiohttp_talks_through_it():
    import aiohttp
    for tls in BOTH:
        async with upstream(tls=tls) as url, gateway(url) as running, aiohttp.ClientSession() as session:
            async with session.ws_connect(running.wss, ssl=client_tls(), max_msg_size=0, compress=15) as connection:
                await connection.send_str("grüße")
                assert (await connection.receive_str()) == "grüße"
                big = os.urandom(1 << 20)
                await connection.send_bytes(big)
                assert (await connection.receive_bytes()) == big
                await connection.ping(b"?")
                await connection.close(code=4321, message=b"bye")
            await running.tunnel_line(closed_by="client", close_code=4321)


async def both_ways_at_once():
    """Neither side reads until it has sent: each way must move on its own."""
    count, size = 64, 256 << 10
    start = asyncio.Event()

    async def talk(connection):
        async def send():
            for index in range(count):
                await connection.send(index.to_bytes(4, "big") + bytes(size))
        sending = asyncio.create_task(send())
        for index in range(count):
            message = await connection.recv()
            assert message[:4] == index.to_bytes(4, "big") and len(message) == size + 4
        await sending

    async def server(connection):
        await talk(connection)
        start.set()
        await connection.wait_closed()

    async with upstream(server, compression=None) as url, gateway(url) as running:
        async with client(running, compression=None) as connection:
            await talk(connection)
            await start.wait()


async def one_slow_reader_does_not_slow_others():
    flooding = asyncio.Event()

    async def server(connection):
        if connection.request.path == "/slow":
            flooding.set()
            while True:
                await connection.send(bytes(1 << 20))
        else:
            async for message in connection:
                await connection.send(message)

    async with upstream(server, compression=None) as url, gateway(url) as running:
        # max_queue makes the client stop reading its socket: the gateway's send blocks.
        async with client(running, "/slow", compression=None, max_queue=1) as slow:
            await flooding.wait()
            async with client(running, "/fast") as fast:
                for index in range(500):
                    await fast.send(str(index))
                    assert await fast.recv() == str(index)
            slow.transport.abort()
