"""Sends so many MiB of random bytes to a server that sends them back, reading at the same time, and compares."""
import hashlib
import os
import socket
import sys
import threading

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sent, received = hashlib.sha256(), hashlib.sha256()


def send():
    for _ in range(int(sys.argv[2]) * 16):
        piece = os.urandom(65536)
        sent.update(piece)
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


sender = threading.Thread(target=send)
sender.start()
count = 0
while data := connection.recv(1 << 18):
    received.update(data)
    count += len(data)
sender.join()
assert sent.digest() == received.digest(), "other bytes came back"
print(count, "bytes came back as they went")
