"""What the gateways share: three members of etcd, Redis, and an authority for certificates with its DNS."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .network import Machine, run
from .services import Service

CLIENT, PEER = 2379, 2380
REDIS, AUTHORITY, MANAGEMENT, NAMES, NAMES_CONTROL = 6379, 14000, 15000, 8053, 8055


def etcd(machines: list[Machine], folder: Path) -> list[Service]:
    cluster = ",".join(f"{each.name}=http://{each.address}:{PEER}" for each in machines)
    return [
        Service(each, folder, [
            "etcd", "--name", each.name, "--data-dir", f"{folder}/{each.name}.etcd", "--initial-cluster", cluster,
            "--listen-client-urls", f"http://{each.address}:{CLIENT}",
            "--advertise-client-urls", f"http://{each.address}:{CLIENT}",
            "--listen-peer-urls", f"http://{each.address}:{PEER}",
            "--initial-advertise-peer-urls", f"http://{each.address}:{PEER}"], "ready to serve client requests")
        for each in machines]


def ask(machine: Machine, path: str, body: dict[str, Any]) -> Any:
    """One question to one member of etcd, by its JSON gateway."""
    request = urllib.request.Request(f"http://{machine.address}:{CLIENT}{path}", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=3) as answer:
        return json.load(answer)


def leader(members: list[Service]) -> Service | None:
    """The member that leads, as those who answer say; None: nobody does."""
    numbers: dict[str, Service] = {}
    said: str | None = None
    for each in members:
        try:
            status = ask(each.machine, "/v3/maintenance/status", {})
        except OSError:
            continue
        numbers[status["header"]["member_id"]] = each
        said = status.get("leader", said)
    return numbers.get(said or "")


def changes(machine: Machine, prefix: str) -> Iterator[dict[str, Any]]:
    """All that ever happened below a prefix, in order, as a watch tells it; a key of our own ends it."""
    first, last = prefix.encode(), prefix.encode()[:-1] + bytes([prefix.encode()[-1] + 1])
    mark = text64(first + b"end")
    ask(machine, "/v3/kv/put", {"key": mark, "value": mark})
    connection = http.client.HTTPConnection(machine.address, CLIENT, timeout=60)
    connection.request("POST", "/v3/watch", json.dumps(
        {"create_request": {"key": text64(first), "range_end": text64(last), "start_revision": "1"}}))
    answer = connection.getresponse()
    while line := answer.readline():
        for event in json.loads(line)["result"].get("events", []):
            if event["kv"]["key"] == mark:
                return connection.close()
            yield event
    raise RuntimeError("etcd has ended the watch of its history")


def text64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def bytes64(text: str) -> bytes:
    return base64.b64decode(text)


def redis(machine: Machine, folder: Path) -> Service:
    return Service(
        machine, folder, ["redis-server", "--bind", machine.address, "--port", str(REDIS), "--protected-mode", "no", "--save", "",
                          "--appendonly", "no", "--dir", str(folder)], "Ready to accept connections")


class Authority:
    """pebble, and the DNS that it asks: every name leads to all gateways."""

    def __init__(self, machine: Machine, folder: Path, lifetime: int, names: list[str], gateways: list[Machine]) -> None:
        self.machine, self._folder = machine, folder
        self.certificate = folder / "authority.crt"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=authority", "-addext", f"subjectAltName=IP:{machine.address}", "-keyout", f"{folder}/authority.key",
            "-out", str(self.certificate))
        settings = folder / "pebble.json"
        settings.write_text(json.dumps({"pebble": {
            "listenAddress": f"{machine.address}:{AUTHORITY}", "managementListenAddress": f"{machine.address}:{MANAGEMENT}",
            "certificate": str(self.certificate), "privateKey": f"{folder}/authority.key", "httpPort": 80, "tlsPort": 443,
            "ocspResponderURL": "", "externalAccountBindingRequired": False, "certificateValidityPeriod": lifetime}}))
        self._dns = Service(
            machine, folder, ["pebble-challtestsrv", "-defaultIPv4", "", "-defaultIPv6", "", "-http01", "", "-https01", "",
                              "-tlsalpn01", "", "-dns01", f"{machine.address}:{NAMES}", "-management",
                              f"{machine.address}:{NAMES_CONTROL}"], "Starting management server", name="names")
        self.service = Service(
            machine, folder, ["pebble", "-config", str(settings), "-dnsserver", f"{machine.address}:{NAMES}"],
            "ACME directory available at", {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"})
        self._names, self._gateways = names, gateways

    @property
    def directory(self) -> str:
        return f"https://{self.machine.address}:{AUTHORITY}/dir"

    def start(self) -> None:
        self._dns.start()
        for name in self._names:
            body = json.dumps({"host": f"{name}.", "addresses": [each.address for each in self._gateways]})
            subprocess.run(["curl", "-sSf", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-d", body,
                            f"http://{self.machine.address}:{NAMES_CONTROL}/add-a"], check=True)
        self.service.start()

    def root(self) -> Path:
        """The certificate that all of its own lead to."""
        file = self._folder / "root.crt"
        subprocess.run(["curl", "-sSf", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "--cacert",
                        str(self.certificate), "-o", str(file), f"https://{self.machine.address}:{MANAGEMENT}/roots/0"],
                       check=True)
        return file


def trusting(root: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(root))
