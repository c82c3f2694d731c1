"""pebble, an ACME authority on this machine, and the DNS server that it asks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from .gateway import LOAD_CORE, free_port, on_core


class Pebble:
    """Started with certificates of `folder` (`localhost.crt`, `localhost.key`); ended on the way out."""

    def __init__(self, work: Path, folder: Path, http_port: int) -> None:
        self.port, management, names, control = (free_port() for _ in range(4))
        configuration = work / "pebble.json"
        configuration.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(folder / "localhost.crt"), "privateKey": str(folder / "localhost.key"),
            "httpPort": http_port, "tlsPort": http_port, "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "certificateValidityPeriod": 90 * 86_400}}))
        self._log = (work / "pebble.log").open("wb")
        # Every name leads to this machine.
        self._processes = [
            self._start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "",
                        "-tlsalpn01", "", "-dns01", f"127.0.0.1:{names}", "-management", f"127.0.0.1:{control}"),
            self._start("pebble", "-config", str(configuration), "-dnsserver", f"127.0.0.1:{names}")]
        self._wait()

    @property
    def directory(self) -> str:
        return f"https://localhost:{self.port}/dir"

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        return subprocess.Popen(
            on_core(LOAD_CORE, *command), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=environment)

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if time.monotonic() > end:
                    self.end()
                    raise RuntimeError("pebble does not start; scripts/install-tools test installs it") from None
                time.sleep(0.05)

    def let_others_go_first(self) -> None:
        """It gets what the client leaves of their core (sched(7), SCHED_IDLE), as if it had a machine of its own."""
        for process in self._processes:
            subprocess.run(["chrt", "--all-tasks", "--idle", "--pid", "0", str(process.pid)], check=True)

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()

    def __enter__(self) -> Pebble:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()
