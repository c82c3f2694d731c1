"""Stops one thread of a process by ptrace(2), as if it were stuck: stop_thread.py PID NAME. It says "stopped", and lets the
thread go when a line comes on standard input."""
import ctypes
import os
import pathlib
import sys

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(f"ptrace {request:#x}: {os.strerror(ctypes.get_errno())}")


tasks = pathlib.Path(f"/proc/{sys.argv[1]}/task").iterdir()
thread = next(int(task.name) for task in tasks if (task / "comm").read_text().strip() == sys.argv[2])
ptrace(PTRACE_SEIZE, thread)
ptrace(PTRACE_INTERRUPT, thread)
os.waitpid(thread, 0x40000000)  # __WALL
print("stopped", flush=True)
sys.stdin.readline()
ptrace(PTRACE_DETACH, thread)
print("let go", flush=True)
