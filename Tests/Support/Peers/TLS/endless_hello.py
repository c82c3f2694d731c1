"""Begins a handshake's message of 16 KiB for each client on loopback, and sends the rest of it a byte at a time.

Prints its port, then a line for each client.
"""
import socket
import threading

# A record (RFC 8446 section 5.1) with the beginning of a ServerHello.
BEGINNING = bytes([22, 3, 3, 0x40, 0, 2, 0, 0x3F, 0xFC])


def serve(client):
    try:
        client.recv(65536)
        client.sendall(BEGINNING)
        client.settimeout(0.05)
        while True:
            client.sendall(b"\3")
            try:
                if not client.recv(1):
                    break
            except TimeoutError:
                pass
    except OSError:
        pass
    client.close()


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    print("client", flush=True)
    threading.Thread(target=serve, args=(client,), daemon=True).start()
