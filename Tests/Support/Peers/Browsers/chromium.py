"""Drives headless Chromium by the DevTools protocol."""

import base64
import hashlib
import json
import shutil
import subprocess
import urllib.request

from websockets.asyncio.client import connect

import headless


def key_digest(certificate):
    """What Chromium wants in order to trust this one certificate: SHA-256 of its public key."""
    pem = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Window:
    def __init__(self, link):
        self.link, self.number = link, 0

    async def call(self, method, **parameters):
        self.number += 1
        await self.link.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self.link.recv())
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    async def run(self, script):
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, condition):
        """Waits until the condition holds, looking again at each change of the page."""
        await self.run(
            f"""new Promise((done) => {{
              const look = () => {{ if (document.body && ({condition})) {{ watch.disconnect(); done(true); }} }};
              const watch = new MutationObserver(look);
              watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
              document.addEventListener("readystatechange", look);
              look();
            }})""")


async def new_window(base, url):
    """A window of the browser at `base`, on its way to the page."""
    request = urllib.request.Request(f"http://{base}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(request) as answer:
        page = json.load(answer)
    window = Window(await connect(page["webSocketDebuggerUrl"], max_size=None, compression=None))
    await window.call("Page.enable")
    await window.call("Page.navigate", url=url)
    # The old document may still answer: ask for the new one.
    while await window.run("location.href") != url:
        pass
    return window


def browse(certificate, main):
    """Runs a coroutine function with the address of a browser that trusts this one certificate."""
    async def with_host(address):
        await main(address.split("/")[0])

    headless.browse(
        lambda profile: [
            shutil.which("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--remote-debugging-port=0", f"--user-data-dir={profile}",
            f"--ignore-certificate-errors-spki-list={key_digest(certificate)}", "about:blank",
        ], "DevTools listening on ws://", with_host)
