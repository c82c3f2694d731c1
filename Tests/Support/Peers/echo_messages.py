"""Echoes WebSocket messages on a port of 127.0.0.1 until it is ended: echo_messages.py PORT.

Prints a line when it listens, and one for each socket's code when that is closed. A message "bye" it answers with code 4001.
"""

import asyncio
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def echo(socket):
    try:
        async for message in socket:
            if message == "bye":
                await socket.close(4001)
            else:
                await socket.send(message)
    except ConnectionClosed:
        pass
    print(socket.close_code, flush=True)


async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1])):
        print("listening", flush=True)
        await asyncio.Future()


asyncio.run(main())
