#!/usr/bin/env bash
# Guess: a gRPC peer has one limit for metadata: below it every call passes, above it none does.
# What happens: grpcio has two, 8 KiB and 16 KiB, and between them it refuses each call with a chance that
# grows with the size. The same answer passes at one time and is RESOURCE_EXHAUSTED at the next; so it is
# for requests at a grpcio server.
# Why it matters to a gateway: fields that it adds (a client's certificate, long tokens, traces) can carry
# metadata over 8 KiB, and then some calls fail, with nothing different about them. It looks like a bad
# upstream or line. Keep what a gateway adds small, and look at sizes first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.3
cat >"$work/probe.py" <<'END'
import concurrent.futures, sys
import grpc

class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, request, context):
        context.set_trailing_metadata((("x-size", "a" * int(request or b"0")),))
        return b"ok"

server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((Echo(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
CALLS = 200
print("grpcio", grpc.__version__)

def passed(size, in_answer):
    count = 0
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/a.B/C")
        for _ in range(CALLS):
            try:
                call(b"%d" % size if in_answer else b"", metadata=() if in_answer else (("x-size", "a" * size),), timeout=10)
                count += 1
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    print(f"{size:,} bytes in the {'answer' if in_answer else 'request'}: {count} of {CALLS} calls pass")
    return count

right = True
for in_answer in (True, False):
    small, middle, large = [passed(size, in_answer) for size in (7_000, 12_000, 20_000)]
    right = right and small == CALLS and 0 < middle < CALLS and large == 0
server.stop(None)
sys.exit(not right)
END
"$work/venv/bin/python" "$work/probe.py"
