"""Clients, and what came of their requests."""

import asyncio


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length, closes = 0, False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        closes = closes or (name.lower() == b"connection" and b"close" in value)
    return status, await reader.readexactly(length), closes


class Load:
    """Keep-alive clients that count statuses; whatever else happens is an error."""

    def __init__(self, port, total, clients):
        self.port, self.left, self.total, self.clients = port, total, total, clients
        self.done = 0
        self.counts, self.bodies, self.errors = {}, {}, []

    async def run(self, method="GET"):
        await asyncio.gather(*(self.client(method) for _ in range(self.clients)))

    async def client(self, method):
        reader = writer = None
        while self.left > 0:
            self.left -= 1
            tag = self.total - self.left
            body = b"tag" if method == "POST" else b""
            head = f"{method} /{'' if method == 'GET' else 'post'} HTTP/1.1\r\nHost: localhost\r\nX-Tag: {tag}\r\n"
            if body:
                head += f"Content-Length: {len(body)}\r\n"
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(head.encode() + b"\r\n" + body)
                status, text, closes = await read_answer(reader)
                self.counts[status] = self.counts.get(status, 0) + 1
                if status == 200:
                    self.bodies[text] = self.bodies.get(text, 0) + 1
                if closes:
                    writer.close()
                    writer = None
            except (OSError, asyncio.IncompleteReadError) as error:
                self.errors.append(repr(error))
                writer = None
            self.done += 1
        if writer:
            writer.close()

    async def reaches(self, share):
        while self.done < self.total * share:
            await asyncio.sleep(0.005)
