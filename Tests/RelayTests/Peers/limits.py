"""The limits of a tunnel: each strikes, says so to both sides, and is named in the log."""

import asyncio
import signal

from websockets.exceptions import ConnectionClosed

from kit import (Raw, SWITCH, client, frame, gateway, handshake, raw_client, raw_upstream, read_answer, read_close,
                 read_frame, switch, upstream)


class _Recorder:
    """A `websockets` echo that keeps the close codes it gets."""

    def __init__(self):
        self.codes = asyncio.Queue()

    async def __call__(self, connection):
        try:
            async for message in connection:
                await connection.send(message)
        except ConnectionClosed:
            pass
        await self.codes.put(connection.close_code)


async def _closed(connection) -> int:
    try:
        while True:
            await connection.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def _expect(code, reason, key, **settings):
    """An idle tunnel is closed with this code on both sides, and the log says why."""
    recorder = _Recorder()
    async with upstream(recorder, ping_interval=None) as url, gateway(url, **settings) as running:
        async with client(running, ping_interval=None) as connection:
            assert await _closed(connection) == code
        assert await recorder.codes.get() == code
        await running.tunnel_line(closed_by="gateway", close_code=code, reason=reason, key=key)


async def an_idle_tunnel_is_closed_with_1001():
    await _expect(1001, "tunnel_idle", "sites.proxy.routes.tunnel_idle", route='tunnel_idle = "300ms"')
    await _expect(1001, "tunnel_idle", "limits.tunnel_idle", top='[limits]\ntunnel_idle = "300ms"')


async def a_tunnels_lifetime_ends_it_with_1012():
    await _expect(1012, "tunnel_lifetime", "limits.tunnel_lifetime", top='[limits]\ntunnel_lifetime = "300ms"')
    await _expect(1012, "tunnel_lifetime", "sites.proxy.routes.tunnel_lifetime", route='tunnel_lifetime = "300ms"')


async def request_timeouts_do_not_touch_a_tunnel():
    """The route's read timeout and the keep-alive timeout are far shorter than the pause in the conversation."""
    pings = 0

    async def server(connection):
        await connection.send(await connection.recv())

    top = '[limits]\nbody_timeout = "100ms"\nsend_timeout = "100ms"\nkeep_alive_timeout = "100ms"\ntunnel_ping = "200ms"'
    async with upstream(server, ping_interval=None) as url:
        async with gateway(url, top=top) as running, raw_client(running) as peer:
            await peer.send(handshake())
            await peer.head()
            # Three of the gateway's own pings are more than five of the other timeouts.
            while pings < 3:
                opcode, payload = await read_frame(peer)
                assert opcode in (9, 10) and payload == b""
                if opcode == 9:
                    await peer.send(frame(payload, 10))
                    pings += 1
            await peer.send(frame(b"still here"))
            opcode, payload = await read_frame(peer)
            while opcode in (9, 10):
                opcode, payload = await read_frame(peer)
            assert (opcode, payload) == (1, b"still here")


async def an_idle_tunnel_is_pinged_on_both_sides_and_kept():
    upstream_pings = asyncio.Queue()

    async def server(peer: Raw):
        await peer.send(switch(await peer.head()))
        while True:
            opcode, payload = await read_frame(peer)
            if opcode == 9:
                await peer.send(frame(payload, 10, masked=False))
                await upstream_pings.put(opcode)
            if opcode == 8:
                await peer.send(frame(payload, 8, masked=False))
                return

    async with raw_upstream(server) as url, gateway(url, route='tunnel_ping = "200ms"') as running:
        async with client(running, ping_interval=None) as connection:
            for _ in range(5):
                await upstream_pings.get()
            await connection.close()
        line = await running.tunnel_line(closed_by="client", close_code=1000)
        assert line["frames_in"] >= 5, "the client's pongs are counted"
        assert "violations" not in line


