"""Many TLS clients at once: all connect, then each sends one request and reads its answer.

many_clients.py PORT COUNT CA HOST PATH

Prints how many got 200 with a whole body, and what happened to the others.
"""
import asyncio
import collections
import ssl
import sys

port, count, authority, host, path = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]
context = ssl.create_default_context(cafile=authority)


async def client(number, connecting, everybody):
    # The backlog of handshakes is bounded, so that this program's own work is not the slowest part.
    async with connecting:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    everybody.append(number)
    while len(everybody) < count:
        waiting.append(event := asyncio.Event())
        await event.wait()
    for event in waiting:
        event.set()
    writer.write(f"GET {path}?{number} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    body = await reader.readexactly(length)
    writer.close()
    status = head.split(b" ", 2)[1].decode()
    return status if body.endswith(b"?%d" % number) else "wrong body"


async def main():
    connecting, everybody = asyncio.Semaphore(64), []
    clients = [client(number, connecting, everybody) for number in range(count)]
    try:
        results = await asyncio.wait_for(asyncio.gather(*clients, return_exceptions=True), 240)
    except asyncio.TimeoutError:
        results = ["timeout"]
    for result, times in collections.Counter(map(repr, results)).items():
        print(result, times)


waiting = []
asyncio.run(main())
