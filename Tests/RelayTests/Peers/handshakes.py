"""The opening handshake: RFC 6455 §4, byte for byte where it matters."""

import asyncio

from kit import (ACCEPT, KEY, SWITCH, Raw, client_tls, frame, gateway, handshake, raw_client, raw_upstream, read_answer,
                 read_frame, upstream)


async def a_handshake_goes_upstream_reserialised_with_forwarding_fields():
    heads = asyncio.Queue()

    async def record(peer: Raw):
        await heads.put(await peer.head())
        # With a date of its own the gateway adds none (RFC 9110 §6.6.1).
        await peer.send(SWITCH.replace(b"Upgrade: websocket", b"Date: " + date + b"\r\nUpgrade: websocket", 1))
        await peer.rest()

    date = b"Sun, 06 Nov 1994 08:49:37 GMT"
    bare = "[security.security_headers]"
    async with raw_upstream(record) as url, gateway(url, top=bare) as running, raw_client(running) as peer:
        await peer.send(handshake("/chat?room=1", Origin="https://a.example", Sec_WebSocket_Protocol="a, b",
                                  Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
                                  Keep_Alive="9", Connection="keep-alive, Upgrade, X-Hop", X_Hop="1",
                                  X_Forwarded_For="6.6.6.6"))
        answer = await peer.head()
        assert answer == (f"HTTP/1.1 101 Switching Protocols\r\nDate: {date.decode()}\r\n"
                          f"Sec-WebSocket-Accept: {ACCEPT}\r\n"
                          "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n").encode(), answer
        head = (await heads.get()).decode()
        lines = head.split("\r\n")
        assert lines[0] == "GET /chat?room=1 HTTP/1.1"
        assert lines[1] == "Host: localhost"
        for line in (f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: a, b",
                     "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Origin: https://a.example",
                     "Connection: Upgrade", "Upgrade: websocket", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https"):
            assert lines.count(line) == 1, (line, head)
        for name in ("Keep-Alive", "X-Hop", "6.6.6.6"):
            assert name not in head, head


async def early_bytes_wait_for_the_101_and_then_arrive():
    got_head, may_answer = asyncio.Event(), asyncio.Event()
    early = asyncio.Queue()
    sent = frame(b"early") + frame(b"x" * 9000)

    async def hesitate(peer: Raw):
        await peer.head()
        got_head.set()
        await may_answer.wait()
        # Nothing of the tunnel came with the head: what has arrived by now would be buffered here.
        await early.put(peer.reader._buffer[:])
        await peer.send(SWITCH)
        await early.put(await peer.exactly(len(sent)))
        await peer.send(frame(b"late", masked=False))
        await peer.rest()

    async with raw_upstream(hesitate) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake() + sent)
        await got_head.wait()
        may_answer.set()
        assert await early.get() == b""
        assert await early.get() == sent
        assert b" 101 " in await peer.head()
        assert await read_frame(peer) == (1, b"late")


async def frames_in_the_same_segment_as_the_101_arrive():
    async def eager(peer: Raw):
        await peer.head()
        await peer.send(SWITCH + frame(b"hello", masked=False))
        await peer.rest()

    async with raw_upstream(eager) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake())
        assert b" 101 " in await peer.head()
        assert await read_frame(peer) == (1, b"hello")


async def wrong_versions_and_keys_are_answered_with_the_reason():
    async with upstream() as url, gateway(url) as running:
        for status, reason, fields in (
            (426, "Sec-WebSocket-Version is not 13", {"Sec_WebSocket_Version": "8"}),
            (426, "Sec-WebSocket-Version is missing", {"Sec_WebSocket_Version": None}),
            (400, "Sec-WebSocket-Version occurs more than once", {"Sec_WebSocket_Version": "13\r\nSec-WebSocket-Version: 13"}),
            (400, "Sec-WebSocket-Key is missing", {"Sec_WebSocket_Key": None}),
            (400, "Sec-WebSocket-Key is not 16 bytes", {"Sec_WebSocket_Key": "dG9vIHNob3J0"}),
            (400, "Sec-WebSocket-Key is not 16 bytes", {"Sec_WebSocket_Key": f"{KEY}\r\nSec-WebSocket-Key: {KEY}"}),
        ):
            async with raw_client(running) as peer:
                await peer.send(handshake(**fields))
                got, answer, body = await read_answer(peer)
                assert got == status, (got, answer, body)
                assert reason in body.decode(), body
                assert "websocket_handshake" in answer["proxy-status"]
                if status == 426:
                    assert answer["sec-websocket-version"] == "13", answer
                    assert answer["upgrade"] == "websocket", answer
                    assert "upgrade" in answer["connection"].lower(), answer
                # The connection lives on.
                await peer.send(handshake())
                assert b" 101 " in await peer.head()


