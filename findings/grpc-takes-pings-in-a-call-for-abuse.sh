#!/usr/bin/env bash
# Guess: a gRPC server ends connections whose peer pings too often while nothing goes on; while a call is
# open, a ping now and then, to see whether the peer lives, is fine.
# What happens: with a call open, grpcio still wants five minutes between pings unless it has sent something
# meanwhile. The fifth or sixth ping in a silent call (a watch, a long computation), be they 10 s apart, is
# answered with GOAWAY, ENHANCE_YOUR_CALM, "too_many_pings", and the call ends as UNAVAILABLE. Where the
# call sends messages, as many pings pass.
# Why it matters to a gateway: its health of upstream connections over HTTP/2 is checked with such pings, and
# each of its connections carries calls of many clients: every silent stream would end all of them. It has
# to ping gRPC servers no more than once in five minutes, or only after a frame has come.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.3 hpack==4.1.0
cd "$work"
cat >probe.py <<'END'
import concurrent.futures, socket, struct, sys, threading
import grpc, hpack

DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
over = threading.Event()

def silent(request, context):
    over.wait(60)
    yield b"the end"

def talking(request, context):
    while not over.wait(0.02):
        yield b"a message"

def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

def read_frame(connection):
    head = connection.recv(9, socket.MSG_WAITALL)
    if len(head) < 9:
        return GOAWAY, 0, b""
    length = int.from_bytes(head[:3], "big")
    return head[3], head[4], connection.recv(length, socket.MSG_WAITALL) if length else b""

def ping(port, method, between):
    """Pings ten times in one call, after `between` messages each, and returns what was answered, and the GOAWAY."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = [(":method", "POST"), (":scheme", "http"), (":path", "/test.Test/" + method), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers")]
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS) + frame(HEADERS, 4, 1, hpack.Encoder().encode(head))
                       + frame(DATA, 1, 1, bytes(5)))
    answered = 0
    for number in range(10):
        messages = 0
        while messages < between:
            messages += read_frame(connection)[0] == DATA
        connection.sendall(frame(PING, payload=struct.pack(">Q", number)))
        while True:
            kind, flags, payload = read_frame(connection)
            if kind == PING and not flags:
                connection.sendall(frame(PING, 1, payload=payload))
            elif kind == SETTINGS and not flags:
                connection.sendall(frame(SETTINGS, 1))
            elif kind == PING:
                answered += 1
                break
            elif kind == GOAWAY:
                return answered, int.from_bytes(payload[4:8], "big"), payload[8:].decode()
    return answered, None, ""

methods = {"Silent": grpc.unary_stream_rpc_method_handler(silent), "Talking": grpc.unary_stream_rpc_method_handler(talking)}
server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Test", methods),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
seen = {name: ping(port, name, between) for name, between in (("Silent", 0), ("Talking", 2))}
over.set()
server.stop(0)
for name, (answered, code, text) in seen.items():
    print(f"grpcio {grpc.__version__}: {name}: {answered} of 10 pings answered; GOAWAY: {code} {text}")
sys.exit(seen["Silent"][0] not in (4, 5) or seen["Silent"][1:] != (11, "too_many_pings") or seen["Talking"] != (10, None, ""))
END
venv/bin/python probe.py
