"""A page that opens WebSockets in a browser: http2_sockets.py chromium|firefox URL CERTIFICATE.

The page has come over HTTP/2. Eight sockets at once each send twenty messages and get them back; one half are closed by the page,
the other half by the server. Prints what each came to: messages, code, whether the close was clean.
"""

import sys

import chromium
import firefox

BROWSER, URL, CERTIFICATE = sys.argv[1:4]

SCRIPT = """Promise.all([...Array(8).keys()].map((number) => new Promise((done) => {
    const socket = new WebSocket(location.href.replace("https:", "wss:") + "echo/" + number);
    let echoed = 0;
    socket.onopen = () => socket.send(number + ".0");
    socket.onmessage = (event) => {
        if (event.data === number + "." + echoed) echoed += 1;
        if (echoed < 20) socket.send(number + "." + echoed);
        else if (number % 2) socket.close(3001); else socket.send("bye");
    };
    socket.onclose = (event) => done([echoed, event.code, event.wasClean].join(" "));
}))).then((lines) => lines.join("\\n"))"""


async def main(base):
    browser = chromium if BROWSER == "chromium" else firefox
    window = await browser.new_window(base, URL)
    # The preface of the server has come with the page: the browser knows that sockets may share its connection.
    print(await window.run(SCRIPT), flush=True)


chromium.browse(CERTIFICATE, main) if BROWSER == "chromium" else firefox.browse(main)
