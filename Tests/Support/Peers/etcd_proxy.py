"""Stands between members of a fleet and etcd, whose answers it loses when it is told to.

    etcd_proxy.py PORT ETCD

Prints "ready". Each line of standard input is "put KEY" or "read KEY": the answer to the next question that does it is lost, once
etcd has done it; "lost put KEY" says so. Each question comes on a connection of its own, or may.
"""

import base64
import json
import socket
import socketserver
import sys
import threading

rules, lock = [], threading.Lock()


def keys(question, name):
    operations = question.get("success", []) if isinstance(question, dict) else []
    return [base64.b64decode(each[name]["key"]).decode() for each in operations if name in each]


def is_lost(body):
    try:
        question = json.loads(body)
    except ValueError:
        return None
    found = [f"put {key}" for key in keys(question, "request_put")] + [f"read {key}" for key in keys(question, "request_range")]
    with lock:
        for rule in rules:
            if rule in found:
                rules.remove(rule)
                return rule
    return None


class Question(socketserver.StreamRequestHandler):
    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        body = self.rfile.read(int(fields.get(b"content-length", 0)))
        # One question for each connection: etcd closes it when it has answered.
        lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as etcd:
            etcd.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
            rule = is_lost(body)
            answer = etcd.makefile("rb")
            while piece := answer.read1(65_536):
                if not rule:
                    try:
                        self.wfile.write(piece)
                    except OSError:
                        return
        if rule:
            print(f"lost {rule}", flush=True)


class Proxy(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Proxy(("127.0.0.1", int(sys.argv[1])), Question) as proxy:
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        with lock:
            rules.append(line.strip())
        print(f"rule {line.strip()}", flush=True)
