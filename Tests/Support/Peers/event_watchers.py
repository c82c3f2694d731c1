"""Watchers of the event stream: event_watchers.py PORT KEY COUNT [stalled].

Opens so many streams, one after the other, prints how many of each status there are, and keeps them. A line on standard input
closes one of them and is answered by a line; its end closes all. Stalled ones have small buffers and read nothing after the head:
the first end of one is told by a line.
"""

import collections
import select
import socket
import sys

PORT, KEY, COUNT = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
STALLED = sys.argv[4:] == ["stalled"]


def watcher():
    link = socket.socket()
    if STALLED:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    link.settimeout(90)
    link.connect(("127.0.0.1", PORT))
    link.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {KEY}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += link.recv(1)
    return int(head.split()[1]), link


links, statuses = [], collections.Counter()
for _ in range(COUNT):
    status, link = watcher()
    statuses[status] += 1
    if status == 200:
        links.append(link)
print(*[f"{status} {count}" for status, count in sorted(statuses.items())], flush=True)
if STALLED:
    # A reset is an error of the socket; data alone is none.
    poll = select.poll()
    poll.register(links[0], select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    poll.poll(90_000)
    print("cut", links[0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), flush=True)
for _ in sys.stdin:
    links.pop().close()
    print("closed", flush=True)
