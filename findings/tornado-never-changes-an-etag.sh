#!/usr/bin/env bash
# Guess: the ETag of tornado's StaticFileHandler is of the file's content, which it hashes; so it changes
# when the file does.
# What happens: the hash is taken once for each path and kept for as long as the process lives. A file that
# is replaced goes on under its first ETag, with the new content and the new Last-Modified. Whoever has the
# old one and asks with If-None-Match is told 304, and keeps it; with If-Modified-Since he gets the new one.
# Why it matters to a gateway: its cache, and browsers, send both fields, and the ETag counts. After a
# deployment that only exchanges files they go on with the old ones until tornado is started again, or
# (with several processes) get the old or the new one by chance.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1
cd "$work"
mkdir files
cat >serve.py <<'END'
import asyncio, sys
import tornado.web

async def serve():
    tornado.web.Application([("/(.*)", tornado.web.StaticFileHandler, {"path": "files"})]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

asyncio.run(serve())
END
cat >probe.py <<'END'
import http.client, importlib.metadata, os, socket, subprocess, sys, time

def publish(text, day):
    with open("files/new", "w") as file:
        file.write(text)
    os.utime("files/new", (day * 86400, day * 86400))
    os.replace("files/new", "files/file.txt")

def ask(**fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/file.txt", headers={name.replace("_", "-"): value for name, value in fields.items()})
    answer = connection.getresponse()
    return answer.status, answer.getheader("ETag"), answer.getheader("Last-Modified"), answer.read().decode()

def started():
    server = subprocess.Popen(["venv/bin/python", "serve.py", str(port)])
    for _ in range(300):
        try:
            ask()
            return server
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit("it does not come up")

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
publish("old", 20000)
server = started()
try:
    _, tag, date, _ = ask()
    publish("newer", 20001)
    _, new_tag, new_date, text = ask()
    asked = {"If-None-Match": ask(If_None_Match=tag), "both": ask(If_None_Match=tag, If_Modified_Since=date),
             "If-Modified-Since": ask(If_Modified_Since=date)}
finally:
    server.terminate()
    server.wait()
server = started()
after = ask(If_None_Match=tag)[0]
server.terminate()
server.wait()
print(f"tornado {importlib.metadata.version('tornado')}: new text {text == 'newer'}, new Last-Modified {new_date != date}, "
      f"new ETag {new_tag != tag}")
print("asked again with " + ", ".join(f"{name}: {answer[0]}" for name, answer in asked.items()) + f"; after a restart: {after}")
seen = (text, new_date != date, new_tag == tag, [answer[0] for answer in asked.values()], after)
sys.exit(seen != ("newer", True, True, [304, 304, 200], 200))
END
venv/bin/python probe.py