async def a_peer_that_answers_no_ping_is_given_up():
    async with upstream(ping_interval=None) as url, gateway(url, route='tunnel_ping = "200ms"') as running:
        async with raw_client(running) as peer:
            await peer.send(handshake())
            await peer.head()
            opcodes = []
            while not opcodes or opcodes[-1] != 8:
                opcode, payload = await read_frame(peer)
                opcodes.append(opcode)
            assert payload[:2] == b"\x03\xe9"
            # Between them come the upstream's pongs.
            assert opcodes.count(9) == 3 and set(opcodes) == {8, 9, 10}, opcodes
            await running.tunnel_line(reason="ping_unanswered", key="sites.proxy.routes.tunnel_ping", closed_by="gateway")


async def a_slow_consumer_is_closed_with_1013():
    recorder = asyncio.Queue()

    async def flood(connection):
        try:
            while True:
                await connection.send(bytes(1 << 20))
        except (ConnectionClosed, AttributeError):
            # The library may abort a transport that is gone already, which is the second error.
            await recorder.put(connection.close_code or 1006)

    async with upstream(flood, compression=None, ping_interval=None) as url:
        async with gateway(url, top='[limits]\ntunnel_stall = "500ms"\nlingering_timeout = 1') as running:
            async with client(running, compression=None, max_queue=1, ping_interval=None) as connection:
                line = await running.tunnel_line(closed_by="gateway", close_code=1013, reason="slow_consumer")
                assert line["key"] == "limits.tunnel_stall"
                assert await recorder.get() in (1013, 1006)
                connection.transport.abort()


async def a_route_holds_so_many_tunnels():
    async with upstream() as url, gateway(url, route="max_tunnels = 2") as running:
        async with client(running), client(running):
            async with raw_client(running) as peer:
                await peer.send(handshake())
                status, fields, body = await read_answer(peer)
                assert status == 503 and "too_many_tunnels" in fields["proxy-status"] and "retry-after" in fields
                assert b"as many WebSockets open as it may" in body
        line = await running.line(lambda line: line.get("reason") == "too_many_tunnels")
        assert line["key"] == "sites.proxy.routes.max_tunnels"
        # The places are free again once the tunnels have ended.
        await running.line(lambda line: sum("closed_by" in other for other in running.lines) == 2)
        async with client(running) as connection:
            await connection.send("in")
            assert await connection.recv() == "in"


async def a_sites_limits_hold_for_its_routes():
    """What the route does not say, the site says; the log names whose limit it was."""
    await _expect(1001, "tunnel_idle", "sites.tunnel_idle", site='tunnel_idle = "300ms"',
                  top='[limits]\ntunnel_idle = "1h"')
    await _expect(1012, "tunnel_lifetime", "sites.tunnel_lifetime", site='tunnel_lifetime = "300ms"')
    await _expect(1001, "tunnel_idle", "sites.proxy.routes.tunnel_idle", site='tunnel_idle = "1h"',
                  route='tunnel_idle = "300ms"')
    site = 'max_message_size = 10\nmax_tunnels = 1'
    async with upstream() as url, gateway(url, site=site) as running:
        async with client(running, compression=None) as connection:
            async with raw_client(running) as peer:
                await peer.send(handshake())
                status, fields, body = await read_answer(peer)
                assert status == 503 and "too_many_tunnels" in fields["proxy-status"]
                assert b"This site has as many" in body
            await connection.send("0123456789")
            assert await connection.recv() == "0123456789"
            await connection.send("0123456789+")
            assert await _closed(connection) == 1009
        await running.tunnel_line(reason="message_too_big", key="sites.max_message_size")
        line = await running.line(lambda line: line.get("reason") == "too_many_tunnels")
        assert line["key"] == "sites.max_tunnels"


