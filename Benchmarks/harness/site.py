"""What every program of a run shares: ports, certificate, files, TLS settings, and the templates filled with them."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .processes import Child
from .scenarios import FILES, LONG_TEXT_FILE, LONG_TEXT_SIZE, SMALL_BODY, TEXT_FILE, TEXT_SIZE

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
CIPHERSUITE = "TLS_AES_128_GCM_SHA256"
GROUP = "X25519"
#: Read by every program that uses OpenSSL, so that none differs in protocol, cipher or group.
OPENSSL_SETTINGS = f"""openssl_conf = top
[top]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.3
Ciphersuites = {CIPHERSUITE}
Groups = {GROUP}
"""


@dataclass(frozen=True)
class Site:
    """The work directory of one run."""

    work: Path
    programs: Path
    ports: dict[str, int]

    @property
    def certificate(self) -> Path:
        return self.work / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.work / "key.pem"

    @property
    def environment(self) -> dict[str, str]:
        return {"OPENSSL_CONF": str(self.work / "openssl.cnf")}

    def fill(self, template: str, name: str = "", **values: object) -> Path:
        """Writes the template with every @name@ replaced, as `name` if that is given; an unknown @name@ is an error."""
        descriptors = processes.descriptors()
        known: dict[str, object] = {
            # A proxied client needs two descriptors, and every program some of its own.
            "descriptors": descriptors - 100, "clients": (descriptors - 1000) // 2,
            "work": self.work, "www": self.work / "www", "certificate": self.certificate, "key": self.key,
            "combined": self.work / "combined.pem", "small_body": SMALL_BODY, "more_addresses": "", "workers": 1,
            "upstream_idle": 3600, "protection": "", "passage": "", **self.ports, **values}
        text = re.sub(r"@([a-z_0-9]+)@", lambda match: str(known[match[1]]), (TEMPLATES / template).read_text())
        target = self.work / (name or template)
        target.write_text(text)
        return target


def make_site(work: Path, programs: Path) -> Site:
    """Fills the work directory: certificate (ECDSA P-256), OpenSSL settings, files of incompressible bytes and one of text."""
    names = ["port", "plain_port", "secure_port", "echo_port", "h2c_port", "secure_h2_port", "grpc_port", "tcp_port", "kept_port",
             *(f"four_port_{number}" for number in range(1, 5))]
    site = Site(work, programs, dict(zip(names, processes.free_ports(len(names)))))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(site.key), "-out", str(site.certificate)],
        check=True, capture_output=True)
    (work / "combined.pem").write_bytes(site.certificate.read_bytes() + site.key.read_bytes())
    (work / "openssl.cnf").write_text(OPENSSL_SETTINGS)
    files = work / "www" / "static"
    files.mkdir(parents=True)
    source = random.Random(1)
    for name, size in FILES.items():
        (files / name).write_bytes(source.randbytes(size))
    rules = (f".rule-{number} {{ margin: {source.randrange(99)}px; color: #{source.randrange(1 << 24):06x} }}\n"
             for number in itertools.count())
    text = "".join(itertools.islice(rules, TEXT_SIZE // 40)).encode()[:TEXT_SIZE]
    (files / TEXT_FILE).write_bytes(text)
    (files / LONG_TEXT_FILE).write_bytes("".join(itertools.islice(rules, LONG_TEXT_SIZE // 40)).encode()[:LONG_TEXT_SIZE])
    (files / f"{TEXT_FILE}.gz").write_bytes(gzip.compress(text, 6))
    return site


@contextlib.contextmanager
def upstreams(site: Site, more_addresses: str = "") -> Iterator[None]:
    """nginx for answers and files, the echo program for messages and uploads, both on the load's core.

    `more_addresses` are further `listen` lines of nginx."""
    configuration = site.fill("upstream-nginx.conf", more_addresses=more_addresses)
    nginx = ["nginx", "-c", str(configuration), "-e", str(site.work / "upstream-nginx.err")]
    with _listening(site, nginx, "plain_port"), echo(site), _calls(site):
        yield


def _calls(site: Site) -> contextlib.AbstractContextManager[None]:
    """nghttpd, to which a call of gRPC's is a body that it sends back, and the trailer. Where there is none nobody listens."""
    program = shutil.which("nghttpd", path=processes.SEARCH)
    if not program:
        return contextlib.nullcontext()
    command = [program, "--no-tls", "--address=127.0.0.1", "--echo-upload", "--trailer=grpc-status: 0", "--workers=1",
               str(site.ports["grpc_port"])]
    return _listening(site, command, "grpc_port")


def echo(site: Site) -> contextlib.AbstractContextManager[None]:
    """The echo program alone: small answers, too."""
    return _listening(site, [str(site.programs / "upstream"), str(site.ports["echo_port"])], "echo_port")


@contextlib.contextmanager
def _listening(site: Site, command: list[str], port: str) -> Iterator[None]:
    with Child(command, (processes.LOAD_CORE,), site.work / f"upstream-{port}.log", site.environment) as child:
        processes.wait_for_port(child, site.ports[port])
        yield
