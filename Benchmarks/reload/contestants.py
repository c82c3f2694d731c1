"""The programs that scripts/soak-reload changes while they run: how each is configured, reloaded, upgraded, and looked at."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PLAIN, SECURE, EXTRA, UPSTREAM = 19480, 19443, 19481, 19490
HOST = "site0.example"


class Contestant:
    """One that runs, in a session of its own: whatever it starts is found by that."""

    name = ""
    #: The file that it reads.
    file = ""

    def __init__(self, directory: Path, programs: list[Path]) -> None:
        self.directory, self.programs = directory, programs
        self.log = directory / "program.log"
        self.offset = 0
        self.unseen = ""
        self.write(0)
        environment = {**os.environ, "RUNTIME_DIRECTORY": str(directory / "run"), "STATE_DIRECTORY": str(directory / "state")}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(), stdout=output, stderr=output, env=environment, start_new_session=True, cwd=directory)
        self.main = self.session = self.process.pid

    def write(self, number: int) -> None:
        """As whoever writes a configuration should: whole, or not at all."""
        target = self.directory / self.file
        target.with_suffix(".next").write_text(self.configuration(number))
        target.with_suffix(".next").rename(target)

    def wait_for(self, words: str) -> str:
        """The next line with these words."""
        if (line := self.find(words, timeout=60)) is None:
            sys.exit(f"{self.name} did not say {words!r}:\n{self.log.read_text()[-2000:]}")
        return line

    def find(self, words: str, timeout: float) -> str | None:
        """The next line with these words, if it comes in time; each line is looked at once."""
        end = time.monotonic() + timeout
        while True:
            with self.log.open() as log:
                log.seek(self.offset)
                self.unseen += log.read()
                self.offset = log.tell()
            *lines, rest = self.unseen.split("\n")
            for place, line in enumerate(lines):
                if words in line:
                    self.unseen = "\n".join([*lines[place + 1:], rest])
                    return line
            self.unseen = rest
            if time.monotonic() > end:
                return None
            time.sleep(0.005)

    def forget_lines(self) -> None:
        """What has been said so far is not waited for."""
        self.offset, self.unseen = self.log.stat().st_size, ""

    def processes(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split() if entry.name.isdigit() else []
            except OSError:
                continue
            if fields and int(fields[3]) == self.session and fields[0] != "Z":
                found.append(int(entry.name))
        return found

    def held(self) -> dict[str, int]:
        """Of all its processes together; memory that they share is counted once (proc_pid_smaps_rollup(5))."""
        sums = {"processes": 0, "memory KiB": 0, "descriptors": 0}
        for process in self.processes():
            try:
                lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
                sums["descriptors"] += len(os.listdir(f"/proc/{process}/fd"))
            except OSError:
                continue
            sums["memory KiB"] += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            sums["processes"] += 1
        return sums

    def stop(self) -> None:
        # A master that lives a moment longer than its worker makes another one.
        while processes := self.processes():
            for process in processes:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)
        self.process.wait()

    def wait_until_serving(self) -> None:
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def configuration(self, number: int) -> str:
        """Each differs from the one before; each tenth is wrong."""
        raise NotImplementedError

    def reload(self, is_right: bool) -> None:
        """Returns when what was written is in use, or refused."""
        raise NotImplementedError

    def use_certificate(self) -> None:
        """The files have been replaced; returns when new clients are shown them."""
        raise NotImplementedError

    def upgrade(self, number: int) -> bool:
        """Returns when another process serves; false if none does."""
        raise NotImplementedError


class Gatehouse(Contestant):
    name, file = "Gatehouse", "soak.toml"

    def command(self) -> list[str | Path]:
        return [self.programs[0], "run", "-c", self.directory / self.file]

    def configuration(self, number: int) -> str:
        if number % 10 == 9:
            missing = f'[[sites]]\nhostname = "a"\nport = 19482\n[sites.ssl]\nenabled = true\ncert_file = "/none{number}"\n'
            return ['[limits]\nhead_timeout = "9 parsecs"\n', '[[sites]]\nhostname = "a\nport =', "", missing][number // 10 % 4]
        site = "\n".join([
            "[[sites]]", f'hostname = "{HOST}"', 'listen = "127.0.0.1"', "port = {port}", "{ssl}", "[sites.proxy]",
            "enabled = true", "[[sites.proxy.upstreams]]", 'name = "app"', f'url = "http://127.0.0.1:{UPSTREAM}"',
            f"weight = {1 + number % 4}", "[[sites.proxy.routes]]", 'path = "/"', 'upstream = "app"',
            "[[sites.proxy.routes]]", 'path = "/ws"', 'upstream = "app"', "websocket = true",
            *(["[[sites.proxy.routes]]", f'path = "/more{number}/"', 'upstream = "app"'] if number % 2 else []), ""])
        now = self.directory / "now"
        tls = f'[sites.ssl]\nenabled = true\ncert_file = "{now}/{HOST}.crt"\nkey_file = "{now}/{HOST}.key"'
        text = "\n".join([
            "[logging]", 'access_log = "none"', "[performance]", "worker_threads = 2", "max_connections = 5000", "[limits]",
            f"max_fields = {100 + number % 7}", ""])
        text += site.format(port=PLAIN, ssl="") + site.format(port=SECURE, ssl=tls)
        return text + (site.format(port=EXTRA, ssl="") if number % 3 == 0 else "")

    def wait_until_serving(self) -> None: self.wait_for(": serving ")

    def reload(self, is_right: bool) -> None:
        os.kill(self.main, signal.SIGHUP)
        self.wait_for(": reloaded " if is_right else "the reload is refused")

    def use_certificate(self) -> None: self.wait_for("a certificate is replaced")

    def upgrade(self, number: int) -> bool:
        socket = self.directory / "run" / f"{self.main}.sock"
        program = self.programs[number % len(self.programs)]
        subprocess.run([self.programs[0], "upgrade", "--socket", socket, program], check=True, capture_output=True)
        self.main = int(self.wait_for(": upgraded: ").split("successor=")[1].split()[0])
        end = time.monotonic() + 10
        while not (self.directory / "run" / f"{self.main}.sock").exists() and time.monotonic() < end:
            time.sleep(0.01)
        return True


class Nginx(Contestant):
    name, file = "nginx", "nginx.conf"

    def command(self) -> list[str | Path]:
        return [shutil.which("nginx") or "nginx", "-p", str(self.directory), "-c", str(self.directory / self.file)]

    def configuration(self, number: int) -> str:
        if number % 10 == 9:
            missing = f"http {{ server {{ listen 19482 ssl; ssl_certificate /none{number}; }} }}"
            return ["events {", "rubbish;", missing][number // 10 % 3]
        more = f"location /more{number}/ {{{{ proxy_pass http://app; }}}}" if number % 2 else ""
        server = "".join([
            "server {{ listen 127.0.0.1:{listen}; server_name ", HOST, "; {tls}\n",
            "client_max_body_size 10m; client_body_buffer_size 2m;\n",
            "location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}\n",
            "location /ws {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; ",
            "proxy_set_header Connection upgrade; proxy_read_timeout 3600; }}\n", more, "}}\n"])
        now = self.directory / "now"
        tls = f"ssl_certificate {now}/{HOST}.crt; ssl_certificate_key {now}/{HOST}.key;"
        servers = server.format(listen=PLAIN, tls="") + server.format(listen=f"{SECURE} ssl http2", tls=tls)
        servers += server.format(listen=EXTRA, tls="") if number % 3 == 0 else ""
        return (
            f"user root; worker_processes 2; pid {self.directory}/nginx.pid;\n"
            f"error_log {self.log} notice; events {{ worker_connections 8000; }}\n"
            f"http {{ access_log off; upstream app {{ server 127.0.0.1:{UPSTREAM} weight={1 + number % 4}; keepalive 64; }}\n"
            f"{servers} }}\n")

    def wait_until_serving(self) -> None:
        # In the background, else it takes no other process's place ("ignoring" of SIGUSR2).
        self.process.wait()
        self.wait_for("start worker process ")
        self.main = int((self.directory / "nginx.pid").read_text())
        self.session = os.getsid(self.main)

    def reload(self, is_right: bool) -> None:
        os.kill(self.main, signal.SIGHUP)
        self.wait_for("gracefully shutting down" if is_right else "[emerg]")

    def use_certificate(self) -> None: self.reload(True)

    def upgrade(self, number: int) -> bool:
        # Its own way (nginx.org, "Controlling nginx"): the new master beside the old one, then the old one is told to go.
        old, pid = self.main, self.directory / "nginx.pid"
        os.kill(old, signal.SIGUSR2)
        end = time.monotonic() + 3
        while not pid.exists() or int(pid.read_text() or old) == old:
            # One whose parent, the master before, still has tunnels ignores the signal.
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        self.main = int(pid.read_text())
        self.wait_for("start worker process ")
        os.kill(old, signal.SIGQUIT)
        return True


class HAProxy(Contestant):
    name, file = "HAProxy", "haproxy.cfg"

    def command(self) -> list[str | Path]:
        return [shutil.which("haproxy") or "haproxy", "-W", "-f", str(self.directory / self.file)]

    def configuration(self, number: int) -> str:
        if number % 10 == 9:
            return ["rubbish\n", "frontend a\n  bind :19482 ssl crt /none\n  mode http\n", "frontend\n"][number // 10 % 3]
        pair = f"{self.directory}/now/{HOST}.pem"
        binds = [f"  bind 127.0.0.1:{PLAIN}", f"  bind 127.0.0.1:{SECURE} ssl crt {pair} alpn h2,http/1.1"]
        binds += [f"  bind 127.0.0.1:{EXTRA}"] if number % 3 == 0 else []
        return "\n".join([
            "global", "  nbthread 2", "  maxconn 5000", f"  tune.bufsize {16_384 + number % 7 * 16}",
            f"  stats socket {self.directory}/admin.sock mode 600 level admin expose-fd listeners",
            "defaults", "  mode http", "  timeout client 60s", "  timeout server 60s", "  timeout connect 5s",
            "  timeout tunnel 1h",
            "frontend web", *binds, "  default_backend app",
            *([f"  use_backend app if {{ path_beg /more{number}/ }}"] if number % 2 else []),
            "backend app", f"  server a 127.0.0.1:{UPSTREAM} weight {1 + number % 4}", ""])

    def wait_until_serving(self) -> None: self.wait_for("Loading success")

    def reload(self, is_right: bool) -> None:
        # A signal that comes while it begins anew is lost.
        words = "Loading success" if is_right else "Loading failure"
        for _ in range(30):
            os.kill(self.main, signal.SIGUSR2)
            if self.find(words, timeout=2):
                return
        sys.exit(f"HAProxy did not say {words!r}:\n{self.log.read_text()[-2000:]}")

    def use_certificate(self) -> None: self.reload(True)

    def upgrade(self, number: int) -> bool:
        # The master becomes the new program by itself.
        self.reload(True)
        return True


CONTESTANTS = {"gatehouse": Gatehouse, "nginx": Nginx, "haproxy": HAProxy}
