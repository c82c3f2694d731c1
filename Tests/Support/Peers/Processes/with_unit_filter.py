"""Becomes a program that may make only those system calls which a unit of systemd lets it make (SystemCallFilter=): any other one
ends it. with_unit_filter.py UNIT PROGRAM [ARGUMENT]..."""
import ctypes
import os
import pathlib
import subprocess
import sys

SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW = 0x80000000, 0x7FFF0000


def expand(name):
    """The names of a set's system calls, those of the sets in it among them."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True)
    words = [line.strip() for line in said.stdout.splitlines()[1:]]
    return {call for word in words if word and not word.startswith("#") for call in expand(word)}


allowed = set()
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    key, _, value = line.partition("=")
    if key == "SystemCallFilter":
        calls = {call for name in value.removeprefix("~").split() for call in expand(name)}
        allowed = allowed - calls if value.startswith("~") else allowed | calls
# systemd lets every unit have these.
allowed |= expand("@default")
allowed |= {"execve"}

seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
context = seccomp.seccomp_init(SCMP_ACT_KILL_PROCESS)
for call in sorted(allowed):
    number = seccomp.seccomp_syscall_resolve_name(call.encode())
    # What this machine's architecture does not have has a number below zero.
    if number >= 0 and seccomp.seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0) != 0:
        sys.exit(f"no rule for {call}")
if seccomp.seccomp_load(context) != 0:
    sys.exit("the filter cannot be loaded")
os.execv(sys.argv[2], sys.argv[2:])
