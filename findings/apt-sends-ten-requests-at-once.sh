#!/usr/bin/env bash
# Guess: nobody pipelines any more: browsers gave it up, libraries never had it. A gateway or a mirror's application that takes
# one request of HTTP/1.1 at a time, and looks for the next when the answer is out, meets nothing else.
# What happens: apt does, unasked (Acquire::http::Pipeline-Depth is 10): once an answer has told it that the server speaks
# HTTP/1.1 it sends ten requests without waiting, over the one connection that it has for a host. If that ends after seven
# answers, with Connection: close or without, it sends the others again, over more connections than it takes, and gets every file.
# With Pipeline-Depth=0, or if each answer says close, there is one request at a time.
# Why it matters to a gateway: apt through it, to a package mirror, is every machine's update. A limit of requests per second has
# to allow a burst of ten from each machine; what was read behind the first head is the next request, and not to be dropped; and a
# limit of requests per connection costs it requests that are sent twice, so that a mirror's counts and logs have more than were
# asked for.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >probe.py <<'END_OF_PROBE'
import hashlib, os, shutil, socket, subprocess, sys, threading

# A repository of 30 packages, which are only fetched; what is in them does not count.
FILES = {f"/pool/p{number}.deb": os.urandom(1000) for number in range(20)}
PACKAGES = "".join(f"""Package: p{number}
Version: 1
Architecture: all
Maintainer: nobody
Description: none
Filename: pool/p{number}.deb
Size: 1000
SHA256: {hashlib.sha256(FILES[f'/pool/p{number}.deb']).hexdigest()}

""" for number in range(20)).encode()
WAIT = 0.5

def serve(connection, limit, told, runs):  # Answers what has come once nothing more does, up to `limit`, told or not.
    pending, paths, left = b"", [], limit
    connection.settimeout(WAIT)
    with connection:
        while True:
            try:
                data = connection.recv(65536)
                if not data:
                    return
                pending += data
                *heads, pending = pending.split(b"\r\n\r\n")
                paths += [head.split()[1].decode().removeprefix("/.") for head in heads]
                continue
            except TimeoutError:
                pass
            except OSError:
                return
            if not paths:
                continue
            if paths[0].startswith("/pool/"):
                runs.append(len(paths))
            for path in paths[:left]:
                left -= 1
                body = FILES.get(path) or (PACKAGES if path == "/Packages" else b"")
                head = f"HTTP/1.1 {'200 OK' if body else '404 Not Found'}\r\nContent-Length: {len(body)}\r\n"
                connection.sendall((head + ("Connection: close\r\n" if told and left == 0 else "") + "\r\n").encode() + body)
            paths = []
            if left == 0:
                return

def fetch(limit, told, *options):  # How many requests there were at a time, over how many connections, and how many files came.
    runs, connections = [], []
    listener = socket.create_server(("127.0.0.1", 0))

    def attend():
        while True:
            connection = listener.accept()[0]
            connections.append(connection)
            threading.Thread(target=serve, args=(connection, limit, told, runs), daemon=True).start()

    threading.Thread(target=attend, daemon=True).start()
    here = os.getcwd() + "/apt"
    shutil.rmtree(here, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial", "files"):
        os.makedirs(f"{here}/{folder}")
    open(here + "/status", "w").close()
    with open(here + "/sources.list", "w") as file:
        file.write(f"deb [trusted=yes] http://127.0.0.1:{listener.getsockname()[1]} ./\n")
    settings = (f"Dir::State={here}/state", f"Dir::State::status={here}/status", f"Dir::Cache={here}/cache",
                f"Dir::Etc::sourcelist={here}/sources.list", "Dir::Etc::sourceparts=-", "Dir::Etc::parts=-", "Dir::Etc::main=-",
                "APT::Sandbox::User=root", "Acquire::Languages=none", "Acquire::http::Proxy=false", *options)
    base = ["apt-get"] + [word for setting in settings for word in ("-o", setting)]
    subprocess.run([*base, "update"], capture_output=True, check=True, timeout=100)
    connections.clear()
    names = [f"p{number}" for number in range(20)]
    subprocess.run([*base, "download", *names], cwd=here + "/files", capture_output=True, check=True, timeout=100)
    return max(runs), len(connections), len(os.listdir(here + "/files"))

print(subprocess.run(["apt-get", "--version"], capture_output=True, text=True).stdout.splitlines()[0])
seen = {"unasked": fetch(1000, True), "Pipeline-Depth=0": fetch(1000, True, "Acquire::http::Pipeline-Depth=0"),
        "closed after each": fetch(1, True), "closed after seven": fetch(7, True), "cut after seven": fetch(7, False)}
for how, (most, connections, files) in seen.items():
    print(f"{how}: up to {most} requests at once, {connections} connections, {files} of 20 files")
right = (seen["unasked"], seen["Pipeline-Depth=0"], seen["closed after each"]) == ((10, 1, 20), (1, 1, 20), (1, 20, 20))
for how in ("closed after seven", "cut after seven"):  # All files come, over more connections than the three that it takes.
    most, connections, files = seen[how]
    right = right and most == 10 and connections > 3 and files == 20
sys.exit(not right)
END_OF_PROBE
python3 probe.py
