#!/usr/bin/env bash
# Guess: a field that was sent once costs one byte in the next head of the connection; that is what
# HPACK's table is for.
# What happens: libnghttp2's encoder never puts set-cookie, location, etag, content-length, age, :path or
# if-none-match into its table,
#   nor authorization, nor a cookie shorter than 20 bytes (those as "never indexed"). Each time they cost
# all their bytes. A field that
#   takes more than three quarters of the table stays out as well.
# Why it matters to a gateway: a long cookie or location is never cheap on its second answer. Caching
# encoded heads, or counting what a
#   head costs by the first one of its kind, goes wrong for just the fields that answers repeat most.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download libnghttp2-14=1.52.0-1+deb12u3
dpkg-deb -x ./libnghttp2-14_*.deb root
cat >probe.py <<'END'
import ctypes, glob, os, sys

class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p),
                ("name_size", ctypes.c_size_t), ("value_size", ctypes.c_size_t), ("flags", ctypes.c_uint8)]

nghttp2 = ctypes.CDLL(os.path.realpath(glob.glob("root/usr/lib/*/libnghttp2.so.14")[0]))
nghttp2.nghttp2_hd_deflate_hd.restype = ctypes.c_ssize_t

def sizes(name, value):
    encoder, room = ctypes.c_void_p(), ctypes.create_string_buffer(65536)
    assert nghttp2.nghttp2_hd_deflate_new(ctypes.byref(encoder), 4096) == 0
    name, value = name.encode(), value.encode()
    field = Field(name, value, len(name), len(value), 0)
    both = [nghttp2.nghttp2_hd_deflate_hd(encoder, room, len(room), ctypes.byref(field), ctypes.c_size_t(1)) for _ in range(2)]
    print(f"{name.decode()} ({len(value)} bytes): first {both[0]}, second {both[1]} bytes")
    return both[1] == 1

print("libnghttp2 1.52.0, a table of 4096 bytes")
kept = [("last-modified", "Sun, 01 Nov 2026 10:00:00 GMT"), ("cache-control", "public, max-age=3600"), ("x-request", "a" * 3000),
        ("cookie", "sid=" + "0" * 20)]
left = [("set-cookie", "sid=" + "0" * 40), ("location", "https://www.example.com/"), ("etag", '"65f3417a6a800"'),
        ("content-length", "12345"), ("age", "100"), (":path", "/api/things/1"), ("if-none-match", '"65f3417a6a800"'),
        ("authorization", "Bearer abcdefgh"), ("cookie", "sid=0123"), ("x-request", "a" * 3500)]
sys.exit(not all(sizes(*field) for field in kept) or any([sizes(*field) for field in left]))
END
python3 probe.py
