"""A file system of one directory that answers when it is told to, by FUSE: hanging_files.py DIRECTORY NAME=SIZE ...

Files are read-only, their bytes are their offsets modulo 251, or those of a file: NAME=@FILE. "mounted" is said once it is there.
Lines of standard input: "hang", from which on each call is kept, and "go", by which all that were kept are answered. "hangs NUMBER
CALL" is said of each that is kept, counted from 1. The end of standard input, or SIGTERM, takes it away, and the directory with it;
a child sees to that, also after SIGKILL. The kernel is told to remember nothing.
"""

import ctypes
import os
import selectors
import signal
import struct
import sys

LOOKUP, FORGET, GETATTR, STATFS, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = (
    1, 2, 3, 17, 14, 15, 18, 25, 26, 27, 28, 29)
INTERRUPT, BATCH_FORGET = 36, 42
NAMES = {LOOKUP: "lookup", GETATTR: "getattr", OPEN: "open", READ: "read", FLUSH: "flush"}
ENOENT, ENOSYS = 2, 38
LIBC = ctypes.CDLL(None, use_errno=True)


class Files:
    """Files by their numbers, the directory's being 1."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.numbers = {name: number for number, name in enumerate(files, 2)}
        self.contents = {number: files[name] for name, number in self.numbers.items()}

    def attributes(self, number: int) -> bytes:
        """Of a file or the directory, struct fuse_attr."""
        mode, size = (0o40755, 4096) if number == 1 else (0o100644, len(self.contents[number]))
        return struct.pack("<6Q10I", number, size, 1, 10**9, 10**9, 10**9, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, call: int, number: int, body: bytes) -> bytes | int:
        """What comes of a call: bytes, or an error number."""
        if call == INIT:
            # FUSE_PARALLEL_DIROPS: else the kernel asks for one name at a time.
            return struct.pack("<IIIIHHIIHHI7I", 7, 31, 0, 1 << 18, 0, 0, 1 << 17, 1, 0, 0, 0, *[0] * 7)
        if call == LOOKUP:
            found = self.numbers.get(body.rstrip(b"\0").decode())
            return ENOENT if found is None else struct.pack("<QQQQII", found, 0, 0, 0, 0, 0) + self.attributes(found)
        if call == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(number)
        if call in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        if call == READ:
            offset, count = struct.unpack_from("<QI", body, 8)
            return self.contents[number][offset:offset + count]
        if call == STATFS:
            return struct.pack("<5Q4I6I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0, *[0] * 6)
        return b"" if call in (RELEASE, RELEASEDIR, FLUSH, READDIR) else ENOSYS


def reply(device: int, unique: int, result: bytes | int) -> None:
    """Answers a call; whoever made it may be gone."""
    data, error = (b"", -result) if isinstance(result, int) else (result, 0)
    try:
        os.write(device, struct.pack("<IiQ", 16 + len(data), error, unique) + data)
    except FileNotFoundError:
        pass


def serve(device: int, files: Files) -> None:
    """Answers until standard input ends."""
    kept: list[tuple[int, bytes | int]] = []
    hangs = False
    count = 0
    selector = selectors.DefaultSelector()
    selector.register(device, selectors.EVENT_READ)
    selector.register(0, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fd == 0:
                words = os.read(0, 1000).decode()
                if not words:
                    return
                hangs = "hang" in words
                if "go" in words:
                    for unique, result in kept:
                        reply(device, unique, result)
                    kept.clear()
                print("done", words.strip(), flush=True)
                continue
            request = os.read(device, 1 << 18)
            _, call, unique, number = struct.unpack_from("<IIQQ", request)
            if call in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            result = files.answer(call, number, request[40:])
            if hangs:
                kept.append((unique, result))
                count += 1
                print("hangs", count, NAMES.get(call, call), flush=True)
            else:
                reply(device, unique, result)


def content(text: str) -> bytes:
    """What a file holds whose size, or @ and whose place, is given."""
    if text.startswith("@"):
        with open(text[1:], "rb") as file:
            return file.read()
    size = int(text)
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def clear_up_afterwards(directory: bytes) -> None:
    """Has a child wait for the end of this process, and take the file system away then."""
    until, held = os.pipe()
    if os.fork() > 0:
        os.close(until)
        return
    # It outlives whatever ends its parent, and keeps nobody waiting for the end of the output.
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    os.close(held)
    os.read(until, 1)
    # MNT_DETACH.
    LIBC.umount2(directory, 2)
    try:
        os.rmdir(directory)
    except OSError:
        pass
    os._exit(0)


def main() -> None:
    directory = os.fsencode(sys.argv[1])
    files = Files({name: content(text) for name, text in (word.split("=") for word in sys.argv[2:])})
    clear_up_afterwards(directory)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if LIBC.mount(b"hanging", directory, b"fuse.hanging", 0, options) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print("mounted", flush=True)
    serve(device, files)


main()
