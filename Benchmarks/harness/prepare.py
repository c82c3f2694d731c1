"""What a run needs first: the peers, the C programs, and a release build of Gatehouse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from .processes import SEARCH

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / ".build" / "bench"
C_PROGRAMS = ("load", "floor", "upstream")
#: Preloaded by name; see there.
C_LIBRARIES = ("openat2", "clock")
#: Program to Debian package.
PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy", "h2o": "h2o",
            "nghttpx": "nghttp2-proxy", "nghttpd": "nghttp2-server", "wrk": "wrk", "cc": "gcc",
            "openssl": "openssl"}


def install_peers() -> None:
    """Installs what is missing, as root or with sudo; what cannot be installed is left out of the run by name."""
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program, path=SEARCH)]
    if not Path("/usr/include/openssl/ssl.h").exists():
        missing.append("libssl-dev")
    if not missing or not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and not shutil.which("sudo"):
        return
    print(f"installing {', '.join(missing)}", file=sys.stderr)
    # A runlevel of 1 keeps the packages' own services from starting.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run([*prefix, "apt-get", "update", "-q"], env=environment, stdout=subprocess.DEVNULL, check=False)
    for package in missing:
        subprocess.run([*prefix, "apt-get", "install", "-qy", "--no-install-recommends", package], env=environment,
                       stdout=subprocess.DEVNULL, check=False)


def build_c_programs() -> Path:
    """Compiles each folder of C sources that changed; returns the folder of the programs."""
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    for name in C_PROGRAMS:
        _compile(name, ["-lssl", "-lcrypto", "-lm"])
    for name in C_LIBRARIES:
        _compile(name, ["-shared", "-fPIC", "-ldl"])
    return PROGRAMS


def _compile(name: str, options: list[str]) -> None:
    folder = ROOT / "Benchmarks" / name
    target = PROGRAMS / name
    newest = max(path.stat().st_mtime for path in folder.iterdir())
    if target.exists() and target.stat().st_mtime > newest:
        return
    sources = map(str, sorted(folder.glob("*.c")))
    subprocess.run(["cc", "-O2", "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", str(target), *sources, *options], check=True)


@cache
def build_gatehouse() -> None:
    """Once in a process: whoever asks again has it."""
    command = [str(ROOT / "scripts" / "build")]
    print(" ".join(command), file=sys.stderr)
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        raise SystemExit("bench: the release build failed (--no-build measures without one)")
