#!/usr/bin/env python3
"""Plays the process that is to take a gateway's place, on descriptor 3, and is killed on the way: DIES_AT says at which step.

    start: at once; version: when it has the first message; socket: when it has the first socket; end: when it has everything;
    serves: when it has everything, and what says that it serves comes when it is dead already; deaf: when it has everything and
    has said so, but nothing can be said to it any more."""
import array
import os
import signal
import socket

step = os.environ["DIES_AT"]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


if step == "start":
    die()
channel = socket.socket(fileno=3)
while True:
    message, controls, _, _ = channel.recvmsg(4096, socket.CMSG_SPACE(array.array("i").itemsize), socket.MSG_CMSG_CLOEXEC)
    if step == "version" or step == "socket" and controls:
        die()
    if message == b"E":
        break
if step == "serves":
    parent = os.getpid()
    if os.fork() == 0:
        while open(f"/proc/{parent}/stat").read().rsplit(")", 1)[1].split()[0] != "Z":
            pass
        channel.send(b"R")
        os._exit(0)
if step == "deaf":
    channel.shutdown(socket.SHUT_RD)
    channel.send(b"R")
    signal.pause()
die()
