"""The gateways: one configuration for all, each on a machine and a disk of its own."""

from __future__ import annotations

import os
import re
import secrets
import socket
import ssl
import struct
import subprocess
from pathlib import Path

from .engines import CLIENT, REDIS, Authority
from .history import Taken
from .network import Machine, run
from .services import Service

FLEET = "edge"
UPSTREAM = 8000
#: Requests per second and client, whichever members it asks, and how many at once.
RATE, BURST = 200, 100
#: What a disk of `state_dir` holds.
DISK = "4m"


class Gateway(Service):
    """One member, with a small disk and a clock of its own."""

    def __init__(self, machine: Machine, folder: Path, binary: Path, clock: Path) -> None:
        self.state, self._clock = folder / f"state-{machine.name}", folder / f"{machine.name}.clock"
        self.state.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "none", str(self.state))
        self.shift(0)
        super().__init__(
            machine, folder, [str(binary), "run", "-c", f"{folder}/gatehouse.toml", "--workers", "1"], ": serving addresses=",
            {"MEMBER": machine.name, "ADDRESS": machine.address, "LD_PRELOAD": str(clock), "CLOCK_OFFSET": str(self._clock)})
        self.upstream = Service(
            machine, folder, [str(clock.parent / "upstream"), str(UPSTREAM)], "", name=f"{machine.name}-upstream")

    def shift(self, seconds: int) -> None:
        """Its time of day is wrong by so much from now on."""
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds * 1_000_000_000))

    def fill_disk(self) -> None:
        """Leaves nothing of it."""
        with (self.state / "full").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def clear_disk(self) -> None:
        (self.state / "full").unlink(missing_ok=True)

    def taken(self) -> list[Taken]:
        """The fleet's configurations that it has used, in order."""
        lines = re.findall(r"the fleet's configuration is in use .*", self.said())
        return [Taken(int(re.findall(r"\bnumber=(\d+)", line)[0]), "kept=\"no: " not in line) for line in lines]

    def answer(self, path: str, name: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> Answer:
        """One request on a connection of its own."""
        with socket.create_connection((self.machine.address, 443), timeout=30) as plain:
            with context.wrap_socket(plain, server_hostname=name, session=session) as stream:
                stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nX-Client: watcher\r\nConnection: close\r\n\r\n".encode())
                text = b"".join(iter(lambda: stream.recv(65_536), b""))
                head, _, body = text.partition(b"\r\n\r\n")
                return Answer(int(head[9:12]), body.decode(), stream.session, bool(stream.session_reused))


class Answer:
    def __init__(self, status: int, body: str, session: ssl.SSLSession | None, is_resumed: bool) -> None:
        self.status, self.body, self.session, self.is_resumed = status, body, session, is_resumed


def configuration(folder: Path, etcd: list[Machine], redis: Machine, authority: Authority, names: list[str], label: str) -> str:
    """For all members.

    Args:
        label: what `/label` answers.
    """
    endpoints = ", ".join(f'"http://{each.address}:{CLIENT}"' for each in etcd)
    hosts = ", ".join(f'"{name}"' for name in names)
    managed = "".join(f"""
[[sites]]
hostname = "{name}"
listen = "${{ADDRESS}}"
port = 443
rate_limit = {{ max_requests = {RATE}, window_seconds = 1, burst_size = {BURST}, key = "header:X-Client" }}
[[sites.routes]]
path = "/label"
respond = {{ status = 200, body = "{label}" }}
[sites.proxy]
enabled = true
[[sites.proxy.upstreams]]
name = "app"
url = "http://127.0.0.1:{UPSTREAM}"
[[sites.proxy.routes]]
path = "/"
upstream = "app"
websocket = true
[sites.ssl]
auto_cert = true
[sites.ssl.acme]
directory = "{authority.directory}"
ca_file = "{authority.certificate}"
""" for name in names)
    return f"""
[server]
state_dir = "{folder}/state-${{MEMBER}}"
[logging]
level = "debug"
access_log = "off"
[admin]
socket = "{folder}/${{MEMBER}}.sock"
[fleet]
name = "{FLEET}"
member = "${{MEMBER}}"
endpoints = [{endpoints}]
secret_file = "{folder}/fleet.key"
ticket_rotation = 60
[fleet.redis]
endpoints = ["redis://{redis.address}:{REDIS}"]
[[sites]]
hostnames = [{hosts}]
listen = "${{ADDRESS}}"
port = 80
respond = {{ status = 404, body = "" }}
{managed}"""


def make_secret(folder: Path) -> None:
    (folder / "fleet.key").write_text(secrets.token_hex(32))
    (folder / "fleet.key").chmod(0o600)


class Desk:
    """Where an operator sits: `gatehouse fleet`."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary, self._file = binary, folder / "gatehouse.toml"

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._binary), "fleet", *words, "-c", str(self._file)], capture_output=True, text=True, check=False,
            env={**os.environ, "MEMBER": "desk", "ADDRESS": "127.0.0.1"})
