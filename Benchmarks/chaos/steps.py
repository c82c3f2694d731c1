"""What the cases are made of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from .load import Load
from .peers import Gatehouse, Nginx


@dataclass
class Context:
    """One case's folder, programs and size."""

    folder: Path
    binary: Path
    requests: int
    clients: int
    #: Gatehouse's.
    port: int
    #: What is spoken to the servers.
    http2: bool = False
    servers: list[Nginx] = field(default_factory=list)
    gate: Gatehouse | None = None


async def until(condition, seconds=30):
    """Waits for what must come; the time is a limit, not a measure."""
    for _ in range(seconds * 50):
        if condition():
            return True
        await asyncio.sleep(0.02)
    return False


class Failed(Exception):
    pass


def must(fact, words):
    if not fact:
        raise Failed(words)


async def serve(context, extra="", each=""):
    context.gate = Gatehouse(context.binary, context.folder, context.port, context.servers, extra, each)
    await context.gate.ready()


def load(context, share=1.0):
    return Load(context.port, int(context.requests * share), context.clients)


async def ask(context, path="/", fields=""):
    reader, writer = await asyncio.open_connection("127.0.0.1", context.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    cookies = [line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("set-cookie:")]
    return body, cookies
