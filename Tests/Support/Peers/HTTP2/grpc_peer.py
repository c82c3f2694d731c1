"""A server and clients of gRPC whose messages are plain bytes.

grpc_peer.py server PORT [SERVING]     SERVING: what the health check says, 1 if it is not given
grpc_peer.py client PORT NAME [CA]     with a CA over TLS
"""

import asyncio
import sys

import grpc

OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
]


def say(*words):
    print(*words, flush=True)


# Server


async def unary(request, context):
    return request + b"!"


async def stream_out(request, context):
    for number in range(int(request)):
        yield b"%d" % number


async def stream_in(requests, context):
    count = 0
    async for _ in requests:
        count += 1
    return b"%d" % count


async def both(requests, context):
    async for request in requests:
        yield request


async def fail(request, context):
    context.set_trailing_metadata((("x-why", "because"),))
    await context.abort(grpc.StatusCode.NOT_FOUND, "no such thing: 100 %")


async def wait(request, context):
    say("waits")
    try:
        await asyncio.Event().wait()
    finally:
        say("cancelled")


def together():
    """Answers nobody before so many have asked."""
    waiting = []
    everybody = asyncio.Event()

    async def answer(request, context):
        waiting.append(request)
        if len(waiting) == int(request):
            everybody.set()
        await everybody.wait()
        return request

    return answer


async def serve(port, serving):
    async def health(request, context):
        return b"\x08" + bytes([serving])

    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Out": grpc.unary_stream_rpc_method_handler(stream_out),
        "In": grpc.stream_unary_rpc_method_handler(stream_in),
        "Both": grpc.stream_stream_rpc_method_handler(both),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Wait": grpc.unary_unary_rpc_method_handler(wait),
        "Together": grpc.unary_unary_rpc_method_handler(together()),
    }
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("test.Test", methods),
            grpc.method_handlers_generic_handler(
                "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(health)}
            ),
        )
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    say("serving")
    await server.wait_for_termination()


# Clients


async def shapes(channel):
    say((await channel.unary_unary("/test.Test/Unary")(b"hello")).decode())
    say(len([part async for part in channel.unary_stream("/test.Test/Out")(b"200")]))
    say((await channel.stream_unary("/test.Test/In")(iter([b"x"] * 300))).decode())
    # Each waits for the answer to the last: nothing may be held back.
    call = channel.stream_stream("/test.Test/Both")()
    for number in range(50):
        await call.write(b"%d" % number)
        assert await call.read() == b"%d" % number
    await call.done_writing()
    say("end" if await call.read() is grpc.aio.EOF else "more", await call.code())


async def big(channel):
    message = bytes(range(256)) * (64 << 12)
    answer = await channel.unary_unary("/test.Test/Unary")(message)
    say(len(answer), answer == message + b"!")


async def errors(channel):
    for method in ["Fail", "Unknown"]:
        try:
            await channel.unary_unary(f"/test.Test/{method}")(b"")
        except grpc.aio.AioRpcError as error:
            say(error.code().name, error.details(), dict(error.trailing_metadata()).get("x-why"))


async def one(channel):
    try:
        say((await channel.unary_unary("/test.Test/Unary")(b"hello")).decode())
    except grpc.aio.AioRpcError as error:
        say(error.code().name, error.details())


async def cancel(channel):
    call = channel.unary_unary("/test.Test/Wait")(b"")
    await asyncio.to_thread(sys.stdin.readline)
    call.cancel()
    say("gone")


async def crowd(channel, count=1000):
    method = channel.unary_unary("/test.Test/Together")
    answers = await asyncio.gather(*(method(b"%d" % count) for _ in range(count)))
    say(len(answers))


CLIENTS = {"shapes": shapes, "big": big, "errors": errors, "one": one, "cancel": cancel, "crowd": crowd}


async def call(port, name, authority):
    if authority:
        with open(authority, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        channel = grpc.aio.secure_channel(f"localhost:{port}", credentials, OPTIONS)
    else:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", OPTIONS)
    async with channel:
        name, _, count = name.partition("=")
        await CLIENTS[name](channel, *([int(count)] if count else []))


if sys.argv[1] == "server":
    asyncio.run(serve(sys.argv[2], int((sys.argv[3:] or ["1"])[0])))
else:
    asyncio.run(call(sys.argv[2], sys.argv[3], (sys.argv[4:] or [None])[0]))
