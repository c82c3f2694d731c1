"""Cases about whom a request is given to: nobody is left, probes, limits, stickiness."""

import asyncio
import os
import signal

from .load import Load
from .steps import ask, must, serve, until


async def all_down(context):
    await serve(context, "[sites.proxy.passive_health]\ncircuit_open = 60\ncircuit_max_open = 60\n")
    await Load(context.port, 40, 4).run()
    reader, writer = await asyncio.open_connection("127.0.0.1", context.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    must(answer.startswith("HTTP/1.1 502"), answer)
    must("group_unavailable" in answer, answer)
    seconds = [line.split(":")[1] for line in answer.split("\r\n") if line.lower().startswith("retry-after:")]
    must(seconds and 1 <= int(seconds[0]) <= 60, answer)
    return f"502 at once, Retry-After:{seconds[0]}"


async def probes(context):
    for each in context.servers:
        await each.start()
    await serve(
        context,
        '[sites.proxy.health_check]\nenabled = true\npath = "/"\ninterval = 0.3\ntimeout = 1\nretries = 2\nrise = 1\n')
    context.servers[2].end()
    must(await until(lambda: "upstream unhealthy" in context.gate.log.read_text()), "the probes noticed nothing")
    run = Load(context.port, 300, 4)
    await run.run()
    must(run.counts == {200: 300}, f"{run.counts}")
    await context.servers[2].start()
    must(await until(lambda: "upstream healthy again" in context.gate.log.read_text()), "the probes did not find it again")
    run = Load(context.port, 300, 4)
    await run.run()
    must(b"upstream 2\n" in run.bodies, f"{run.bodies}")
    return "unhealthy and healthy again, without a request failing"


async def limits(context):
    for each in context.servers:
        await each.start()
    stopped = [each.process.pid for each in context.servers]
    await serve(
        context, "[sites.proxy.load_balancing]\nqueue = 2\nqueue_timeout = 0.5\n[sites.proxy.passive_health]\nmax_fails = 0\n",
        "max_conns = 1\n")
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    run = Load(context.port, 8, 8)
    task = asyncio.create_task(run.run())
    # Three are under way, two wait until their time is up, three find no place.
    must(await until(lambda: run.counts.get(503, 0) == 5), f"{run.counts}")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    await task
    must(run.counts == {503: 5, 200: 3}, f"{run.counts}")
    log = context.gate.access.read_text
    must(await until(lambda: log().count("upstream_queue_full") == 3 and log().count("upstream_queue_timeout") == 2), log())
    return "three under way, two waited in vain, three refused"


async def sticky(context):
    for each in context.servers:
        await each.start()
    await serve(
        context, "[sites.proxy.load_balancing]\nsticky_sessions = true\n"
        '[[sites.proxy.routes]]\npath = "/hash"\nupstream = "pool"\nmethod = "hash"\nhash_on = "header:X-User"\n')
    first, cookies = await ask(context)
    must(len(cookies) == 1 and "HttpOnly" in cookies[0] and "SameSite" in cookies[0], f"{cookies}")
    cookie = f"Cookie: {cookies[0].split(';')[0]}\r\n"
    for _ in range(12):
        body, more = await ask(context, fields=cookie)
        must(body == first and not more, f"{body} after {first}, {more}")
    forged = cookie.replace("=", "=0", 1)
    must(len({(await ask(context, fields=forged))[0] for _ in range(12)}) == 3, "a forged cookie was believed")
    for user in range(8):
        answers = {(await ask(context, "/hash", f"X-User: {user}\r\n"))[0] for _ in range(4)}
        must(len(answers) == 1, f"user {user} was at {answers}")
    context.servers[int(first.split()[1])].end()
    body, more = await ask(context, fields=cookie)
    must(body != first and len(more) == 1, f"{body} after {first} has gone, {more}")
    return "stuck by cookie and by hash; elsewhere when the server is gone"


CHOOSING = {"all-down": all_down, "probes": probes, "limits": limits, "sticky": sticky}
