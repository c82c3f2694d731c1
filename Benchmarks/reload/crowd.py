"""Thousands of WebSockets that must live through everything that scripts/soak-reload does."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections import Counter
from multiprocessing.connection import Connection

HANDSHAKE = ("GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Crowd:
    """A process with so many tunnels; each has a word echoed every few seconds, and ends when it is told."""

    def __init__(self, port: int, host: str, count: int, pause: float) -> None:
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=run, args=(other, port, host, count, pause), daemon=True)
        self.process.start()

    def wait_until_open(self) -> int:
        """How many are open."""
        return int(self.pipe.recv())

    def end(self) -> tuple[Counter[str], list[str]]:
        """What it has counted, and what went wrong."""
        self.pipe.send("end")
        counts, failures = self.pipe.recv()
        self.process.join()
        return counts, failures


def run(pipe: Connection, port: int, host: str, count: int, pause: float) -> None:
    counts: Counter[str] = Counter()
    failures: list[str] = []
    parent = os.getppid()

    async def tunnel(number: int, is_over: asyncio.Event, is_open: asyncio.Semaphore) -> None:
        try:
            async with is_open:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(HANDSHAKE.format(host=host).encode())
                head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(head.split(b"\r\n")[0].decode())
            counts["tunnels"] += 1
            await asyncio.sleep(pause * number / max(1, count))
            while not is_over.is_set():
                text = os.urandom(20).hex().encode()
                writer.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
                if await asyncio.wait_for(reader.readexactly(2 + len(text)), 60) != bytes([0x81, len(text)]) + text:
                    raise ConnectionError("another word came back")
                counts["messages in tunnels"] += 1
                try:
                    await asyncio.wait_for(is_over.wait(), pause)
                except asyncio.TimeoutError:
                    pass
            writer.write(bytes([0x88, 0x80]) + bytes(4))
            writer.close()
        except Exception as error:  # noqa: BLE001  (whatever a tunnel sees is a failure)
            failures.append(f"tunnel: {error!r}")

    async def all_of_them() -> None:
        is_over, is_open = asyncio.Event(), asyncio.Semaphore(64)
        tasks = [asyncio.create_task(tunnel(number, is_over, is_open)) for number in range(count)]
        while counts["tunnels"] + len(failures) < count:
            await asyncio.sleep(0.05)
        pipe.send(counts["tunnels"])
        # A word, or the end of who would say it.
        while not pipe.poll() and os.getppid() == parent:
            await asyncio.sleep(0.2)
        is_over.set()
        await asyncio.gather(*tasks)

    try:
        asyncio.run(all_of_them())
        pipe.send((counts, failures))
    except KeyboardInterrupt:
        pass
