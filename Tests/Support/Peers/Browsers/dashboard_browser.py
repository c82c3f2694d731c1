"""The dashboard in headless Chromium: dashboard_browser.py URL KEY CERTIFICATE ACTION [SCREENSHOTS].

ACTION is one of the functions below. What the page said to the console, and what its policy kept it from, is an error.
"""

import asyncio
import base64
import importlib.util
import json
import sys
from pathlib import Path

from chromium import browse, new_window

URL, KEY, CERTIFICATE, ACTION = sys.argv[1:5]
SCREENSHOTS = sys.argv[5] if len(sys.argv) > 5 else None

WATCH = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  addEventListener("error", (event) => violations.push(event.message));
  addEventListener("unhandledrejection", (event) => violations.push(String(event.reason)));
"""
LIVE = "document.getElementById('link')?.dataset.state === 'on'"


async def open_page(base, key=KEY):
    window = await new_window(base, "about:blank")
    await window.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    await window.call("Page.navigate", url=URL)
    while await window.run("location.href") != URL:
        pass
    await window.until("document.getElementById('door')?.hidden === false")
    await window.run(
        f"document.getElementById('key').value = {json.dumps(key)}; document.getElementById('door').requestSubmit()")
    return window


async def shoot(window, name, width, height, scheme="light", whole=True):
    await window.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    await window.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
    await window.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shot = await window.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
    Path(f"{SCREENSHOTS}/{name}.png").write_bytes(base64.b64decode(shot["data"]))


async def plotted(window):
    """Until both plots have lines, and the tables rows."""
    await window.until(LIVE)
    await window.until("document.querySelectorAll('#requests-plot .area').length > 0")
    await window.until("(document.querySelector('#latency-plot path.c4')?.getAttribute('d') ?? '').includes('L')")
    await window.until("document.querySelectorAll('#servers tbody th').length > 0")
    await window.until("document.querySelectorAll('#generation-list tbody th').length > 0")


async def watch(base):
    """What is shown, as JSON."""
    window = await open_page(base)
    await plotted(window)
    await window.until("document.querySelectorAll('#error-list tbody th').length > 0")
    await window.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    await window.until("/[kM]B ?\\/s$/.test(document.querySelector('#tiles .tile:nth-child(4) .figure').textContent)")
    shown = await window.run("""JSON.stringify({
        violations, servers: [...document.querySelectorAll('#servers tbody th')].map((cell) => cell.firstChild.data),
        buttons: document.querySelectorAll('.actions button').length, caches: document.getElementById('cache').hidden
            ? null : [...document.querySelectorAll('#cache-list tbody th')].map((cell) => cell.textContent),
        errors: [...document.querySelectorAll('#error-list tbody tr')].map((line) =>
            [...line.cells].map((cell) => cell.textContent)),
        images: document.querySelectorAll('img, iframe, object, embed').length, title: document.title, href: location.href,
        rows: document.querySelectorAll('tbody tr').length, certificates: document.querySelector('#certificate-list').textContent,
        wrapped: [...document.querySelectorAll('.tile')].filter((tile) => {
            const [figure, first] = [tile.querySelector('.figure'), document.querySelector('.figure')];
            return figure.offsetHeight > first.offsetHeight || figure.scrollWidth > figure.clientWidth;
        }).map((tile) => tile.textContent),
        isWide: document.documentElement.scrollWidth > innerWidth,
    })""")
    print(shown, flush=True)


async def order(base):
    """Drains the first server by its button, finds the only WebSocket by its path, and closes it."""
    window = await open_page(base)
    await plotted(window)
    await window.run("document.querySelector('#servers .actions button:nth-child(2)').click()")
    await window.until("document.querySelector('#servers tbody .badge.warn')?.textContent === 'draining'")
    await window.run("""(() => { const search = document.querySelector('#connection-tools input[name=search]');
        search.value = '/tunnel'; search.dispatchEvent(new Event('input')); })()""")
    await window.until("document.querySelectorAll('#connection-list tbody th').length === 1")
    await window.until("document.querySelector('#connection-list tbody .badge')?.textContent === 'tunnel'")
    await window.until("document.querySelector('#connection-list tbody tr')?.textContent.includes('/tunnel (shop, /)')")
    await window.run("document.querySelector('#connection-list .actions button').click()")
    await window.until("document.querySelectorAll('#connection-list tbody th').length === 0")
    print(await window.run("JSON.stringify(violations)"), flush=True)


async def crowd(base):
    """Pages through WebSockets of which there are thousands, looks for one, and closes it; as JSON what was shown."""
    window = await open_page(base)
    await plotted(window)
    rows, pages = "document.querySelectorAll('#connection-list tbody th')", "document.getElementById('connection-pages')"
    first = f"{rows}[0]?.querySelector('small').textContent"
    await window.run("""(() => { const state = document.querySelector('#connection-tools select[name=state]');
        state.value = 'tunnel'; state.dispatchEvent(new Event('input')); })()""")
    # The list was there before, with the other connections in it.
    open_now = "document.getElementById('connections-count').textContent.match(/, ([0-9,]+) WebSockets/)?.[1]"
    await window.until(f"{rows}.length === 50 && {pages}.textContent.includes(`1 to 50 of ${{{open_now}}}Next`)")
    shown = {"page": await window.run(f"{pages}.textContent"), "first": await window.run(first)}
    shown["count"] = await window.run("document.getElementById('connections-count').textContent")
    shown["elements"] = await window.run("document.querySelectorAll('*').length")
    await window.run(f"{pages}.querySelector('[data-way=connections-next]').click()")
    await window.until(f"{pages}.textContent.includes('51 to 100 of ')")
    shown["second"] = await window.run(first)
    await window.run(f"""(() => {{ const search = document.querySelector('#connection-tools input[name=search]');
        search.value = {json.dumps(shown["second"])}; search.dispatchEvent(new Event('input')); }})()""")
    await window.until(f"{pages}.textContent.startsWith('Back1 to ') && {first} === {json.dumps(shown['second'])}")
    await window.run("document.querySelector('#connection-list .actions button').click()")
    await window.until(f"{first} !== {json.dumps(shown['second'])}")
    shown["violations"] = await window.run("violations")
    print(json.dumps(shown), flush=True)


async def offered(base):
    """An address with a key behind a "#": no door, and no key that stays in the address."""
    window = await new_window(base, "about:blank")
    await window.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    await window.call("Page.navigate", url=URL)
    while await window.run("location.href") != URL.split("#")[0]:
        pass
    await plotted(window)
    print(await window.run("""JSON.stringify({
        violations, hash: location.hash, buttons: document.querySelectorAll('#servers .actions button').length,
    })"""), flush=True)


async def axe(base):
    """What axe-core finds, in both schemes and at a phone's width, as JSON."""
    script = Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js"
    window = await open_page(base)
    await plotted(window)
    found = {}
    for width, scheme in [(1280, "light"), (1280, "dark"), (390, "light")]:
        await window.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await window.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        await window.run(script.read_text())
        for violation in json.loads(await window.run("axe.run().then((result) => JSON.stringify(result.violations))")):
            found.setdefault(f"{violation['impact']} {violation['id']}", [node["html"][:200] for node in violation["nodes"]])
    print(json.dumps(found), flush=True)


async def look(base):
    """Screenshots, for somebody to look at."""
    window = await open_page(base)
    await plotted(window)
    await asyncio.sleep(float(sys.argv[6]) if len(sys.argv) > 6 else 0)
    await shoot(window, "light", 1360, 900)
    await shoot(window, "dark", 1360, 900, "dark")
    await shoot(window, "phone", 390, 844)
    await shoot(window, "phone-dark", 390, 844, "dark", whole=False)
    print(await window.run("JSON.stringify(violations)"), flush=True)


browse(CERTIFICATE, {"watch": watch, "order": order, "crowd": crowd, "offered": offered, "axe": axe, "look": look}[ACTION])
