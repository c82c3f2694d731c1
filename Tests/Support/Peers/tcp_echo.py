"""A server that sends back what comes, each connection in a thread, until the client ends."""
import socket
import threading


def serve(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
