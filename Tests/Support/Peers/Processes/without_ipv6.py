"""Becomes a program to which the system says that it has no IPv6, as one started with ipv6.disable=1 does.
without_ipv6.py PROGRAM [ARGUMENT]..."""
import ctypes
import errno
import os
import socket
import sys

SCMP_ACT_ALLOW, SCMP_CMP_EQ = 0x7FFF0000, 4


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp_rule_add(3)."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def act_errno(code):
    """SCMP_ACT_ERRNO: the call fails with that error."""
    return 0x00050000 | code


seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
context = seccomp.seccomp_init(SCMP_ACT_ALLOW)
family = Comparison(0, SCMP_CMP_EQ, socket.AF_INET6, 0)
number = seccomp.seccomp_syscall_resolve_name(b"socket")
if seccomp.seccomp_rule_add_array(context, act_errno(errno.EAFNOSUPPORT), number, 1, ctypes.byref(family)) != 0:
    sys.exit("no rule for socket")
if seccomp.seccomp_load(context) != 0:
    sys.exit("the filter cannot be loaded")
os.execv(sys.argv[1], sys.argv[1:])
