#!/usr/bin/env bash
# Guess: a gRPC client sends a call again by itself when its stream is reset with REFUSED_STREAM: RFC 9113
# §8.7 guarantees that nothing was processed, and gRPC's documents have "transparent retry" for it.
# What happens: grpcio ends the call as UNAVAILABLE after one attempt. It does send again, unseen, when a
# GOAWAY leaves the call's stream out. With a retry policy in its service config it tries again after both,
# as it would after any UNAVAILABLE.
# Why it matters to a gateway: to refuse streams, over its limit or while it drains, is no gentle way for
# gRPC: callers see errors. Announce SETTINGS_MAX_CONCURRENT_STREAMS in time, which clients obey, and drain
# by GOAWAY.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.3 h2==4.4.1
cat >"$work/probe.py" <<'END'
import json, socket, sys, threading
import grpc, h2.connection, h2.config, h2.errors, h2.events

def refuse(connection, stream):
    connection.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)

def leave_out(connection, stream):
    connection.close_connection(last_stream_id=0)

def answer(connection, stream):
    connection.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
    connection.send_data(stream, b"\0\0\0\0\x02ok")
    connection.send_headers(stream, [("grpc-status", "0")], end_stream=True)

def serve(peer, first, calls):
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    with peer:
        peer.sendall(connection.data_to_send())
        while data := peer.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    calls.append(event.stream_id)
                    (first if len(calls) == 1 else answer)(connection, event.stream_id)
            peer.sendall(connection.data_to_send())
            if connection.state_machine.state == h2.connection.ConnectionState.CLOSED:
                return

def accept(listener, first, calls):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], first, calls), daemon=True).start()

RETRY = {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
         "retryableStatusCodes": ["UNAVAILABLE"]}
POLICY = [("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": RETRY}]}))]

def call(first, options):
    listener, calls = socket.create_server(("127.0.0.1", 0)), []
    threading.Thread(target=accept, args=(listener, first, calls), daemon=True).start()
    with grpc.insecure_channel("127.0.0.1:%d" % listener.getsockname()[1], options) as channel:
        try:
            channel.unary_unary("/a.B/C")(b"", timeout=10)
            return "OK", len(calls)
        except grpc.RpcError as error:
            return error.code().name, len(calls)

print("grpcio", grpc.__version__)
cases = [
    ("REFUSED_STREAM", refuse, [], ("UNAVAILABLE", 1)),
    ("GOAWAY below the stream", leave_out, [], ("OK", 2)),
    ("REFUSED_STREAM, with a retry policy", refuse, POLICY, ("OK", 2)),
]
right = True
for name, first, options, expected in cases:
    seen = call(first, options)
    print(f"{name}: {seen[0]} after {seen[1]} attempt(s)")
    right = right and seen == expected
sys.exit(not right)
END
"$work/venv/bin/python" "$work/probe.py"
