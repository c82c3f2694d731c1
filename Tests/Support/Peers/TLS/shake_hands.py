"""Shakes hands with a TLS server again and again, each time anew, until its standard input ends.

shake_hands.py PORT AUTHORITIES NAME...

Each certificate must be by one of the authorities, and for the name; dates do not count. It prints each failure, and at the end
"done COUNT SERIALS", the handshakes and how many certificates it has seen.
"""
import select
import socket
import ssl
import sys

port, authorities, names = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
context = ssl.create_default_context(cafile=authorities)
context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
count, serials = 0, set()
# A moment between two leaves the processor to what is renewed.
while not select.select([sys.stdin], [], [], 0.01)[0]:
    name = names[count % len(names)]
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secured:
                serials.add(secured.getpeercert()["serialNumber"])
    except OSError as error:
        print(f"failed: {name}: {error}", flush=True)
    count += 1
print(f"done {count} {len(serials)}", flush=True)
