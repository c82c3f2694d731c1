"""Which server gets a tunnel, and what happens when it cannot have it."""

import asyncio
from contextlib import AsyncExitStack

from kit import (Raw, SWITCH, client, frame, free_port, gateway, handshake, raw_client, raw_upstream, read_answer,
                 upstream)


def _named(name):
    async def server(connection):
        await connection.send(name)
        async for message in connection:
            await connection.send(message)
    return server


async def a_handshake_that_cannot_connect_goes_to_another_server():
    async with upstream(_named("alive")) as url, gateway(f"ws://127.0.0.1:{free_port()}", url) as running:
        for _ in range(4):
            async with client(running) as connection:
                assert await connection.recv() == "alive"


async def a_handshake_that_is_dropped_or_botched_goes_to_another_server():
    async def drop(peer: Raw):
        await peer.head()

    async def botch(peer: Raw):
        await peer.head()
        await peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        await peer.rest()

    for broken in (drop, botch):
        async with raw_upstream(broken) as dead, upstream(_named("alive")) as url, gateway(dead, url) as running:
            for _ in range(4):
                async with client(running) as connection:
                    assert await connection.recv() == "alive"


async def least_connections_counts_tunnels():
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(upstream(_named(str(index)))) for index in range(3)]
        running = await stack.enter_async_context(
            gateway(*urls, proxy='[sites.proxy.load_balancing]\nmethod = "least_connections"'))
        names = []
        for _ in range(30):
            connection = await stack.enter_async_context(client(running))
            names.append(await connection.recv())
        assert sorted(names.count(str(index)) for index in range(3)) == [10, 10, 10], names


async def a_server_gets_so_many_handshakes_in_a_second():
    """A burst of one second's worth passes; what comes on top is told to come back."""
    async with upstream() as url, gateway(url, upstream="handshake_rate = 5") as running:
        async def attempt():
            async with raw_client(running) as peer:
                await peer.send(handshake())
                head = await peer.head()
                return int(head.split()[1]), head
        answers = await asyncio.gather(*(attempt() for _ in range(40)))
        admitted = sum(status == 101 for status, _ in answers)
        refused = [head for status, head in answers if status == 503]
        assert admitted >= 5 and admitted + len(refused) == 40 and len(refused) >= 10, admitted
        assert all(b"handshake_rate" in head and b"Retry-After: " in head for head in refused)
        line = await running.line(lambda line: line.get("reason") == "handshake_rate")
        assert line["key"] == "sites.proxy.upstreams.handshake_rate"


async def a_handshake_over_the_rate_goes_to_another_server():
    async with upstream(_named("a")) as first, upstream(_named("b")) as second:
        async with gateway(first, second, upstream="handshake_rate = 3") as running, AsyncExitStack() as stack:
            names = []
            for _ in range(6):
                names.append(await (await stack.enter_async_context(client(running))).recv())
            assert sorted(names) == ["a"] * 3 + ["b"] * 3, names


async def early_bytes_wait_for_the_server_that_accepts():
    """A server that is given up gets nothing of them, the next one all."""
    sent = frame(b"early") + frame(b"x" * 3000)
    got = asyncio.Queue()

    async def botch(peer: Raw):
        await peer.head()
        await peer.send(SWITCH.replace(b"Upgrade: websocket", b"Upgrade: h2c"))
        assert await peer.rest() == b""

    async def accept(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        await got.put(await peer.exactly(len(sent)))
        await peer.rest()

    async with raw_upstream(botch) as broken, raw_upstream(accept) as url, gateway(broken, url) as running:
        for _ in range(2):
            async with raw_client(running) as peer:
                await peer.send(handshake() + sent)
                assert b" 101 " in await peer.head()
                assert await got.get() == sent
        await running.line(lambda line: line.get("attempts") == 2)


async def a_handshake_over_the_rate_looks_at_every_server():
    """However few retries there are: nothing was tried yet."""
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(upstream(_named(str(index)))) for index in range(6)]
        running = await stack.enter_async_context(gateway(
            *urls, upstream="handshake_rate = 1",
            proxy='[sites.proxy.load_balancing]\nmethod = "hash"\n[sites.proxy.retry]\nretries = 0'))
        # None is refused: a server that has had its one is passed over for one that has not.
        for _ in urls:
            await (await stack.enter_async_context(client(running))).recv()


async def a_handshake_without_an_answer_goes_to_another_server():
    async def silent(peer: Raw):
        await peer.head()
        await peer.rest()

    async with raw_upstream(silent) as dead, upstream(_named("alive")) as url:
        async with gateway(dead, url, proxy='[sites.proxy.timeout]\nfirst_byte = "500ms"') as running:
            for _ in range(2):
                async with client(running) as connection:
                    assert await connection.recv() == "alive"
            await running.line(lambda line: line.get("attempts") == 2)


async def every_server_refused_is_502():
    async with gateway(f"ws://127.0.0.1:{free_port()}", f"ws://127.0.0.1:{free_port()}") as running, raw_client(running) as peer:
        await peer.send(handshake())
        status, fields, _ = await read_answer(peer)
        assert status == 502 and "upstream_connect_failed" in fields["proxy-status"]
