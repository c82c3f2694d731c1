"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from .contestants import Contestant


def describe() -> dict[str, str]:
    """Processor, cores, memory, kernel, distribution, OpenSSL."""
    processor = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    system = re.search(r'PRETTY_NAME="(.*)"', _read("/etc/os-release"))
    return {
        "processor": processor[1] if processor else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory[1]) / 1048576:.0f} GiB" if memory else "unknown",
        "kernel": platform.release(),
        "system": system[1] if system else platform.system(),
        "openssl": _first_line(["openssl", "version"]).partition(" (")[0],
        "hypervisor": "yes" if " hypervisor " in _read("/proc/cpuinfo") else "no",
    }


def versions(programs: list[Contestant]) -> dict[str, str]:
    found = {program.name: program.version for program in programs if program.version}
    found["c compiler"] = _first_line(["cc", "--version"])
    return found


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _first_line(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.partition("\n")[0]
    except OSError:
        return "unknown"
