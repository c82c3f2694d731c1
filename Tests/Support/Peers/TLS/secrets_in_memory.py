"""Looks for the secrets of a key log in another process's memory: secrets_in_memory.py PID KEYLOG

Prints the labels of those that are found, sorted, each once; "may not look" if the system does not allow it."""
import re
import sys

secrets = {}
for line in open(sys.argv[2]):
    parts = line.split()
    if len(parts) == 3 and "SECRET" in parts[0]:
        secrets[parts[0]] = bytes.fromhex(parts[2])
found = set()
try:
    memory = open(f"/proc/{sys.argv[1]}/mem", "rb", 0)
    maps = open(f"/proc/{sys.argv[1]}/maps").read()
except PermissionError:
    print("may not look")
    sys.exit()
for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.M):
    start, end = int(start, 16), int(end, 16)
    for begin in range(start, end, 1 << 24):
        try:
            memory.seek(begin)
            content = memory.read(min(end, begin + (1 << 24)) - begin)
        except OSError:
            break
        found.update(label for label, secret in secrets.items() if secret in content)
print(" ".join(sorted(found)))
