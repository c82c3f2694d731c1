"""Drives the chat's page in headless Chromium by the DevTools protocol: browser.py URL CERTIFICATE [SCREENSHOT].

Two windows: what one says the other shows, and nothing that is said becomes markup.
"""

import asyncio
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

from websockets.asyncio.client import connect

URL, CERTIFICATE = sys.argv[1], sys.argv[2]
SCREENSHOT = sys.argv[3] if len(sys.argv) > 3 else None
SENTENCE = '<img src=x onerror="document.title=1"> & hello'


def key_digest():
    """What Chromium wants in order to trust this one certificate: SHA-256 of its public key."""
    pem = subprocess.run(["openssl", "x509", "-in", CERTIFICATE, "-noout", "-pubkey"], check=True, capture_output=True).stdout
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


async def open_window(base, url):
    request = urllib.request.Request(f"http://{base}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(request) as answer:
        page = json.load(answer)
    window = Window(await connect(page["webSocketDebuggerUrl"], max_size=None, compression=None))
    await window.call("Page.enable")
    await window.call("Page.navigate", url=url)
    # The old document may still answer: ask for the new one.
    while await window.run("location.href") != url:
        pass
    await window.until("document.getElementById('state')?.dataset.state === 'on'")
    return window


async def main(base):
    ada = await open_window(base, URL + "?name=Ada")
    bob = await open_window(base, URL + "?name=Bob")
    assert await ada.run("document.getElementById('name').value") == "Ada"
    for window, text in [(ada, "Good morning! Which server are you on?"), (bob, SENTENCE), (ada, "Same room, other upstream.")]:
        await window.run(f"textField.value = {json.dumps(text)}; form.requestSubmit()")
        for other in (ada, bob):
            await other.until(f"[...log.querySelectorAll('.text')].some((text) => text.textContent === {json.dumps(text)})")
    for window in (ada, bob):
        assert await window.run("log.querySelectorAll('img').length") == 0, "markup was shown as markup"
        assert await window.run("document.title") == "Gatehouse chat"
    assert await ada.run("log.querySelectorAll('.mine').length") == 2
    if SCREENSHOT:
        await ada.call("Emulation.setDeviceMetricsOverride", width=900, height=760, deviceScaleFactor=1, mobile=False)
        shot = await ada.call("Page.captureScreenshot", format="png")
        with open(SCREENSHOT, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
        await bob.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        await bob.call("Emulation.setDeviceMetricsOverride", width=390, height=760, deviceScaleFactor=1, mobile=True)
        shot = await bob.call("Page.captureScreenshot", format="png")
        with open(SCREENSHOT.replace(".png", "-dark.png"), "wb") as file:
            file.write(base64.b64decode(shot["data"]))


profile = tempfile.mkdtemp()
browser = subprocess.Popen(
    [
        shutil.which("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--remote-debugging-port=0", f"--user-data-dir={profile}",
        f"--ignore-certificate-errors-spki-list={key_digest()}", "about:blank",
    ],
    stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ | {"HOME": profile})
try:
    said = []
    for line in browser.stderr:
        said.append(line)
        if "DevTools listening on ws://" in line:
            break
    else:
        sys.exit("chromium did not start:\n" + "".join(said))
    # Nobody reads further complaints; they go nowhere instead of filling the pipe.
    drain = threading.Thread(target=browser.stderr.read, daemon=True)
    drain.start()
    asyncio.run(asyncio.wait_for(main(line.split("ws://")[1].split("/")[0]), 120))
finally:
    browser.terminate()
    browser.wait()
    shutil.rmtree(profile, ignore_errors=True)
