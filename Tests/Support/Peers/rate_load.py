"""Sends requests of one client to several gateways at a steady rate, and counts those that are let in.

    rate_load.py PORT[,PORT…] RATE SECONDS CLIENT

RATE is of all together, in a second. Prints a JSON object: how many were sent and let in, and the seconds that it took.
"""

import asyncio
import json
import sys
import time

PORTS = sys.argv[1].split(",")
RATE, SECONDS = float(sys.argv[2]) / len(PORTS), float(sys.argv[3])
REQUEST = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Client: {sys.argv[4]}\r\n\r\n".encode()


async def ask(port, begun, counts):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    sent = 0
    while (now := time.monotonic() - begun) < SECONDS:
        if sent >= now * RATE:
            await asyncio.sleep(0.001)
            continue
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        sent += 1
        counts["sent"] += 1
        counts["admitted"] += head.startswith(b"HTTP/1.1 200")
    writer.close()


async def main():
    counts = {"sent": 0, "admitted": 0}
    begun = time.monotonic()
    await asyncio.gather(*(ask(port, begun, counts) for port in PORTS))
    print(json.dumps(counts | {"seconds": time.monotonic() - begun}))


asyncio.run(main())
