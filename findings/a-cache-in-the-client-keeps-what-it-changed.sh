#!/usr/bin/env bash
# Guess: a client that caches what it gets (Cache-Control: max-age=60) forgets a page that it has itself changed: after a PUT,
# POST, PATCH or DELETE with a good answer a cache MUST invalidate what it has for that URL (RFC 9111 §4.4). And it keeps the
# languages of a page apart where Vary says so.
# What happens: requests-cache, told to go by Cache-Control, and aiohttp-client-cache forget nothing: the program reads its own
# change only when the minute is over. CacheControl forgets after PUT, PATCH and DELETE, and not after POST. hishel is right with
# rfc=True, which 1.x was by itself; as it comes 2.0 forgets nothing, and keeps what is no-store, too. It and aiohttp-client-cache
# then hand out the German page to who asks for French.
# Why it matters to a gateway: each request that would show the fault is one that never comes; the access log has the PUT, and
# then nothing. "The gateway caches our API" is what it looks like, and purging there changes nothing. For what can be changed
# through the same URL no-cache, with an ETag, is right: all of these then ask, and 304 is cheap.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 requests-cache==1.3.3 \
    cachecontrol==0.14.4 httpx==0.28.1 hishel==2.0.0 aiohttp==3.14.5 aiohttp-client-cache==0.15.0
cat >probe.py <<'END_OF_PROBE'
import asyncio, importlib.metadata, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import aiohttp_client_cache, cachecontrol, requests, requests_cache

WRITES = ("PUT", "POST", "PATCH", "DELETE")

class Server(BaseHTTPRequestHandler):  # Each answer says how many requests there were before.
    protocol_version = "HTTP/1.1"
    asked = 0

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Server.asked += 1
        body = f"{Server.asked} {self.headers['Accept-Language']}".encode()
        self.send_response(200)
        if self.command == "GET":
            self.send_header("Cache-Control", "no-store" if self.path == "/no-store" else "max-age=60")
            self.send_header("Vary", "Accept-Language")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
site = f"http://127.0.0.1:{server.server_port}/"

async def look(ask):  # After which methods it asks anew, whether it keeps languages apart, and whether it keeps what is no-store.
    forgets = []
    for method in WRITES:
        first, second = await ask("GET", method, "de"), await ask("GET", method, "de")
        if first != second:
            return "no cache"
        await ask(method, method, "de")
        if await ask("GET", method, "de") != second:
            forgets.append(method)
    await ask("GET", "vary", "de")
    french = await ask("GET", "vary", "fr")
    private = await ask("GET", "no-store", "de")
    return forgets, french.endswith("fr"), await ask("GET", "no-store", "de") == private

def plain(session, body):
    async def ask(method, path, language):
        data = {body: b"x"} if method != "GET" else {}
        return (await asyncio.to_thread(session.request, method, site + path, headers={"Accept-Language": language}, **data)).text
    return ask

async def with_aiohttp():
    cache = aiohttp_client_cache.CacheBackend(cache_control=True)
    async with aiohttp_client_cache.CachedSession(cache=cache) as session:
        async def ask(method, path, language):
            async with session.request(method, site + path, headers={"Accept-Language": language}) as answer:
                return await answer.text()
        return await look(ask)

def with_hishel(rfc):
    from hishel import SqliteStorage
    from hishel.httpx import CacheClient
    return plain(CacheClient(storage=SqliteStorage(database_path=f"hishel {rfc}.db"), rfc=rfc), "content")

async def main():
    seen = {"requests-cache": await look(plain(requests_cache.CachedSession(backend="memory", cache_control=True), "data")),
            "CacheControl": await look(plain(cachecontrol.CacheControl(requests.Session()), "data")),
            "hishel": await look(with_hishel(False)), "hishel rfc=True": await look(with_hishel(True)),
            "aiohttp-client-cache": await with_aiohttp()}
    for name, (forgets, apart, private) in seen.items():
        print(f"{name} {importlib.metadata.version(name.split()[0])} forgets after: {', '.join(forgets) or 'nothing'};",
              "keeps languages apart;" if apart else "gives German to who asks for French;",
              "keeps what is no-store" if private else "keeps nothing that is no-store")
    return seen == {"requests-cache": ([], True, False), "CacheControl": (["PUT", "PATCH", "DELETE"], True, False),
                    "hishel": ([], False, True), "hishel rfc=True": (list(WRITES), True, False),
                    "aiohttp-client-cache": ([], False, False)}

sys.exit(not asyncio.run(main()))
END_OF_PROBE
venv/bin/python probe.py
