"""How a tunnel ends, and that both sides and the log see it."""

import asyncio
import signal
import socket
import ssl
import struct

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from kit import (Raw, SWITCH, client, frame, gateway, handshake, raw_client, raw_upstream, read_close, read_frame,
                 server_tls, switch, upstream)


async def the_clients_close_code_reaches_the_upstream_and_the_log():
    codes = asyncio.Queue()

    async def server(connection):
        try:
            await connection.recv()
        except (ConnectionClosedOK, ConnectionClosedError) as closed:
            await codes.put((closed.rcvd.code, closed.rcvd.reason))

    for tls in (False, True):
        async with upstream(server, tls=tls) as url, gateway(url) as running:
            for code in (1000, 1001, 3999, 4000):
                running.lines.clear()
                async with client(running) as connection:
                    await connection.close(code, f"because {code}")
                assert await codes.get() == (code, f"because {code}")
                await running.tunnel_line(closed_by="client", close_code=code, reason="client_closed", frames_in=1, frames_out=1)


async def the_upstreams_close_code_reaches_the_client_and_the_log():
    async def server(connection):
        await connection.send("last words")
        await connection.close(4567, "enough")

    for tls in (False, True):
        async with upstream(server, tls=tls) as url, gateway(url) as running:
            async with client(running) as connection:
                assert await connection.recv() == "last words"
                try:
                    await connection.recv()
                    raise AssertionError("it was not closed")
                except ConnectionClosedError as closed:
                    assert (closed.rcvd.code, closed.rcvd.reason) == (4567, "enough")
            line = await running.tunnel_line(
                closed_by="upstream", close_code=4567, reason="upstream_closed", messages_out=1, messages_in=0,
                frames_out=2, frames_in=1)
            assert line["status"] == 101 and line["bytes_out"] > 10 and line["ms"] > 0 and "key" not in line


async def a_close_frame_without_a_code_is_1005_in_the_log():
    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        assert await read_frame(peer) == (8, b"")
        await peer.send(frame(b"", 8, masked=False))

    async with raw_upstream(server) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake() + frame(b"", 8))
        await peer.head()
        assert await read_frame(peer) == (8, b"")
        await running.tunnel_line(closed_by="client", close_code=1005)


async def a_killed_upstream_ends_the_client_at_once():
    """The upstream is a process of its own, killed in the middle of a conversation."""
    import sys
    program = (
        "import asyncio\nfrom websockets.asyncio.server import serve\n"
        "async def echo(c):\n    async for m in c: await c.send(m)\n"
        "async def main():\n    async with serve(echo, '127.0.0.1', 0) as s:\n"
        "        print(s.sockets[0].getsockname()[1], flush=True)\n        await s.serve_forever()\n"
        "asyncio.run(main())\n")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    port = int(await process.stdout.readline())
    async with gateway(f"ws://127.0.0.1:{port}") as running, client(running) as connection:
        await connection.send("hello")
        assert await connection.recv() == "hello"
        process.send_signal(signal.SIGKILL)
        try:
            await connection.recv()
            raise AssertionError("nothing was seen of the end")
        except ConnectionClosedError as closed:
            assert closed.rcvd is None, "a dead upstream must not look like an orderly end"
        await running.tunnel_line(closed_by="upstream", close_code=1006)
    await process.wait()


async def an_upstream_that_resets_cuts_the_client():
    async def server(peer: Raw):
        await peer.send(switch(await peer.head()))
        await peer.exactly(len(frame(b"hello")))
        peer.abort()

    async with raw_upstream(server) as url, gateway(url) as running, client(running) as connection:
        await connection.send("hello")
        try:
            await connection.recv()
            raise AssertionError("nothing was seen of the end")
        except ConnectionClosedError as closed:
            assert closed.rcvd is None
        await running.tunnel_line(closed_by="upstream", close_code=1006)