async def a_reload_changes_the_limits_of_new_tunnels():
    """A tunnel keeps the limits that it was opened with."""
    async with upstream() as url, gateway(url, site="max_message_size = 10") as running:
        async with client(running, compression=None) as old:
            await old.send("0123456789")
            assert await old.recv() == "0123456789"
            text = running.file.read_text()
            running.file.write_text(text.replace("max_message_size = 10", "max_message_size = 20"))
            running.process.send_signal(signal.SIGHUP)
            await running.heard(": reloaded")
            async with client(running, compression=None) as new:
                await new.send("0123456789" * 2)
                assert await new.recv() == "0123456789" * 2
                await new.send("0123456789" * 2 + "+")
                assert await _closed(new) == 1009
            await old.send("0123456789+")
            assert await _closed(old) == 1009


async def a_client_holds_so_many_tunnels():
    async with upstream() as url, gateway(url, top="[limits]\nmax_tunnels_per_client = 2") as running:
        async with client(running), client(running):
            async with raw_client(running) as peer:
                await peer.send(handshake())
                status, fields, _ = await read_answer(peer)
                assert status == 503 and "too_many_tunnels_of_client" in fields["proxy-status"]
        await running.line(lambda line: sum("closed_by" in other for other in running.lines) == 2)
        async with client(running) as connection:
            await connection.send("in")
            assert await connection.recv() == "in"


async def a_refused_handshake_takes_no_place():
    async def refuse(peer: Raw):
        while True:
            await peer.head()
            await peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    async with raw_upstream(refuse) as url, gateway(url, route="max_tunnels = 1") as running, raw_client(running) as peer:
        for _ in range(3):
            await peer.send(handshake())
            assert (await read_answer(peer))[0] == 403


async def a_message_too_big_is_closed_with_1009_before_it_passes():
    got = asyncio.Queue()

    async def server(connection):
        try:
            async for message in connection:
                await got.put(message)
        except ConnectionClosed:
            pass
        await got.put(connection.close_code)

    for fragments in ([b"x" * 1025], [b"x" * 600, b"x" * 600]):
        async with upstream(server, compression=None) as url, gateway(url, route='max_message_size = "1KB"') as running:
            async with client(running, compression=None) as connection:
                await connection.send(b"y" * 1024)
                await connection.send(iter(fragments) if len(fragments) > 1 else fragments[0])
                assert await _closed(connection) == 1009
            assert await got.get() == b"y" * 1024
            assert await got.get() == 1009
            await running.tunnel_line(
                closed_by="gateway", close_code=1009, reason="message_too_big", key="sites.proxy.routes.max_message_size")


async def a_violation_is_counted_and_relayed():
    bad = frame(b"no mask", masked=False)
    got = asyncio.Queue()

    async def server(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        await got.put(await peer.exactly(len(bad)))
        await peer.send(frame(b"\x03\xe8", 8, masked=False))
        await read_close(peer)

    async with raw_upstream(server) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake())
        await peer.head()
        await peer.send(bad)
        assert await got.get() == bad
        assert await read_close(peer) == 1000
        await peer.send(frame(b"\x03\xe8", 8))
        await running.tunnel_line(violations=1, closed_by="upstream")


async def a_violation_ends_a_strict_tunnel_before_it_passes():
    for bad in (frame(b"no mask", masked=False), frame(b"rsv", rsv=0x20), frame(b"opcode 3", 3), frame(b"x" * 126, 9)):
        for cut in (len(bad), 1):
            got = asyncio.Queue()

            async def server(peer: Raw, got=got):
                await peer.head()
                await peer.send(SWITCH)
                await got.put(await read_frame(peer))
                await got.put(await read_close(peer))
                await peer.send(frame(b"\x03\xea", 8, masked=False))

            async with raw_upstream(server) as url, gateway(url, route="websocket_strict = true") as running:
                async with raw_client(running) as peer:
                    await peer.send(handshake())
                    await peer.head()
                    await peer.send(frame(b"good") + bad[:cut])
                    assert await got.get() == (1, b"good")
                    await peer.send(bad[cut:])
                    assert await read_close(peer) == 1002
                    assert await got.get() == 1002
                    await peer.send(frame(b"\x03\xea", 8))
                    await running.tunnel_line(
                        closed_by="gateway", close_code=1002, reason="websocket_violation",
                        key="sites.proxy.routes.websocket_strict", violations=1)
