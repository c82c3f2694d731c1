"""The whole stage: machines, what runs on them, the load, and what all agree on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import engines, members, network
from .members import Desk, Gateway
from .network import Machine
from .services import PATIENCE, Service

#: Those that clients ask for.
NAMES = [f"n{number}.test" for number in range(4)]
#: Those that come with later configurations, one with every third: so there is an order in every minute.
MORE_NAMES = [f"more{number}.test" for number in range(24)]
PROTOCOLS = ("h1", "h2", "wss", "greedy")


@dataclass
class Push:
    """One configuration that was given to the fleet."""

    label: str
    #: Whether etcd has said that it has it; None: nobody knows.
    is_taken: bool | None
    words: str


class Stage:
    def __init__(self, folder: Path, binary: Path, programs: Path, lifetime: int, seed: int) -> None:
        self.folder, self.binary, self.chance = folder, binary, random.Random(seed)
        self.gateways_at = [Machine(name, f"10.99.0.{11 + number}") for number, name in enumerate("abc")]
        self.etcd_at = [Machine(f"etcd{number}", f"10.99.0.{21 + number}") for number in range(3)]
        self.redis_at, self.authority_at = Machine("redis", "10.99.0.31"), Machine("authority", "10.99.0.41")
        network.connect([*self.gateways_at, *self.etcd_at, self.redis_at, self.authority_at])
        members.make_secret(folder)
        self.etcd = engines.etcd(self.etcd_at, folder)
        self.redis = engines.redis(self.redis_at, folder)
        self.authority = engines.Authority(self.authority_at, folder, lifetime, NAMES + MORE_NAMES, self.gateways_at)
        self.gateways = [Gateway(each, folder, binary, programs / "clock") for each in self.gateways_at]
        self.desk = Desk(binary, folder)
        self.pushes: list[Push] = []
        self._loads: list[subprocess.Popen[bytes]] = []
        self._pushing = threading.Lock()

    @property
    def services(self) -> list[Service]:
        return [*self.gateways, *self.etcd, self.redis, self.authority.service]

    def configuration(self, label: str) -> Path:
        file = self.folder / ("gatehouse.toml" if label == "0" else f"{label}.toml")
        names = NAMES + MORE_NAMES[:int(label) // 3]
        file.write_text(members.configuration(
            self.folder, self.etcd_at, self.redis_at, self.authority, names, label))
        return file

    def start(self) -> None:
        """Returns when all members serve all names with certificates of the authority."""
        for each in self.etcd:
            each.launch()
        for each in self.etcd:
            each.wait()
        self.redis.start()
        self.authority.start()
        self.root = self.authority.root()
        self.configuration("0")
        for gateway in self.gateways:
            gateway.upstream.start()
            gateway.start()
        self.push("1")
        end = time.monotonic() + PATIENCE
        while not self.serve_all():
            if time.monotonic() > end:
                raise RuntimeError("the members do not come to serve all names:\n" + self.gateways[0].said()[-3000:])
            time.sleep(0.2)

    def serve_all(self) -> bool:
        context = engines.trusting(self.root)
        try:
            return all(each.answer("/label", name, context).status == 200 for each in self.gateways for name in NAMES)
        except OSError:
            return False

    def begin_load(self) -> None:
        addresses = ",".join(each.address for each in self.gateways_at)
        for protocol in PROTOCOLS:
            command = [sys.executable, "-B", "-m", "fleet.load", protocol, ",".join(NAMES), addresses, str(self.root),
                       str(self.folder / f"load-{protocol}.json")]
            with (self.folder / f"load-{protocol}.log").open("wb") as log:
                self._loads.append(subprocess.Popen(
                    command, cwd=Path(__file__).parent.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

        while not all('"counts"' in self._load_file(protocol) for protocol in PROTOCOLS):
            time.sleep(0.1)

    def _load_file(self, protocol: str) -> str:
        file = self.folder / f"load-{protocol}.json"
        return file.read_text() if file.exists() else ""

    def end_load(self) -> None:
        for each in self._loads:
            each.send_signal(signal.SIGTERM)
        for each in self._loads:
            each.wait()

    def push(self, label: str, *options: str) -> None:
        """Gives the fleet a configuration; what has become of it is noted."""
        with self._pushing:
            done = self.desk.ask("push", str(self.configuration(label)), "--wait", "15", *options)
            words = (done.stdout + done.stderr).strip()
            is_taken = None
            if "pushed: number" in done.stdout or "is in use by all members" in done.stdout:
                is_taken = True
            elif " is undone: " in words or "a roll-out is under way" in words:
                is_taken = False
            self.pushes.append(Push(label, is_taken, words))
            with (self.folder / "pushes.txt").open("a") as file:
                file.write(f"{label} {' '.join(options)}\n{words}\n\n")

    def newest(self) -> set[str]:
        """The labels that may be in use: of the last push that was taken, and of those since of which nobody knows."""
        found: set[str] = set()
        for each in reversed(self.pushes):
            if each.is_taken is not False:
                found.add(each.label)
            if each.is_taken:
                break
        return found

    def labels(self) -> list[str]:
        """What each member has in use, whatever its certificate."""
        context = engines.trusting(self.root)
        found = []
        for gateway in self.gateways:
            try:
                found.append(gateway.answer("/label", NAMES[0], context).body)
            except OSError as error:
                found.append(f"none: {error}")
        return found

    def agree(self, patience: float) -> bool:
        """Waits until all members use the newest configuration."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = set(self.labels())
            if len(found) == 1 and found <= self.newest():
                return True
            time.sleep(0.2)
        return False

    def resumptions(self) -> list[str]:
        """Sessions that began on one member, and are not resumed on another: nothing, if all is well."""
        context = engines.trusting(self.root)
        wrong = []
        for first in self.gateways:
            session = first.answer("/label", NAMES[0], context).session
            for second in self.gateways:
                if not second.answer("/label", NAMES[0], context, session).is_resumed:
                    wrong.append(f"of {first.name} on {second.name}")
        return wrong

    def leader(self) -> Gateway | None:
        """Who leads, and gets certificates; None: nobody, or nobody can be asked."""
        key = f"/gatehouse/{members.FLEET}/documents/leader"
        for each in self.etcd_at:
            try:
                found = engines.ask(each, "/v3/kv/range", {"key": engines.text64(key.encode())}).get("kvs", [])
            except OSError:
                continue
            names = [engines.bytes64(entry["value"]).decode() for entry in found]
            return next((gateway for gateway in self.gateways if gateway.name in names), None)
        return None
