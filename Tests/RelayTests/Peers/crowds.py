"""Many tunnels at once, exchanging numbered messages: nothing lost, nothing reordered, nothing corrupted."""

import asyncio
import os
import random

from kit import ACCEPT, KEY, Raw, client_tls, frame, gateway, handshake, raw_upstream, read_frame, SWITCH


async def _crowd(count: int, rounds: int):
    """The peers are raw, because ten thousand full clients would be the slower half of the test. The upstream answers each
    message with its own number, so a message of another tunnel or turn cannot pass for the right one."""
    tls = client_tls()
    gate = asyncio.Semaphore(64)
    everyone_is_in = asyncio.Barrier(min(count, count))

    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        while True:
            opcode, payload = await read_frame(peer)
            if opcode == 8:
                await peer.send(frame(payload, 8, masked=False))
                return
            await peer.send(frame(b"echo " + payload, 2, masked=False))

    async def one(running, number: int):
        generator = random.Random(number)
        async with gate:
            reader, writer = await asyncio.open_connection("localhost", running.port, ssl=tls)
            peer = Raw(reader, writer)
            await peer.send(handshake())
            assert b" 101 " in await peer.head()
        await everyone_is_in.wait()
        for turn in range(rounds):
            batch = [f"{number}:{turn}:{index}:".encode() + generator.randbytes(generator.randrange(300))
                     for index in range(3)]
            await peer.send(b"".join(frame(message, 2) for message in batch))
            for message in batch:
                assert await read_frame(peer) == (2, b"echo " + message), (number, turn)
        await peer.send(frame(b"\x03\xe8", 8))
        assert await read_frame(peer) == (8, b"\x03\xe8")
        await peer.close()

    async with raw_upstream(server) as url, gateway(url) as running:
        await asyncio.gather(*(one(running, number) for number in range(count)))
        await running.line(lambda line: len(running.lines) == count)
        for line in running.lines:
            assert (line["closed_by"], line["close_code"]) == ("client", 1000), line
            assert line["messages_in"] == line["messages_out"] == rounds * 3, line


async def a_crowd_exchanges_numbered_messages():
    await _crowd(int(os.environ.get("CROWD", "2000")), 4)
