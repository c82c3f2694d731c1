"""The upstream behind the programs of scripts/soak-reload: one process, one loop."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager

BIG = b"x" * 1_000_000


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Frames of a WebSocket, each shorter than 126 bytes."""
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    while True:
        head = await reader.readexactly(6)
        length = head[1] & 127
        payload = await reader.readexactly(length)
        payload = bytes(byte ^ head[2 + place % 4] for place, byte in enumerate(payload))
        writer.write(bytes([head[0], length]) + payload)
        if head[0] & 15 == 8:
            return


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """GET with a small or a large body, POST with the length of its body, an upgrade with an echo of frames."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head[1:])}
            if b"upgrade" in fields:
                return await echo(reader, writer)
            body = await reader.readexactly(int(fields.get(b"content-length", 0)))
            text = str(len(body)).encode() if head[0].startswith(b"POST") else BIG if b"/big" in head[0] else b"small"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def serve(port: int) -> None:
    parent = os.getppid()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=4096, limit=2_000_000)
        # It ends with who started it, however that ends.
        async with server:
            while os.getppid() == parent:
                await asyncio.sleep(1)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        pass


@contextmanager
def upstream(port: int) -> Iterator[None]:
    process = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