async def who_ends_first_is_in_the_log_whatever_the_other_does_then():
    """Both end without a Close frame; the second one by a reset."""
    async def ends_first(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)

    async def resets_then(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        assert await peer.rest() == b""
        _reset(peer)

    async with raw_upstream(ends_first) as url, gateway(url, plain=True) as running:
        peer = Raw(*await asyncio.open_connection("127.0.0.1", running.port))
        await peer.send(handshake())
        await peer.head()
        assert await peer.rest() == b""
        _reset(peer)
        await running.tunnel_line(closed_by="upstream", reason="upstream_closed", close_code=1006)
    async with raw_upstream(resets_then) as url, gateway(url, plain=True) as running:
        peer = Raw(*await asyncio.open_connection("127.0.0.1", running.port))
        await peer.send(handshake())
        await peer.head()
        peer.half_close()
        await running.tunnel_line(closed_by="client", reason="client_closed", close_code=1006)
        await peer.close()


def _reset(peer: Raw):
    peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.abort()


async def a_client_that_breaks_cuts_an_upstream_over_tls():
    """Whoever reads to close_notify must not take what it has for all."""
    listener, tls = socket.create_server(("127.0.0.1", 0)), server_tls()
    tls.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF

    def serve():
        accepted, _ = listener.accept()
        with listener, tls.wrap_socket(accepted, server_side=True, suppress_ragged_eofs=False) as peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            peer.sendall(switch(head))
            try:
                return peer.recv(4096)
            except (ssl.SSLError, ConnectionError):
                return None

    async with gateway(f"wss://localhost:{listener.getsockname()[1]}") as running:
        serving = asyncio.create_task(asyncio.to_thread(serve))
        async with raw_client(running) as peer:
            await peer.send(handshake())
            await peer.head()
            _reset(peer)
            assert await serving is None, "the upstream saw an orderly end"
        await running.tunnel_line(closed_by="client", reason="client_broke", close_code=1006)


async def a_tunnel_ends_after_both_close_frames_though_neither_side_closes():
    async def waits(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        assert await read_close(peer) == 1000
        await peer.send(frame(b"\x03\xe8", 8, masked=False))
        assert await peer.rest() == b""

    # After a second of silence the tunnel waits without a task; its end must be seen then, too.
    for pause in (0, 2):
        async with raw_upstream(waits) as url, gateway(url, top="[limits]\nlingering_timeout = 1") as running:
            async with raw_client(running) as peer:
                await peer.send(handshake())
                await peer.head()
                await asyncio.sleep(pause)
                await peer.send(frame(b"\x03\xe8", 8))
                assert await read_close(peer) == 1000
                assert await peer.rest() == b""
                await running.tunnel_line(closed_by="client", reason="client_closed", close_code=1000)


async def a_killed_client_ends_the_upstream_at_once():
    ended = asyncio.Queue()

    async def server(connection):
        try:
            while True:
                await connection.send(await connection.recv())
        except ConnectionClosedError as closed:
            await ended.put(closed.rcvd)

    for tls in (False, True):
        async with upstream(server, tls=tls) as url, gateway(url) as running:
            async with client(running) as connection:
                await connection.send("hello")
                assert await connection.recv() == "hello"
                connection.transport.abort()
            assert await ended.get() is None
            await running.tunnel_line(closed_by="client", close_code=1006)


async def a_half_closing_upstream_still_gets_the_rest():
    """After its Close frame and FIN the upstream still reads what the client had to say."""
    rest = asyncio.Queue()
    last = frame(b"my last words") + frame(b"\x03\xe8", 8)

    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH + frame(b"\x03\xe8", 8, masked=False))
        peer.half_close()
        await rest.put(await peer.exactly(len(last)))

    # Over plain TCP: asyncio's TLS ends both ways when the peer ends one.
    async with raw_upstream(server) as url, gateway(url, plain=True) as running:
        peer = Raw(*await asyncio.open_connection("127.0.0.1", running.port))
        await peer.send(handshake())
        await peer.head()
        assert await read_close(peer) == 1000
        await peer.send(last)
        assert await rest.get() == last
        await peer.close()
        await running.tunnel_line(closed_by="upstream", close_code=1000)


async def a_half_closing_client_still_gets_the_rest():
    """Over plain TCP, since asyncio's TLS cannot half-close: the client's FIN is passed on, the answer still arrives."""
    ends = asyncio.Queue()

    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        await ends.put(await peer.rest())
        await peer.send(frame(b"after your end", masked=False))

    async with raw_upstream(server) as url, gateway(url, plain=True) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        peer = Raw(reader, writer)
        sent = frame(b"\x03\xe8", 8)
        await peer.send(handshake())
        await peer.head()
        await peer.send(sent)
        peer.half_close()
        assert await ends.get() == sent
        assert await read_frame(peer) == (1, b"after your end")
        assert await peer.rest() == b""
        await peer.close()
        await running.tunnel_line(closed_by="client", close_code=1000)


async def sigterm_closes_both_sides_with_1001():
    seen = asyncio.Queue()

    async def server(connection):
        try:
            while True:
                await connection.send(await connection.recv())
        except (ConnectionClosedOK, ConnectionClosedError) as closed:
            await seen.put(closed.rcvd.code if closed.rcvd else None)

    for tls in (False, True):
        async with upstream(server, tls=tls) as url, gateway(url) as running, client(running) as connection:
            await connection.send("hello")
            assert await connection.recv() == "hello"
            running.terminate()
            try:
                await connection.recv()
                raise AssertionError("it was not closed")
            except ConnectionClosedOK as closed:
                assert closed.rcvd.code == 1001, closed
            assert await seen.get() == 1001
            await running.stopped()
            await running.tunnel_line(closed_by="gateway", close_code=1001, reason="drained")


async def a_drain_waits_for_the_frame_under_way():
    """A Close frame goes between frames: the half that is on its way comes to its end first."""
    message = bytes(200_000)
    whole = frame(message, 2, masked=False)
    half_sent, may_go_on = asyncio.Event(), asyncio.Event()
    codes = asyncio.Queue()

    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH + whole[:100_000])
        half_sent.set()
        await may_go_on.wait()
        await peer.send(whole[100_000:] + frame(b"too late", masked=False))
        await codes.put(await read_close(peer))
        await peer.send(frame(b"\x03\xe9", 8, masked=False))

    async with raw_upstream(server) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake())
        await peer.head()
        await half_sent.wait()
        start = await peer.exactly(4096)
        running.terminate()
        await running.heard("stopping")
        # The upstream hears of the drain while its own frame is still open.
        may_go_on.set()
        assert start + await peer.exactly(len(whole) - 4096) == whole
        opcode, payload = await read_frame(peer)
        if opcode == 1:
            opcode, payload = await read_frame(peer)
        assert (opcode, payload[:2]) == (8, b"\x03\xe9")
        await peer.send(frame(b"\x03\xe9", 8))
        assert await codes.get() == 1001
        await running.stopped()
        await running.tunnel_line(reason="drained", close_code=1001)


