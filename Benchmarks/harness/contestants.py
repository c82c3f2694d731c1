"""The programs under test: how each is found, configured and started, and what it can do."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .processes import Child
from .scenarios import Scenario
from .site import Site

Command = Callable[["Contestant", Site, str], list[str]]


@dataclass(frozen=True)
class Contestant:
    """A program on this machine."""

    name: str
    path: str
    version: str
    features: frozenset[str]
    command: Command
    is_peer: bool = True
    environment: tuple[tuple[str, str], ...] = ()
    #: Seconds that its start may take.
    patience: float = 15.0
    cores: tuple[int, ...] = (processes.GATEWAY_CORE,)

    def takes_part(self, scenario: Scenario) -> bool:
        if self.name == "floor":
            return scenario.floor
        if self.name == "gatehouse-bare":
            return scenario.bare
        return scenario.needs <= self.features

    @contextlib.contextmanager
    def running(self, site: Site, logging: str) -> Iterator[Child]:
        """The program, listening, on its cores; it is ended on the way out."""
        log = site.work / f"{self.name}.log"
        environment = {**site.environment, **dict(self.environment), "HOME": str(site.work), "XDG_DATA_HOME": str(site.work)}
        with Child(self.command(self, site, logging), self.cores, log, environment) as child:
            child.start_seconds = processes.wait_for_port(child, site.ports["port"], self.patience)
            yield child
        if child.was_killed:
            raise RuntimeError(f"{self.name} did not stop on SIGTERM")


def _nginx(program: Contestant, site: Site, logging: str) -> list[str]:
    log = f"{site.work}/nginx-access.log combined" if logging else "off"
    return [program.path, "-c", str(site.fill("nginx.conf", nginx_log=log)), "-e", str(site.work / "nginx.err")]


def _haproxy(program: Contestant, site: Site, logging: str) -> list[str]:
    # HAProxy logs to a descriptor or to syslog, never to a file; its standard output is a file here.
    values = {
        "haproxy_global_log": "log stdout len 4096 format raw local0" if logging else "",
        "haproxy_log": "log global\n    option httplog" if logging else "no log",
    }
    return [program.path, "-db", "-f", str(site.fill("haproxy.cfg", **values))]


def _caddy(program: Contestant, site: Site, logging: str) -> list[str]:
    log = f"log {{\n\t\toutput file {site.work}/caddy-access.log\n\t}}" if logging else ""
    return [program.path, "run", "--adapter", "caddyfile", "--config", str(site.fill("Caddyfile", caddy_log=log))]


def _h2o(program: Contestant, site: Site, logging: str) -> list[str]:
    log = f"access-log: {site.work}/h2o-access.log" if logging else ""
    return [program.path, "-m", "worker", "-c", str(site.fill("h2o.conf", h2o_log=log))]


def _nghttpx(program: Contestant, site: Site, logging: str) -> list[str]:
    log = f"{site.work}/nghttpx-access.log" if logging else "/dev/null"
    return [program.path, "--conf", str(site.fill("nghttpx.conf", nghttpx_log=log))]


def _gatehouse(program: Contestant, site: Site, logging: str) -> list[str]:
    log = f'access_log = "{site.work}/gatehouse-access.log"\nformat = "{logging}"' if logging else "log_requests = false"
    passage = (
        f'[[tcp]]\nname = "passage"\nlisten = "127.0.0.1"\nport = {site.ports["tcp_port"]}\n'
        '[[tcp.sni]]\nhostnames = "localhost"\nupstream = "secure"\n'
        f'[[tcp.upstreams]]\nname = "secure"\naddress = "127.0.0.1:{site.ports["secure_port"]}"\n'
        + site.fill("gatehouse-kept.toml").read_text())
    return [program.path, "run", "-c", str(site.fill("gatehouse.toml", gatehouse_log=log, passage=passage))]


def _bare_gatehouse(program: Contestant, site: Site, _: str) -> list[str]:
    values = {"gatehouse_log": "log_requests = false", "passage": "[metrics]\nenabled = false\n"}
    return [program.path, "run", "-c", str(site.fill("gatehouse.toml", **values))]


def _floor(program: Contestant, site: Site, _: str) -> list[str]:
    return [program.path, str(site.ports["port"]), str(site.ports["plain_port"]), str(site.certificate), str(site.key)]


#: HTTP/2 to upstreams, without TLS and with it.
HTTP2_UPSTREAMS = frozenset({"h2c", "secure-h2"})
ALL_FEATURES = HTTP2_UPSTREAMS | {
    "proxy", "http2", "secure", "static", "precompressed", "websocket", "tickets", "least-connections", "h2-websocket", "tcp",
    "kept"}
#: name, version option, features, command, environment
_PEERS: tuple[tuple[str, str, frozenset[str], Command, tuple[tuple[str, str], ...]], ...] = (
    # nginx speaks HTTP/2 to upstreams from 1.29 on; nginx-light has no module for streams.
    ("nginx", "-v", ALL_FEATURES - {"h2-websocket", "tcp"} - HTTP2_UPSTREAMS, _nginx, ()),
    ("haproxy", "-v", ALL_FEATURES - {"static", "precompressed", "kept"}, _haproxy, ()),
    # Caddy sends compressed files without a length, which the load generator wants.
    ("caddy", "version", ALL_FEATURES - {"precompressed", "h2-websocket", "tcp", "kept"} - HTTP2_UPSTREAMS, _caddy,
     (("GOMAXPROCS", "1"),)),
    # h2o 2.2 issues TLS 1.3 tickets that it does not accept, and speaks HTTP/1.1 to upstreams.
    ("h2o", "-v", ALL_FEATURES - {"least-connections", "tickets", "h2-websocket", "tcp", "kept"} - HTTP2_UPSTREAMS, _h2o, ()),
    ("nghttpx", "-v", HTTP2_UPSTREAMS | {"proxy", "http2"}, _nghttpx, ()),
)


def parse_peer(text: str) -> tuple[str, str]:
    """NAME=PATH: a peer's name, and a program of that kind; raises ValueError."""
    name, equals, path = text.partition("=")
    known = [each[0] for each in _PEERS]
    if not equals or not path:
        raise ValueError(f"--peer {text}: NAME=PATH is wanted, such as nginx=/opt/nginx/sbin/nginx")
    if name not in known:
        raise ValueError(f"--peer {text}: no peer is called {name}; there are {', '.join(known)}")
    return name, path


