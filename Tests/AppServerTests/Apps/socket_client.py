"""Opens a WebSocket from 127.0.0.2 and prints its first message: socket_client.py PORT CA"""
import asyncio
import ssl
import sys

from websockets.asyncio.client import connect


async def main(port, authority):
    context = ssl.create_default_context(cafile=authority)
    async with connect(f"wss://localhost:{port}/socket", ssl=context, local_addr=("127.0.0.2", 0), proxy=None) as socket:
        print(await socket.recv())


asyncio.run(main(sys.argv[1], sys.argv[2]))
