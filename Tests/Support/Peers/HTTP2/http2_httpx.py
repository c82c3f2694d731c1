"""Conversations over HTTP/2 by httpx, each of which prints what came of it.

usage: http2_httpx.py PORT CA CASE
"""

import asyncio
import ssl
import sys

import httpx

port, authority, case = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def client(**settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        http1=False, http2=True, verify=ssl.create_default_context(cafile=authority), trust_env=False, timeout=90,
        base_url=f"https://localhost:{port}", **settings)


def show(answer: httpx.Response):
    print(answer.http_version, answer.status_code, answer.text[:100], flush=True)


async def get():
    async with client() as session:
        show(await session.get("/hello"))


async def post():
    async def pieces():
        for _ in range(50):
            yield bytes(100_000)

    async with client() as session:
        for body in (b"", b"x", bytes(100_000), pieces()):
            show(await session.post("/length", content=body))


async def many():
    limits = httpx.Limits(max_connections=1)
    async with client(limits=limits) as session:
        answers = await asyncio.gather(*(session.get("/large") for _ in range(100)))
        print(sum(answer.status_code == 200 and len(answer.content) == 100_000 for answer in answers))


async def ten():
    """Ten that ask for one thing after another: the connection has hardly a moment without a request."""
    async with client() as session:
        async def ask():
            return [(await session.get("/hello")).status_code for _ in range(30)]

        answers = await asyncio.gather(*(ask() for _ in range(10)), return_exceptions=True)
        print([answer for answer in answers if answer != [200] * 30])


async def early():
    """The answer comes while the body is still under way."""
    async with client() as session:
        show(await session.post("/early", content=bytes(5_000_000)))


async def cut():
    async with client() as session:
        try:
            show(await session.get("/cut"))
        except httpx.RemoteProtocolError as error:
            print(type(error).__name__)


async def drain():
    """"begun" tells the test that the gateway may be stopped."""
    async with client() as session:
        asked = [asyncio.create_task(session.get("/slow")) for _ in range(10)]
        await asyncio.sleep(0)
        print("begun", flush=True)
        for answer in await asyncio.gather(*asked):
            show(answer)


asyncio.run(globals()[case]())
