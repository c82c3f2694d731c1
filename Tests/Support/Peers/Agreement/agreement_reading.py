"""What the gateway of agreement.py says: spans and log lines."""
import asyncio
import collections
import json
import os
import sys


class Collector:
    """agreement_collector.py, and what it says."""

    async def open(self):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, os.path.join(os.path.dirname(__file__), "agreement_collector.py"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        return int(await self.process.stdout.readline())

    async def spans(self):
        """Server spans that it has been sent, by (site, kind, status)."""
        self.process.stdin.write(b"\n")
        found = json.loads(await self.process.stdout.readline())
        return collections.Counter({(site, kind, status): count for site, kind, status, count in found})

    async def close(self):
        self.process.stdin.close()
        await self.process.wait()


class Log:
    """The access log, read once, as it grows."""

    def __init__(self, path):
        self.path = path
        self.file = None
        self.rest = ""
        #: By (site, kind, status, reason).
        self.lines = collections.Counter()
        #: Messages of WebSockets.
        self.carried = 0

    def read(self):
        if self.file is None and os.path.exists(self.path):
            self.file = open(self.path)
        while self.file and (text := self.file.read(1 << 20)):
            *whole, self.rest = (self.rest + text).split("\n")
            for line in whole:
                self.take(json.loads(line))

    def take(self, entry):
        kind = entry["target"].split("/")[1]
        self.lines[entry["site"], kind, entry["status"], entry.get("reason")] += 1
        if kind == "ws":
            self.carried += entry["messages_in"] + entry["messages_out"]
