"""A page of many images in headless Chromium: http2_browser.py URL CERTIFICATE.

Prints how many images are there and whole, and over what they came.
"""

import json
import sys

from chromium import browse, new_window

URL, CERTIFICATE = sys.argv[1], sys.argv[2]


async def main(base):
    window = await new_window(base, URL)
    await window.run("""new Promise((done) => {
        if (document.readyState === "complete") done(); else addEventListener("load", done);
    })""")
    whole = await window.run("[...document.images].filter((image) => image.complete && image.naturalWidth === 1).length")
    names = await window.run(
        "JSON.stringify([...new Set(performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol))])")
    print(whole, *json.loads(names), flush=True)


browse(CERTIFICATE, main)