async def an_upgrade_is_not_forwarded_on_other_routes():
    heads = asyncio.Queue()

    async def plain(peer: Raw):
        await heads.put((await peer.head()).decode())
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await peer.rest()

    async with raw_upstream(plain) as url, gateway(url, route="websocket = false") as running, raw_client(running) as peer:
        await peer.send(handshake())
        status, _, body = await read_answer(peer)
        assert (status, body) == (200, b"hi")
        head = await heads.get()
        assert "upgrade" not in head.lower(), head


async def an_unasked_101_becomes_502():
    async def switching(peer: Raw):
        await peer.head()
        await peer.send(SWITCH)
        await peer.rest()

    async with raw_upstream(switching) as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, answer, _ = await read_answer(peer)
        assert status == 502 and "switch_not_asked_for" in answer["proxy-status"], answer


async def a_101_that_proves_nothing_becomes_502():
    for answer in (
        SWITCH.replace(ACCEPT.encode(), b"AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        SWITCH.replace(f"Sec-WebSocket-Accept: {ACCEPT}\r\n".encode(), b""),
        SWITCH.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        SWITCH.replace(b"Connection: Upgrade\r\n", b""),
    ):
        secret = frame(b"secret", masked=False)

        async def switching(peer: Raw, answer=answer, secret=secret):
            await peer.head()
            await peer.send(answer + secret)
            await peer.rest()

        async with raw_upstream(switching) as url, gateway(url) as running, raw_client(running) as peer:
            await peer.send(handshake())
            status, fields, body = await read_answer(peer)
            assert status == 502, fields
            assert b"secret" not in body


async def a_refused_upgrade_is_an_ordinary_answer_and_the_connection_lives_on():
    requests = asyncio.Queue()

    async def refuse(peer: Raw):
        while True:
            await requests.put((await peer.head()).split(b"\r\n")[0])
            await peer.send(b"HTTP/1.1 403 Forbidden\r\nX-Why: members only\r\nContent-Length: 12\r\n\r\nmembers only")

    async with raw_upstream(refuse) as url, gateway(url) as running, raw_client(running) as peer:
        for path in ("/a", "/b"):
            await peer.send(handshake(path))
            status, fields, body = await read_answer(peer)
            assert (status, fields["x-why"], body) == (403, "members only", b"members only")
        assert [await requests.get(), await requests.get()] == [b"GET /a HTTP/1.1", b"GET /b HTTP/1.1"]
        line = await running.line(lambda line: line["target"] == "/b")
        assert line["status"] == 403


async def a_real_client_sees_the_refusal_with_its_body():
    from websockets.http11 import Response
    from websockets.datastructures import Headers

    def refuse(connection, request):
        return Response(403, "Forbidden", Headers([("Content-Length", "12")]), b"members only")

    async with upstream(process_request=refuse) as url, gateway(url) as running:
        import aiohttp
        from websockets.exceptions import InvalidStatus
        from kit import client
        try:
            async with client(running):
                raise AssertionError("the upgrade was not refused")
        except InvalidStatus as refused:
            assert refused.response.status_code == 403 and refused.response.body == b"members only"
        async with aiohttp.ClientSession() as session:
            try:
                await session.ws_connect(running.wss, ssl=client_tls())
                raise AssertionError("the upgrade was not refused")
            except aiohttp.WSServerHandshakeError as refused:
                assert refused.status == 403


async def origins_are_checked_by_route_by_site_and_for_all():
    good, other = "https://good.example", "https://other.example"
    places = {
        "route": {"route": f'allowed_origins = ["{good}"]'},
        "site": {"site": f'allowed_origins = ["{good}"]'},
        "security": {"top": f'[security]\nallowed_origins = ["{good}"]'},
        "nearest": {"route": f'allowed_origins = ["{good}"]', "site": f'allowed_origins = ["{other}"]'},
    }
    async with upstream() as url:
        for place, settings in places.items():
            async with gateway(url, **settings) as running:
                for origin, status in ((good, 101), (good.upper(), 101), (other, 403), (None, 403), ("null", 403),
                                       (f"{good}\r\nOrigin: {other}", 403)):
                    async with raw_client(running) as peer:
                        await peer.send(handshake(Origin=origin))
                        if status == 101:
                            assert b" 101 " in await peer.head(), (place, origin)
                        else:
                            got, fields, _ = await read_answer(peer)
                            assert got == 403 and "origin_refused" in fields["proxy-status"], (place, origin, got)
                line = await running.line(lambda line: line.get("reason") == "origin_refused")
                assert line["key"].endswith("allowed_origins")


async def every_origin_may_come_where_none_is_named():
    async with upstream() as url, gateway(url) as running, raw_client(running) as peer:
        await peer.send(handshake(Origin="https://anyone.example"))
        assert b" 101 " in await peer.head()
