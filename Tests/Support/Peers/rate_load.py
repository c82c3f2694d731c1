"""Sends requests of one client to several gateways at a steady rate, and counts those that are let in.

    rate_load.py PORT[,PORT…] RATE SECONDS CLIENT LIMIT BURST

RATE is of all together, in a second. Prints a JSON object: how many were sent and let in, the seconds that it took, and how many
one gateway would have let in that allows LIMIT in a second and BURST at once. On a machine that is too busy to send steadily
these are fewer than LIMIT times the seconds: what nobody asks for in time is lost.
"""

import asyncio
import json
import sys
import time

PORTS = sys.argv[1].split(",")
RATE, SECONDS = float(sys.argv[2]) / len(PORTS), float(sys.argv[3])
LIMIT, BURST = float(sys.argv[5]), float(sys.argv[6])
REQUEST = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Client: {sys.argv[4]}\r\n\r\n".encode()


def allowed(times):
    """How many of these the generic cell rate algorithm lets in (ITU-T I.371, annex A)."""
    due, count = 0.0, 0
    for time_ in sorted(times):
        start = max(due, time_)
        if start - time_ <= (BURST - 1) / LIMIT:
            due, count = start + 1 / LIMIT, count + 1
    return count


async def ask(port, begun, counts, sendings, answers):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    sent = 0
    while (now := time.monotonic() - begun) < SECONDS:
        if sent >= now * RATE:
            await asyncio.sleep(0.001)
            continue
        sendings.append(time.monotonic())
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        answers.append(time.monotonic())
        sent += 1
        counts["sent"] += 1
        counts["admitted"] += head.startswith(b"HTTP/1.1 200")
    writer.close()


async def main():
    counts = {"sent": 0, "admitted": 0}
    sendings, answers = [], []
    begun = time.monotonic()
    await asyncio.gather(*(ask(port, begun, counts, sendings, answers) for port in PORTS))
    # Each was decided about in between.
    least = min(allowed(sendings), allowed(answers))
    print(json.dumps(counts | {"seconds": time.monotonic() - begun, "allowed": least}))


asyncio.run(main())
