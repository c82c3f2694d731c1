"""Gatehouse's configuration by how much of everything it has."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from harness.contestants import ALL_FEATURES, Contestant
from harness.processes import GATEWAY_CORE, LOAD_CORE
from harness.site import Site

#: A start that takes longer fails the run.
START_SECONDS = 120.0


@dataclass(frozen=True)
class Shape:
    """What the configuration holds. The routes are each site's, and there is always one more, for everything else."""

    workers: int = 1
    sites: int = 1
    routes: int = 0
    servers: int = 1


def gatehouse(path: Path, version: str, name: str, shape: Shape, certificates: Certificates) -> Contestant:
    """Gatehouse with this shape; each worker has a core, as far as there are two."""

    def command(program: Contestant, site: Site, _: bool) -> list[str]:
        target = site.work / "scale.toml"
        target.write_text(_configuration(site, shape, certificates))
        return [program.path, "run", "-c", str(target)]

    cores = (GATEWAY_CORE,) if shape.workers == 1 else (GATEWAY_CORE, LOAD_CORE)
    return Contestant(name, str(path), version, ALL_FEATURES, command, is_peer=False, cores=cores, patience=START_SECONDS)


def server_address(number: int) -> str:
    """Each upstream server has a loopback address of its own."""
    return f"127.1.{number // 250}.{1 + number % 250}"


def more_addresses(site: Site, servers: int) -> str:
    """The `listen` lines of nginx that make it so many servers."""
    port = site.ports["plain_port"]
    return "\n        ".join(f"listen {server_address(number)}:{port} backlog=4096;" for number in range(servers))


@dataclass
class Certificates:
    """A certificate and key for each site, made when first asked for."""

    work: Path
    made: dict[int, tuple[Path, Path]] = field(default_factory=dict)

    def of(self, number: int) -> tuple[Path, Path]:
        if number not in self.made:
            certificate, key = self.work / f"site-{number}.pem", self.work / f"site-{number}.key.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", f"/CN={host(number)}", "-addext", f"subjectAltName=DNS:{host(number)}",
                 "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
            self.made[number] = (certificate, key)
        return self.made[number]


def host(number: int | str) -> str:
    return f"site-{number}.test"


def _configuration(site: Site, shape: Shape, certificates: Certificates) -> str:
    head = f"""[server]
name = "bench"

[logging]
level = "error"
log_requests = false

[performance]
worker_threads = {shape.workers}
max_connections = 20000
keep_alive_timeout = 3600

[limits]
max_requests_per_connection = 0
max_idle_upstream_connections = 1024
upstream_idle_timeout = 3600
"""
    return head + "".join(_site(site, shape, certificates, number) for number in range(shape.sites))


def _site(site: Site, shape: Shape, certificates: Certificates, number: int) -> str:
    # The first site is the one that is checked before each run; its certificate is the run's.
    certificate, key = certificates.of(number) if number > 0 else (site.certificate, site.key)
    servers = "".join(
        f'\n[[sites.proxy.upstreams]]\nname = "pool"\nurl = "http://{address}:{site.ports["plain_port"]}"\n'
        for address in (map(server_address, range(shape.servers)) if shape.servers > 1 else ["127.0.0.1"]))
    routes = "".join(
        f'\n[[sites.proxy.routes]]\npath = "/service-{route}/"\nupstream = "pool"\n' for route in range(shape.routes))
    return f"""
[[sites]]
hostname = "{host(number)}"
hostnames = [{'"localhost"' if number == 0 else ""}]
port = {site.ports["port"]}
default = {"true" if number == 0 else "false"}

[sites.ssl]
enabled = true
cert_file = "{certificate}"
key_file = "{key}"

[sites.compression]
enabled = false

[sites.proxy]
enabled = true

[sites.proxy.load_balancing]
method = "round_robin"
{servers}
[[sites.proxy.routes]]
path = "/"
upstream = "pool"
{routes}
[sites.proxy.headers]
preserve_host = true
add_x_forwarded = true
add_forwarded = false
"""
