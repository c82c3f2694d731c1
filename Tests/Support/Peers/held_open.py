"""Holds another process up when it opens a file: has other files vanish meanwhile, as whoever replaces them beside a reload does
at times, or waits for a word.

    held_open.py TRIGGER [VICTIM]...

The kernel asks before another process opens the trigger (fanotify(7), FAN_OPEN_PERM; root's alone): it lets it only when the
victims, files or directories, have been renamed to NAME.gone; without victims, when a line has come. Says "ready", and "gone" or
"held".
"""
import ctypes
import os
import struct
import sys

FAN_CLASS_CONTENT, FAN_CLOEXEC, FAN_MARK_ADD, FAN_OPEN_PERM, FAN_ALLOW = 4, 1, 1, 0x10000, 1
EVENT = struct.Struct("=IBBHQii")

trigger, *victims = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
watch = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, os.O_RDONLY | os.O_CLOEXEC)
if watch < 0 or libc.fanotify_mark(watch, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_PERM), -100, os.fsencode(trigger)):
    sys.exit(f"fanotify: {os.strerror(ctypes.get_errno())}")
print("ready", flush=True)
has_held = False
while True:
    events = os.read(watch, 4096)
    while events:
        length, _, _, _, _, opened, process = EVENT.unpack_from(events)
        events = events[length:]
        if not has_held and process != os.getpid():
            has_held = True
            for victim in victims:
                os.rename(victim, victim + ".gone")
            print("gone" if victims else "held", flush=True)
            if not victims:
                sys.stdin.readline()
        os.write(watch, struct.pack("=iI", opened, FAN_ALLOW))
        os.close(opened)
