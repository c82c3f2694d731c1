"""Cases in which servers die, stall, fail or close while they are used: no client may notice more than it must."""

import asyncio
import os
import signal

from .load import Load
from .steps import load, must, serve, until


async def killed(context):
    for each in context.servers:
        await each.start()
    await serve(context, "[sites.proxy.passive_health]\neject_time = 1\ncircuit_open = 0.5\ncircuit_max_open = 1\n")
    run = load(context)
    task = asyncio.create_task(run.run())
    await run.reaches(0.2)
    context.servers[1].end(signal.SIGKILL)
    await run.reaches(0.6)
    await context.servers[1].start()
    await task
    # In HTTP/2 nginx sends a head and its body one after the other: an answer that had begun cannot be given again.
    cut = context.gate.access.read_text().count("upstream_truncated")
    must(len(run.errors) <= cut <= (2 if context.http2 else 0), f"{cut} cut, errors {run.errors[:3]}")
    must(set(run.counts) == {200}, f"statuses {run.counts}")
    must(await until(lambda: "upstream circuit opened" in context.gate.log.read_text()), "no opened circuit in the log")

    def is_back():
        # A request that succeeds closes the circuit; an ejection lasts its time all the same.
        said = context.gate.log.read_text()
        return "upstream circuit closed" in said and said.count("upstream ejected") == said.count("back after its ejection")

    async def more():
        while not is_back():
            await Load(context.port, 30, 2).run()
            await asyncio.sleep(0.1)

    await asyncio.wait_for(more(), 60)
    before = len(context.servers[1].tags("GET"))
    await Load(context.port, 300, 4).run()
    must(len(context.servers[1].tags("GET")) > before, "the restarted server got nothing")
    return f"{run.done} requests, {run.counts}, {cut} cut in their middle, ejected and back"


async def idle_close(context):
    for each in context.servers:
        await each.start(http="keepalive_timeout 1s;")
    await serve(context)
    total = {}
    for _ in range(4):
        run = load(context, 0.25)
        await run.run()
        must(not run.errors and set(run.counts) == {200}, f"statuses {run.counts}, errors {run.errors[:3]}")
        for status, count in run.counts.items():
            total[status] = total.get(status, 0) + count
        # The upstreams close what is idle meanwhile; the next wave must not notice.
        await asyncio.sleep(1.0)
    return f"{total}"


async def few_requests(context):
    """In HTTP/2 each end is a GOAWAY, with other requests under way."""
    for each in context.servers:
        await each.start(requests=100)
    await serve(context)
    run = load(context)
    await run.run()
    must(not run.errors and set(run.counts) == {200}, f"statuses {run.counts}, errors {run.errors[:3]}")
    return f"{run.counts} over connections of a hundred requests"


async def failing(context):
    await context.servers[0].start()
    await context.servers[1].start(location="return 500;")
    await context.servers[2].start()
    await serve(context, '[sites.proxy.retry]\nretry_on = ["connect", "closed", "500"]\n')
    run = load(context, 0.3)
    await run.run()
    must(not run.errors and set(run.counts) == {200}, f"statuses {run.counts}, errors {run.errors[:3]}")
    must(await until(lambda: "upstream ejected" in context.gate.log.read_text()), "no ejection in the log")
    return f"{run.counts}, the one that answers 500 ejected"


async def slow(context):
    for each in context.servers:
        await each.start()
    stopped = context.servers[1]
    await serve(
        context,
        '[sites.proxy.timeout]\nfirst_byte = 0.3\n'
        '[sites.proxy.retry]\nretry_on = ["connect", "closed", "timeout"]\n')
    await Load(context.port, 60, 6).run()
    os.kill(stopped.process.pid, signal.SIGSTOP)
    run = load(context, 0.3)
    await run.run()
    os.kill(stopped.process.pid, signal.SIGCONT)
    must(not run.errors and set(run.counts) == {200}, f"statuses {run.counts}, errors {run.errors[:3]}")
    must(await until(lambda: "upstream ejected" in context.gate.log.read_text()), "no ejection in the log")
    return f"{run.counts}, the stalled one ejected"


async def posts(context):
    for each in context.servers:
        await each.start()
    await serve(context)
    run = load(context, 0.3)
    task = asyncio.create_task(run.run("POST"))
    await run.reaches(0.3)
    context.servers[1].end(signal.SIGKILL)
    await run.reaches(0.6)
    await context.servers[1].start()
    await task
    tags = [tag for each in context.servers for tag in each.tags("POST")]
    must(len(tags) == len(set(tags)), "a POST was delivered twice")
    must(not run.errors, f"errors {run.errors[:3]}")
    failed = sum(count for status, count in run.counts.items() if status != 200)
    must(failed <= context.clients, f"{failed} POSTs failed, more than could be under way")
    if failed:
        must(await until(lambda: "method_not_idempotent" in context.gate.access.read_text()), "no reason in the log")
    return f"{len(tags)} delivered, none twice; {run.counts}"


SUFFERING = {"kill": killed, "idle-close": idle_close, "few": few_requests, "500": failing, "slow": slow, "post": posts}
