"""What headless Chromium makes of files and of other origins: file_browser.py CERTIFICATE FOLDER OTHER-URL URL ...

Each URL is a site of FOLDER, in which the browser fetches text.txt; in the first one it plays what it has put into FOLDER, and
fetches from OTHER-URL, another origin. Prints a line of JSON for each thing.
"""

import base64
import json
import struct
import sys
from pathlib import Path

from chromium import browse, new_window

CERTIFICATE, FOLDER, OTHER, URLS = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:]

#: How a text came, and what it is.
CODED = """fetch("/text.txt").then(
    async (answer) => JSON.stringify([answer.headers.get("content-encoding"), await answer.text()]))"""

#: A second of a canvas that changes, as the browser itself encodes it.
RECORD = """new Promise((done, fail) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 200];
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm" });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
        const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte);
        done(btoa(text));
    };
    let frame = 0;
    const draw = () => {
        for (let place = 0; place < 400; place++) {
            pen.fillStyle = `hsl(${(frame * 7 + place * 31) % 360}, 90%, 50%)`;
            pen.fillRect((place * 16) % 320, Math.floor(place / 20) * 10, 16, 10);
        }
        if (++frame < 40) requestAnimationFrame(draw); else recorder.stop();
    };
    recorder.start();
    draw();
})"""

#: Plays what is at ADDRESS, from a place near its end if PLACE is not null.
PLAY = """new Promise((done) => {
    const video = document.createElement("video");
    video.muted = true;
    const end = () => done(JSON.stringify({
        width: video.videoWidth, at: video.currentTime, length: video.duration, error: video.error && video.error.message }));
    video.onerror = end;
    video.onended = end;
    video.onloadedmetadata = () => { if (PLACE !== null) video.currentTime = PLACE; video.play(); };
    video.src = ADDRESS;
    document.body.append(video);
})"""

#: What a page gets of another origin, or what stops it.
FETCH = """fetch(ADDRESS, OPTIONS).then(
    async (answer) => JSON.stringify({ status: answer.status, text: await answer.text() }),
    (error) => JSON.stringify({ error: error.name }))"""


def sound(seconds):
    """A WAVE file of silence, 16 bits, stereo, 48 kHz: long, and to be entered anywhere."""
    size = seconds * 48_000 * 4
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, 192_000, 4, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size) + bytes(size)


def say(name, value):
    print(json.dumps({"what": name, "is": value}), flush=True)


async def main(base):
    for url in URLS:
        window = await new_window(base, url)
        say("coding", json.loads(await window.run(CODED)))
    window = await new_window(base, URLS[0])
    (FOLDER / "made.webm").write_bytes(base64.b64decode(await window.run(RECORD)))
    (FOLDER / "long.wav").write_bytes(sound(200))

    async def play(address, place):
        script = PLAY.replace("ADDRESS", json.dumps(address)).replace("PLACE", json.dumps(place))
        return json.loads(await window.run(script))

    say("video", await play("/made.webm", None))
    say("far", await play("/long.wav", 199))

    async def fetch(path, **options):
        script = FETCH.replace("ADDRESS", json.dumps(OTHER + path)).replace("OPTIONS", json.dumps(options))
        return json.loads(await window.run(script))

    say("simple", await fetch("/text.txt"))
    say("credentials", await fetch("/text.txt", credentials="include"))
    say("preflight", await fetch("/text.txt", headers={"X-A": "1"}))
    say("other field", await fetch("/text.txt", headers={"X-B": "1"}))
    say("other method", await fetch("/text.txt", method="DELETE"))


browse(CERTIFICATE, main)
