"""Drives headless Firefox by WebDriver BiDi, the W3C's protocol over a WebSocket."""

import json
import shutil

from websockets.asyncio.client import connect

import headless


class Window:
    """A tab, with the calls that chromium.py's has."""

    def __init__(self, link):
        self.link, self.number, self.context = link, 0, None

    async def call(self, method, **parameters):
        self.number += 1
        await self.link.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self.link.recv())
            if answer.get("id") == self.number:
                assert answer["type"] == "success", answer
                return answer["result"]

    async def run(self, script):
        """What the script's promise comes to: text, a number, or nothing."""
        answer = await self.call(
            "script.evaluate", expression=script, target={"context": self.context}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")


async def new_window(base, url):
    """The browser's tab, with the page in it."""
    window = Window(await connect(f"ws://{base}/session", max_size=None, compression=None))
    await window.call("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
    tree = await window.call("browsingContext.getTree")
    window.context = tree["contexts"][0]["context"]
    await window.call("browsingContext.navigate", context=window.context, url=url, wait="complete")
    return window


def browse(main):
    """Runs a coroutine function with the address of a browser that trusts every certificate."""
    headless.browse(
        lambda profile: [
            shutil.which("firefox-esr"), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            "about:blank",
        ], "WebDriver BiDi listening on ws://", main)
