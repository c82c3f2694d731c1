"""Conversations over HTTP/2 by the library `h2`, each of which prints what came of it.

usage: http2_client.py PORT CASE
"""

import collections
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings


class Answer:
    def __init__(self):
        self.status, self.fields, self.body, self.trailers = 0, [], bytearray(), []
        #: "ended", or the code of a reset; "" while it goes on.
        self.end = ""


class Client:
    """One connection. What comes on a stream is credited at once, but for those in `uncredited`."""

    def __init__(self, port: int, window: int = 65_535):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(90)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.local_settings = h2.settings.Settings(initial_values={
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window, h2.settings.SettingCodes.ENABLE_PUSH: 0})
        self.h2.initiate_connection()
        self.answers: dict[int, Answer] = collections.defaultdict(Answer)
        self.uncredited: set[int] = set()
        self.goaways: list[tuple[int, int]] = []
        self.has_ended = False
        self.greeted = False
        self.pongs = 0
        self.flush()

    def flush(self):
        if data := self.h2.data_to_send():
            self.socket.sendall(data)

    def request(self, path: str, method: str = "GET", fields=(), ends: bool = True, flushes: bool = True) -> int:
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost"), *fields]
        self.h2.send_headers(number, head, end_stream=ends)
        if flushes:
            self.flush()
        return number

    def send(self, number: int, data: bytes, ends: bool = False):
        """Sends all of it, as fast as the windows allow; what comes meanwhile is read."""
        while data and not self.answers[number].end:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(data))
            if room <= 0:
                self.read()
                continue
            self.h2.send_data(number, data[:room], end_stream=ends and room == len(data))
            data = data[room:]
            self.flush()

    def read(self):
        """One read of the socket."""
        data = self.socket.recv(65_536)
        if not data:
            self.has_ended = True
            raise EOFError("the connection ends")
        for event in self.h2.receive_data(data):
            self.take(event)
        self.flush()

    def take(self, event):
        answer = self.answers[getattr(event, "stream_id", 0) or 0]
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.greeted = True
        elif isinstance(event, h2.events.ResponseReceived):
            answer.fields = event.headers
            answer.status = int(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = event.headers
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if event.stream_id not in self.uncredited:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer.end = answer.end or "ended"
        elif isinstance(event, h2.events.StreamReset):
            answer.end = f"{answer.end} reset {int(event.error_code)}".strip()
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs += 1
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.last_stream_id, int(event.error_code)))

    def until(self, holds):
        while not holds():
            self.read()

    def answer(self, number: int) -> Answer:
        self.until(lambda: self.answers[number].end)
        return self.answers[number]

    def ping(self):
        """Returns when the server has answered: what it had to say before has come."""
        self.pongs = 0
        self.h2.ping(b"12345678")
        self.flush()
        self.until(lambda: self.pongs)

    def get(self, path: str) -> Answer:
        return self.answer(self.request(path))


def windows_grow_again():
    """One upload after another on one connection: the window of each grows with use, though all may grow by so much in all."""
    client = Client(port)
    client.until(lambda: client.greeted)
    for _ in range(3):
        number, widest = client.request("/upload", "POST", ends=False), 0
        while widest <= 65_535 and not client.answers[number].end:
            client.send(number, bytes(16_384))
            widest = max(widest, client.h2.local_flow_control_window(number))
        print("grew" if widest > 65_535 else "did not grow")
        client.h2.end_stream(number)
        client.flush()
        print(client.answer(number).status)


def answers_and_then_goaway():
    """Ten answers come at once: the GOAWAY does not come with them, but once they have been read."""
    client = Client(port)
    client.until(lambda: client.greeted)
    numbers = [client.request("/none", flushes=False) for _ in range(10)]
    client.flush()
    client.until(lambda: all(client.answers[number].end for number in numbers))
    print(len(client.goaways))
    client.until(lambda: client.goaways)
    print(client.goaways[0], *{client.answers[number].status for number in numbers})


def a_stalled_answer():
    """A stream whose answer is not taken stops none of the others, and comes to its end once it is."""
    client = Client(port)
    stalled = client.request("/large")
    client.uncredited.add(stalled)
    client.until(lambda: len(client.answers[stalled].body) == 65_535)
    # The connection's window is credited, so that it is the stream alone that waits.
    client.h2.increment_flow_control_window(65_535)
    for _ in range(20):
        other = client.get("/large")
        print(other.status, len(other.body), other.end)
    client.uncredited.clear()
    client.h2.increment_flow_control_window(65_535, stalled)
    client.flush()
    whole = client.answer(stalled)
    print(whole.status, len(whole.body), whole.end)


def a_stalled_upload():
    """An upload that its upstream does not take stops none of the others on the connection."""
    client = Client(port)
    client.until(lambda: client.greeted)
    stalled = client.request("/stalls", "POST", ends=False)
    # What the kernel holds for the upstream is credited; then no more is.
    while room := client.h2.local_flow_control_window(stalled):
        client.send(stalled, bytes(room))
        client.ping()
    for _ in range(20):
        number = client.request("/upload", "POST", ends=False)
        client.send(number, bytes(1_000_000), ends=True)
        print(client.answer(number).status, client.answers[number].body.decode())
    client.h2.reset_stream(stalled, 8)
    client.flush()


if __name__ == "__main__":
    port = int(sys.argv[1])
    globals()[sys.argv[2]]()
