"""Plays a service manager's part in socket activation (sd_listen_fds(3)): opens the sockets that the arguments name, and keeps
them while it starts a program with them, again and again.

    socket_manager.py ADDRESS... -- PROGRAM [ARGUMENT]...

An address is HOST:PORT, ":PORT" for every address, ":PORT/6" for those of IPv6 alone, or the path of a Unix socket; "=NAME"
behind it gives it a name. Standard input says "start", "stop" (SIGTERM, and waits) or "kill" (SIGKILL, and waits); each is
answered by a line that begins with a "#"."""
import os
import signal
import socket
import sys


def open_socket(text):
    address, _, name = text.partition("=")
    if "/" in address and not address.endswith("/6"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
    else:
        only_ipv6 = address.endswith("/6")
        host, _, port = address.removesuffix("/6").rpartition(":")
        listener = socket.socket(socket.AF_INET if host else socket.AF_INET6)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not host:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only_ipv6))
        # The port is a test's own, which keeps it in this way.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, int(port)))
    listener.listen(1000)
    return listener, name


def start(sockets, command):
    pid = os.fork()
    if pid:
        return pid
    # First out of the way of each other, then to where the protocol wants them.
    moved = [os.dup2(listener.fileno(), 100 + index) for index, (listener, _) in enumerate(sockets)]
    for index, descriptor in enumerate(moved):
        os.dup2(descriptor, 3 + index, inheritable=True)
        os.close(descriptor)
    names = ":".join(name for _, name in sockets)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=names)
    # It ends with who started it.
    os.execvp("setpriv", ["setpriv", "--pdeathsig", "TERM", *command])


split = sys.argv.index("--")
sockets = [open_socket(text) for text in sys.argv[1:split]]
pid = None
for line in sys.stdin:
    if line == "start\n":
        pid = start(sockets, sys.argv[split + 1 :])
        print("# started", pid, flush=True)
    else:
        os.kill(pid, signal.SIGTERM if line == "stop\n" else signal.SIGKILL)
        print("# exit code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
