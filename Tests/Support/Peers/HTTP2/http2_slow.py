"""Clients that hold what they have opened, slowly enough to pass every limit of frames; each prints how that ended.

usage: http2_slow.py PORT CASE [SECONDS]

SECONDS is for how long an answer may stand still, for the cases that keep to that.
"""

import collections
import socket
import struct
import sys
import threading
import time

from http2_client import Client

STREAMS = 20
#: Seconds between two bytes, of what is sent or may be sent: far below what the limits of the tests give.
PACE = 0.05


def show(client: Client, numbers):
    """How many streams ended how."""
    ends = collections.Counter(f"{client.answers[number].status} {client.answers[number].end}" for number in numbers)
    for end, count in ends.items():
        print(count, end)


def wait(client: Client, numbers, pulse=None):
    """Until all streams have ended; `pulse` is called at the pace of the attack."""
    while not all(client.answers[number].end for number in numbers):
        if pulse:
            listen(client)
            pulse()
            client.flush()
        else:
            client.read()


def listen(client: Client):
    """Reads what comes in the time between two bytes."""
    end = time.monotonic() + PACE
    try:
        while (left := end - time.monotonic()) > 0:
            client.socket.settimeout(left)
            client.read()
    except TimeoutError:
        pass
    except EOFError:
        if not client.goaways:
            raise
    finally:
        client.socket.settimeout(90)


def no_window():
    """Answers that may not be sent."""
    client = Client(port, window=0)
    client.until(lambda: client.greeted)
    numbers = [client.request("/large") for _ in range(STREAMS)]
    wait(client, numbers)
    show(client, numbers)


def tiny_windows():
    """Each answer may be sent by one byte at a time."""
    client = Client(port, window=0)
    client.uncredited = set(range(1, 2 * STREAMS, 2))
    client.until(lambda: client.greeted)
    numbers = [client.request("/large") for _ in range(STREAMS)]

    def credit():
        for number in numbers:
            if not client.answers[number].end:
                client.h2.increment_flow_control_window(1, number)

    wait(client, numbers, credit)
    show(client, numbers)


def tiny_connection_window():
    """So may all together."""
    client = Client(port, window=1_000_000)
    client.uncredited = set(range(1, 2 * STREAMS, 2))
    client.until(lambda: client.greeted)
    numbers = [client.request("/large") for _ in range(STREAMS)]
    wait(client, numbers, lambda: client.h2.increment_flow_control_window(1))
    show(client, numbers)


def unread():
    """The windows are open, but nothing is read."""
    client = Client(port, window=1 << 30)
    client.h2.increment_flow_control_window(1 << 30)
    client.until(lambda: client.greeted)
    for _ in range(STREAMS):
        client.request("/huge")
    print("asked", flush=True)
    sys.stdin.read()


def unread_interims():
    """As above, and it is heads that come."""
    client = Client(port)
    client.until(lambda: client.greeted)
    for _ in range(120):
        client.request("/interims")
    print("asked", flush=True)
    sys.stdin.read()


def interims():
    """Heads that come before the answers, to a client that reads them, but takes no DATA."""
    client = Client(port, window=0)
    client.until(lambda: client.greeted)
    numbers = [client.request("/interims") for _ in range(STREAMS)]
    wait(client, numbers)
    show(client, numbers)


def in_order():
    """Large answers that are to come one after another, to a client that reads all the time, and takes longer for all but the
    last than one may stand still."""
    pace = threading.Event()
    client = Client(port, window=1 << 30)
    # What it has read makes room soon, and not by megabytes only: however slow it is, something moves.
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 400_000)
    client.h2.increment_flow_control_window(1 << 30)
    client.until(lambda: client.greeted)
    numbers = [client.request("/long", fields=[("priority", "u=3")]) for _ in range(3)]
    begun, whole = time.monotonic(), 8_000_000
    while not all(client.answers[number].end for number in numbers):
        client.read()
        # Its pace: it waits for nothing, and not at all where it is slow already.
        share = sum(len(client.answers[number].body) for number in numbers) / (2 * whole)
        if share < 1:
            pace.wait(max(0, begun + share * 1.25 * float(sys.argv[3]) - time.monotonic()))
    show(client, numbers)


def in_turn():
    """A small answer that is asked for behind a large one."""
    client = Client(port, window=1 << 30)
    client.h2.increment_flow_control_window(1 << 30)
    client.until(lambda: client.greeted)
    large = client.request("/huge")
    client.until(lambda: len(client.answers[large].body) > 1 << 20)
    print(client.answer(client.request("/large")).end, client.answers[large].end or "open")


def unfinished():
    """Requests whose bodies never come."""
    client = Client(port)
    client.until(lambda: client.greeted)
    numbers = [client.request("/upload", "POST", ends=False) for _ in range(STREAMS)]
    wait(client, numbers)
    show(client, numbers)


def slow_bodies():
    """A byte now and then."""
    client = Client(port)
    client.until(lambda: client.greeted)
    numbers = [client.request("/upload", "POST", ends=False) for _ in range(STREAMS)]

    def send():
        for number in numbers:
            if not client.answers[number].end:
                client.h2.send_data(number, b"x")

    wait(client, numbers, send)
    # Behind an answer to half a request comes RST_STREAM(NO_ERROR) (RFC 9113 §8.1), which may be here already or not.
    for number in numbers:
        client.answers[number].end = client.answers[number].end.removesuffix(" reset 0")
    show(client, numbers)


def unfinished_section():
    """A field section without its end."""
    client = Client(port)
    client.until(lambda: client.greeted)
    client.socket.sendall(struct.pack(">I", 3)[1:] + bytes([1, 0]) + struct.pack(">I", 1) + bytes([0x82, 0x87, 0x84]))
    ended(client)


def unfinished_frame():
    """A frame whose payload comes byte by byte."""
    client = Client(port)
    client.until(lambda: client.greeted)
    client.socket.sendall(struct.pack(">I", 16_384)[1:] + bytes([1, 4]) + struct.pack(">I", 1))
    while not client.goaways:
        client.socket.sendall(b"\x82")
        listen(client)
    print("goaway", client.goaways[0][1])


def ended(client: Client):
    client.until(lambda: client.goaways)
    print("goaway", client.goaways[0][1])


port = int(sys.argv[1])
globals()[sys.argv[2]]()
