"""A headless browser with a profile of its own, for as long as a coroutine function wants it."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading


def browse(command, sentence, main):
    """Runs a coroutine function with what the browser says behind `sentence`: where it is to be reached.

    command: gets the folder of the profile, returns the command's words.
    """
    profile = tempfile.mkdtemp()
    words = command(profile)
    browser = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ | {"HOME": profile})
    try:
        said = []
        for line in browser.stderr:
            said.append(line)
            if sentence in line:
                break
        else:
            sys.exit(f"{words[0]} did not start:\n" + "".join(said))
        # Nobody reads further complaints; they go nowhere instead of filling the pipe.
        threading.Thread(target=browser.stderr.read, daemon=True).start()
        asyncio.run(asyncio.wait_for(main(line.split(sentence)[1].strip()), 120))
    finally:
        browser.terminate()
        browser.wait()
        shutil.rmtree(profile, ignore_errors=True)
