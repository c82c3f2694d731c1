"""A program at a terminal: terminal.py ROWS COLUMNS PROGRAM [ARGUMENTS].

Says "drawn" when it has drawn a second picture, passes standard input on as keys and SIGTERM as it is. At the program's end it
prints as JSON: the exit code, the last picture without colours, whether the terminal is as it was, and whether its first screen
and cursor came back.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
outer, inner = pty.openpty()
fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
before = termios.tcgetattr(inner)
program = subprocess.Popen(sys.argv[3:], stdin=inner, stdout=inner, stderr=subprocess.DEVNULL)
signal.signal(signal.SIGTERM, lambda *_: program.terminate())
shown, has_told, sources = b"", False, [outer, 0]
while True:
    ready, _, _ = select.select(sources, [], [], 0.2)
    if outer in ready:
        shown += os.read(outer, 65536)
        if not has_told and shown.count(b"\x1b[H") >= 2:
            has_told = True
            print("drawn", flush=True)
    elif program.poll() is not None:
        break
    if 0 in ready:
        keys = os.read(0, 100)
        if keys:
            os.write(outer, keys)
        else:
            sources.remove(0)
text = shown.decode()
frame = text.split("\x1b[H")[-1].split("\x1b[J")[0]
print(json.dumps({
    "exit": program.returncode,
    "frame": [re.sub("\x1b\\[[0-9;]*[mK]", "", line) for line in frame.split("\r\n")],
    "same": termios.tcgetattr(inner) == before,
    "restored": "\x1b[?1049h" in text and "\x1b[?1049l" in text and text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"),
}), flush=True)
