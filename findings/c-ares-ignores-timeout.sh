#!/usr/bin/env bash
# Guess: c-ares reads the options of resolv.conf as the C library does, so "options timeout:1 attempts:1"
# bounds a look-up.
# What happens: c-ares 1.18 knows neither and stays at 5 s and 4 attempts, without a word. Its own names
# for them are retrans and retry,
#   and retrans counts *milliseconds*: "retrans:1", written as a second, gives a server one thousandth of
# it. ndots is read by both.
# Why it matters to a gateway: operators bound DNS in resolv.conf, and a program on c-ares does not
# follow. It has to set both numbers
#   itself, have keys for them, and say in its documentation that they, and not resolv.conf, decide.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download libc-ares2=1.18.1-3
dpkg-deb -x ./libc-ares2_*.deb root
cat >probe.py <<'END'
import ctypes, glob, os, sys

class Options(ctypes.Structure):  # The beginning of struct ares_options; the rest is room.
    _fields_ = [(name, ctypes.c_int) for name in ("flags", "timeout", "tries", "ndots")] + [("rest", ctypes.c_char * 1024)]

ares = ctypes.CDLL(os.path.realpath(glob.glob("root/usr/lib/*/libcares.so.2")[0]))
ares.ares_version.restype = ctypes.c_char_p
print("c-ares", ares.ares_version(None).decode())

def read(options):
    os.environ["RES_OPTIONS"] = options  # Read by the code that reads "options" of resolv.conf, after it.
    channel, found, mask = ctypes.c_void_p(), Options(), ctypes.c_int()
    assert ares.ares_init(ctypes.byref(channel)) == 0
    assert ares.ares_save_options(channel, ctypes.byref(found), ctypes.byref(mask)) == 0
    print(f"options {options or '(none)'}: {found.timeout} ms, {found.tries} attempts, ndots {found.ndots}")
    return found.timeout, found.tries, found.ndots

before = read("")
seen = [read(options) for options in ("timeout:1 attempts:1", "retrans:1 retry:2", "ndots:5")]
sys.exit(seen != [before, (1, 2, before[2]), (before[0], before[1], 5)])
END
python3 probe.py
