"""The collector of agreement.py, a process of its own: it takes spans as fast as they come, whatever the clients do meanwhile.

agreement_collector.py

Prints its port. For each line on its standard input it prints the server spans it has been sent so far, as JSON: lists of site,
kind, status, count. Ends with its input.
"""
import asyncio
import collections
import json
import sys

#: Server spans, by (site, kind, status).
spans = collections.Counter()


async def collect(reader, writer):
    """One request a connection: the gateway asks for its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    for resource in json.loads(await reader.readexactly(length))["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                if span["kind"] != 2:
                    continue
                values = {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
                site, path = values["gatehouse.site"], values["url.path"]
                spans[site, path.split("/")[1], int(values["http.response.status_code"])] += 1
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps([[*key, count] for key, count in spans.items()]), flush=True)


asyncio.run(main())
