"""Plays a service manager that keeps a service's sockets (FDSTORE=1 of sd_notify(3), FileDescriptorStoreMax=): starts a program
again and again, each time with what it has kept, as systemd 252 does.

    socket_store.py MOST PROGRAM [ARGUMENT]...

Standard input says "start", "stop" (SIGTERM, and waits) or "kill" (SIGKILL, and waits). Each line of output begins with
"#": the program's messages and what became of them."""
import array
import os
import select
import signal
import socket
import sys
import tempfile

most, command = sys.argv[1], sys.argv[2:]
place = tempfile.mkdtemp()
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(f"{place}/notify")
kept = []  # (name, descriptor)


def say(*words):
    print("#", *words, flush=True)


def same(one, other):
    return os.fstat(one).st_ino == os.fstat(other).st_ino


def hear():
    ancillary = socket.CMSG_SPACE(253 * array.array("i").itemsize)
    message, controls, _, _ = manager.recvmsg(4096, ancillary, socket.MSG_CMSG_CLOEXEC)
    facts = dict(line.split("=", 1) for line in message.decode().splitlines())
    passed = array.array("i")
    for level, kind, data in controls:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            passed.frombytes(data[: len(data) - len(data) % passed.itemsize])
    name = facts.get("FDNAME")
    if "FDSTORE" in facts:
        for descriptor in passed:
            if any(same(descriptor, known) for _, known in kept):
                say("known", name)
                os.close(descriptor)
            else:
                kept.append((name, descriptor))
                say("stored", name)
    elif "FDSTOREREMOVE" in facts:
        for entry in [entry for entry in kept if entry[0] == name]:
            os.close(entry[1])
            kept.remove(entry)
            say("removed", name)
    elif "READY" in facts:
        say("ready", facts.get("MAINPID", "as before"))
    elif "MAINPID" in facts:
        say("main", facts["MAINPID"])


def start():
    pid = os.fork()
    if pid:
        return pid
    moved = [os.dup2(descriptor, 100 + index) for index, (_, descriptor) in enumerate(kept)]
    for index, descriptor in enumerate(moved):
        os.dup2(descriptor, 3 + index, inheritable=True)
        os.close(descriptor)
    names = ":".join(name for name, _ in kept)
    if kept:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)), LISTEN_FDNAMES=names)
    os.environ.update(NOTIFY_SOCKET=f"{place}/notify", FDSTORE=most)
    # It ends with who started it.
    os.execvp("setpriv", ["setpriv", "--pdeathsig", "TERM", *command])


pid = None
while True:
    for ready in select.select([sys.stdin, manager], [], [])[0]:
        if ready is manager:
            hear()
            continue
        line = sys.stdin.readline().split()
        if not line:
            sys.exit()
        if line[0] == "start":
            pid = start()
            say("started", pid)
        else:
            os.kill(pid, signal.SIGTERM if line[0] == "stop" else signal.SIGKILL)
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                if select.select([manager], [], [], 0.05)[0]:
                    hear()
            while select.select([manager], [], [], 0)[0]:
                hear()
            say("ended", pid)