async def a_tunnel_that_does_not_answer_is_cut_at_the_drains_deadline():
    async def deaf(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        await peer.rest()

    async with raw_upstream(deaf) as url, gateway(url, top="[limits]\ndrain_timeout = 1") as running, raw_client(running) as peer:
        await peer.send(handshake())
        await peer.head()
        running.terminate()
        assert await read_close(peer) == 1001
        try:
            assert await peer.rest() == b""
        except ConnectionError:
            pass
        await running.stopped()
        await running.tunnel_line(closed_by="gateway", reason="drain_timeout", key="limits.drain_timeout", close_code=1001)


async def a_drain_closes_many_tunnels_one_after_the_other():
    count = 200
    codes = []

    async def one(running, ready):
        async with client(running) as connection:
            ready()
            try:
                await connection.recv()
            except ConnectionClosedOK as closed:
                codes.append(closed.rcvd.code)

    async with upstream() as url, gateway(url) as running:
        opened, all_open = [], asyncio.Event()

        def ready():
            opened.append(1)
            if len(opened) == count:
                all_open.set()

        tasks = [asyncio.create_task(one(running, ready)) for _ in range(count)]
        await all_open.wait()
        running.terminate()
        await asyncio.gather(*tasks)
        await running.stopped()
        assert codes == [1001] * count
        assert sum(line.get("reason") == "drained" for line in running.lines) == count


async def each_side_ends_by_its_own_exchange_of_close_frames():
    """After a Close of the gateway's own a side ends when it has answered, whatever the other one does."""
    for upstream_is_first in (True, False):
        upstream_ended, client_ended = asyncio.Event(), asyncio.Event()

        async def server(peer):
            await peer.send(switch(await peer.head()))
            assert await read_close(peer) == 1012
            if not upstream_is_first:
                await client_ended.wait()
            await peer.send(frame(struct.pack(">H", 1012), 8, masked=False))
            assert await peer.rest() == b""
            upstream_ended.set()

        async with raw_upstream(server) as url, gateway(url, route='tunnel_lifetime = "300ms"') as running:
            async with raw_client(running) as peer:
                await peer.send(handshake())
                await peer.head()
                assert await read_close(peer) == 1012
                if upstream_is_first:
                    await upstream_ended.wait()
                    assert not peer.reader.at_eof()
                await peer.send(frame(struct.pack(">H", 1012), 8))
                assert await peer.rest() == b""
                client_ended.set()
                await running.tunnel_line(closed_by="gateway", close_code=1012, reason="tunnel_lifetime")
