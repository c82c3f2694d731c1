"""Runs the program that the arguments name in a terminal of its own. "close" on standard input closes the terminal, as a
window is closed; "end" sends the program SIGTERM, "wait" waits for its end; then its exit code is printed."""
import os
import pty
import select
import signal
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])

watched = [sys.stdin.fileno(), terminal]
while True:
    ready = select.select(watched, [], [])[0]
    if terminal in ready and not os.read(terminal, 4096):
        sys.exit("the program has closed its terminal")
    if watched[0] not in ready:
        continue
    words = os.read(watched[0], 4096).decode()
    if words == "close\n":
        # The kernel sends SIGHUP to whose terminal this was (tty_ioctl(4)).
        os.close(terminal)
        watched.pop()
        print("closed", flush=True)
    else:
        if words == "end\n":
            os.kill(pid, signal.SIGTERM)
        print("exit code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        break
