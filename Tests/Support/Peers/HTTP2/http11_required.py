"""A TLS server whose ALPN offers HTTP/2, but which asks for HTTP/1.1 as soon as a request comes in it.

usage: http11_required.py PORT CERTIFICATE KEY HOW     HOW: "RST_STREAM" or "GOAWAY"

Prints a line for each request: its version of HTTP, its method and its path.
"""

import asyncio
import ssl
import sys

import h2.config
import h2.connection
import h2.errors
import h2.events

port, certificate, key, how = int(sys.argv[1]), *sys.argv[2:]


async def serve_http2(reader, writer):
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="ascii"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if not isinstance(event, h2.events.RequestReceived):
                continue
            fields = dict(event.headers)
            print("HTTP/2", fields[":method"], fields[":path"], flush=True)
            if how == "RST_STREAM":
                connection.reset_stream(event.stream_id, h2.errors.ErrorCodes.HTTP_1_1_REQUIRED)
            else:
                connection.close_connection(h2.errors.ErrorCodes.HTTP_1_1_REQUIRED, last_stream_id=0)
                writer.write(connection.data_to_send())
                return
        writer.write(connection.data_to_send())


async def serve_http1(reader, writer):
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        length = next((int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        method, path, version = lines[0].split()
        print(version, method, path, flush=True)
        answer = body or b"hello"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)


async def serve(reader, writer):
    chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    try:
        await (serve_http2 if chosen == "h2" else serve_http1)(reader, writer)
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    server = await asyncio.start_server(serve, "localhost", port, ssl=context)
    print("serving", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