def _features(name: str, version: str, features: frozenset[str]) -> frozenset[str]:
    """h2o takes back its tickets of TLS 1.3 from 2.3 on."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    return features | {"tickets"} if name == "h2o" and numbers >= (2, 3) else features


def find_contestants(gatehouse: Path, programs: Path, without: list[str],
                     more: list[tuple[str, str]] | None = None) -> tuple[list[Contestant], list[str]]:
    """The programs on this machine, Gatehouse first, and the names of those that are missing.

    `more` are further peers by name and path, which are called by their versions as well."""
    found: list[Contestant] = []
    missing: list[str] = []
    if gatehouse.is_file():
        found.append(Contestant("gatehouse", str(gatehouse), _version(str(gatehouse), "--version"), ALL_FEATURES,
                                _gatehouse, is_peer=False))
        found.append(Contestant("gatehouse-bare", str(gatehouse), "", ALL_FEATURES, _bare_gatehouse, is_peer=False))
    else:
        missing.append(f"gatehouse ({gatehouse})")
    for name, option, features, command, environment in _PEERS:
        path = shutil.which(name, path=processes.SEARCH)
        if path:
            found.append(_peer(name, name, path, _version(path, option), features, command, environment))
        else:
            missing.append(name)
        for other in [other for kind, other in more or [] if kind == name]:
            version = _version(other, option) if Path(other).is_file() else "unknown"
            full = f"{name}-{version}"
            if version == "unknown" or any(program.name == full for program in found):
                missing.append(f"{full} ({other})")
            else:
                found.append(_peer(full, name, other, version, features, command, environment))
    found.append(Contestant("floor", str(programs / "floor"), "", frozenset(), _floor, is_peer=False))
    return [program for program in found if program.name not in without], missing


def _peer(name: str, kind: str, path: str, version: str, features: frozenset[str], command: Command,
          environment: tuple[tuple[str, str], ...]) -> Contestant:
    return Contestant(name, path, version, _features(kind, version, features), command, environment=environment)


def _version(path: str, option: str) -> str:
    result = subprocess.run([path, option], capture_output=True, text=True, timeout=20)
    match = re.search(r"\d+\.\d+[\w.+~-]*", result.stdout + result.stderr)
    return match[0] if match else "unknown"
