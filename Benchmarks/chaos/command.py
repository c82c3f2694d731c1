"""Runs the cases one after another."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from .choosing import CHOOSING
from .peers import Nginx, free_ports
from .steps import Context, Failed
from .suffering import SUFFERING

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = {**SUFFERING, **CHOOSING}


async def run_case(name, options):
    with tempfile.TemporaryDirectory(prefix="gatehouse-chaos-") as folder:
        ports = free_ports(4)
        context = Context(Path(folder), options.binary, options.requests, options.clients, ports[0], options.http2)
        context.servers = [Nginx(context.folder, number, port, options.http2) for number, port in enumerate(ports[1:])]
        try:
            print(f"{name:12} holds: {await CASES[name](context)}", flush=True)
            return True
        except Failed as failure:
            said = context.gate.log.read_text() if context.gate else ""
            print(f"{name:12} FAILED: {failure}\n{said}", flush=True)
            return False
        finally:
            if context.gate:
                context.gate.end()
            for each in context.servers:
                each.end()


async def run(arguments):
    parser = argparse.ArgumentParser(prog="scripts/chaos-upstreams", description="Load on Gatehouse while its upstreams suffer.")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--http2", action="store_true", help="HTTP/2 to the upstreams")
    parser.add_argument("--binary", default=None)
    parser.add_argument("--only", default=",".join(CASES))
    options = parser.parse_args(arguments)
    if options.binary is None:
        built = [ROOT / ".build" / kind / "gatehouse" for kind in ("release", "debug")]
        options.binary = next((path for path in built if path.exists()), built[0])
    held = [await run_case(name, options) for name in options.only.split(",")]
    return 0 if all(held) else 1


def main(arguments: list[str]) -> int:
    return asyncio.run(run(arguments))
