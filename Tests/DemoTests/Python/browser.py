"""Drives the chat's page in headless Chromium: browser.py URL CERTIFICATE [SCREENSHOT].

Two windows: what one says the other shows, and nothing that is said becomes markup.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Support/Peers/Browsers"))

from chromium import browse, new_window  # noqa: E402  (the path above comes first)

URL, CERTIFICATE = sys.argv[1], sys.argv[2]
SCREENSHOT = sys.argv[3] if len(sys.argv) > 3 else None
SENTENCE = '<img src=x onerror="document.title=1"> & hello'


async def open_window(base, url):
    window = await new_window(base, url)
    await window.until("document.getElementById('state')?.dataset.state === 'on'")
    return window


async def stop_and_start(window):
    """The server that the window is on is stopped by its button: it comes back by the other one. The links are there."""
    mine = (await window.run("document.getElementById('state').textContent"))[-1]
    other = "b" if mine == "a" else "a"
    button = "[...document.querySelectorAll('#upstreams button')].find((button) => button.textContent === {})"
    await window.until(f"{button.format(json.dumps('Stop ' + mine))}")
    await window.run(f"{button.format(json.dumps('Stop ' + mine))}.click()")
    await window.until(f"document.getElementById('state').textContent === 'connected via {other}'")
    await window.until(f"{button.format(json.dumps('Start ' + mine))}")
    await window.run(f"{button.format(json.dumps('Start ' + mine))}.click()")
    await window.until(f"{button.format(json.dumps('Stop ' + mine))}")
    shown = await window.run("[...document.querySelectorAll('#stage a')].filter((link) => !link.hidden).map((link) => link.href)")
    assert shown[:2] == [URL + "echo/", URL + "tls"], shown
    assert shown[2].startswith("http://127.0.0.1:") and "/dashboard#" in shown[2], shown


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
    await stop_and_start(ada)
    # Chromium ends its stream together with its Close frame, whether that asks or answers.
    for window, ends, code in [(ada, "old.close(3001, 'enough')", 3001), (bob, "old.send(new Blob(['x']))", 1003)]:
        ending = await window.run(f"""new Promise((done) => {{
            const old = socket;
            socket = null;
            old.onclose = (event) => done([event.code, event.wasClean]);
            {ends};
        }})""")
        assert ending == [code, True], ending
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


browse(CERTIFICATE, main)
