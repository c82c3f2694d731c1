"""Field sections by the Python package hpack, for those who read or write them otherwise.

usage: hpack_peer.py write SEED COUNT      prints sections that share one table, each as a line: hexadecimal, then name=value
                                           pairs in hexadecimal
       hpack_peer.py judge                 reads lines of sections in hexadecimal with commas between, which share one table, and
                                           prints the pairs of all up to the first that is refused; then "error", or "overlong"
                                           if a number in it has more bytes than any needs
       hpack_peer.py read                  reads lines of hexadecimal, whose sections share one table, and prints for each the
                                           pairs, or "error"
"""

import random
import sys

import hpack.hpack
from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError
from hpack.table import HeaderTable


def pairs(fields: list[tuple[bytes, bytes]]) -> str:
    return " ".join(f"{name.hex()}={value.hex()}" for name, value in fields)


def words(dice: random.Random, most: int) -> bytes:
    """Letters, digits and, now and then, bytes of any value: the codes of Huffman's table from the shortest to the longest."""
    count = min(dice.choice([0, 1, 2, 5, 20, 60, 130, 300]), most)
    alphabet = dice.choice([b"0123456789abcdef", b"abc-/.?=&%", bytes(range(32, 127)), bytes(range(256))])
    return bytes(dice.choice(alphabet) for _ in range(count))


def write(seed: int, count: int) -> None:
    dice, encoder = random.Random(seed), Encoder()
    static = [(bytes(name), bytes(value)) for name, value in HeaderTable.STATIC_TABLE]
    said: list[tuple[bytes, bytes]] = []
    for _ in range(count):
        # A size that a decoder of 4,096 bytes allows, now and then.
        if dice.random() < 0.15:
            encoder.header_table_size = dice.choice([0, 40, 256, 1000, 4096])
        fields = []
        for _ in range(dice.choice([0, 1, 3, 8, 20])):
            kind = dice.random()
            if kind < 0.3:
                field = dice.choice(static)
            elif kind < 0.5:
                field = (dice.choice(static)[0], words(dice, 300))
            elif kind < 0.7 and said:
                field = dice.choice(said)
            else:
                field = (words(dice, 60) or b"x", words(dice, 300))
            fields.append(field)
        said = (said + fields)[-60:]
        # Fields that must not enter a table are literals of another kind.
        marked = [(name, value, dice.random() < 0.2) for name, value in fields]
        section = encoder.encode(marked, huffman=dice.random() < 0.7)
        print(section.hex() or "-", pairs(fields))


def read() -> None:
    decoder = Decoder(max_header_list_size=1 << 30)
    for line in sys.stdin:
        if line == "\n":
            break
        try:
            print(pairs(decoder.decode(bytes.fromhex(line), raw=True)))
        except HPACKError:
            print("error")
        sys.stdout.flush()


def judge() -> None:
    overlong = False
    exact = hpack.hpack.decode_integer

    def decode_integer(data: bytes, prefix_bits: int) -> tuple[int, int]:
        nonlocal overlong
        value, count = exact(data, prefix_bits)
        overlong = overlong or count > 5 or value >= 1 << 32
        return value, count

    hpack.hpack.decode_integer = decode_integer
    for line in sys.stdin:
        decoder, answer, overlong = Decoder(max_header_list_size=1 << 30), [], False
        for section in line.strip().split(","):
            try:
                answer.append(pairs(decoder.decode(bytes.fromhex(section), raw=True)))
            except HPACKError:
                answer.append("error")
            if overlong:
                answer[-1] = "overlong"
            if answer[-1] in ("error", "overlong"):
                break
        print(",".join(answer), flush=True)


if sys.argv[1] == "write":
    write(int(sys.argv[2]), int(sys.argv[3]))
elif sys.argv[1] == "judge":
    judge()
else:
    read()
