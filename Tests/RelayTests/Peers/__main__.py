"""Runs cases against the gateway named by GATEHOUSE: `python Peers CASE...`; `--list` names them all."""

import asyncio
import sys

import balancing
import crowds
import endings
import handshakes
import http2_sockets
import limits
import messages
from kit import PATIENCE

CASES = {
    name: function
    for module in (handshakes, messages, endings, limits, balancing, crowds, http2_sockets)
    for name, function in vars(module).items()
    if asyncio.iscoroutinefunction(function) and getattr(function, "__module__", "") == module.__name__
    and not name.startswith("_")
}


async def run(name):
    async with asyncio.timeout(PATIENCE):
        await CASES[name]()


if sys.argv[1:] == ["--list"]:
    print("\n".join(CASES))
else:
    for case in sys.argv[1:]:
        asyncio.run(run(case))
