"""JSON texts by Python's json, for those who read them otherwise.

usage: json_peer.py judge       reads lines of texts in hexadecimal, and prints for each what it says, or "error". Refused is what
                                RFC 8259 leaves to the reader and ours refuses: names that are there twice (also in another form
                                of Unicode), surrogates without their other half, numbers that are no finite double, more than
                                16 levels, another coding than UTF-8.
"""

import json
import struct
import sys
import unicodedata


class Refused(Exception):
    pass


def refuse(_):
    raise Refused


def members(pairs):
    if len({unicodedata.normalize("NFC", name) for name, _ in pairs}) < len(pairs):
        raise Refused
    return dict(pairs)


def words(value, depth=0) -> str:
    if depth >= 16:
        raise Refused
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        if value - value != 0:
            raise Refused
        return "n%x" % struct.unpack(">Q", struct.pack(">d", value))
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(words(element, depth + 1) for element in value) + "]"
    sorted_members = sorted((name.encode().hex(), words(element, depth + 1)) for name, element in value.items())
    return "{" + ",".join(f"{name}:{element}" for name, element in sorted_members) + "}"


def judge(text: bytes) -> str:
    try:
        # Bytes would be looked at for other codings.
        return words(json.loads(text.decode(), object_pairs_hook=members, parse_int=float, parse_constant=refuse))
    except (Refused, ValueError, RecursionError):
        return "error"


if len(sys.argv) != 2 or sys.argv[1] != "judge":
    sys.exit(__doc__)
for line in sys.stdin:
    print(judge(bytes.fromhex(line)), flush=True)
