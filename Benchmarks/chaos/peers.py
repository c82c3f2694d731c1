"""The programs: upstreams that can be ended and begun again, and Gatehouse before them."""

import asyncio
import shutil
import signal
import socket
import subprocess


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Nginx:
    """One upstream. Its answers tell which one it is; its log tells which bodies it got."""

    def __init__(self, folder, number, port, http2=False):
        self.folder = folder / f"nginx{number}"
        self.folder.mkdir()
        self.number = number
        self.port = port
        #: Without TLS.
        self.http2 = http2
        self.process = None
        self.log = self.folder / "access.log"

    @property
    def url(self):
        return f"{'h2c' if self.http2 else 'http'}://127.0.0.1:{self.port}"

    async def start(self, location="", http="", requests=1_000_000):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        config = self.folder / "nginx.conf"
        config.write_text(f"""
daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  log_format tag '$request_method $http_x_tag $status'; access_log {self.log} tag;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
  uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  keepalive_requests {requests}; {http}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096 {"http2" if self.http2 else ""};

    location / {{ {location} return 200 "upstream {self.number}\\n"; }}
  }}
}}
""")
        self.process = subprocess.Popen(
            [program, "-c", str(config), "-p", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.01)
        raise SystemExit(f"nginx did not start:\n{(self.folder / 'error.log').read_text()}")

    def end(self, how=signal.SIGKILL):
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def tags(self, method):
        if not self.log.exists():
            return []
        return [line.split()[1] for line in self.log.read_text().splitlines() if line.startswith(method)]


class Gatehouse:
    def __init__(self, binary, folder, port, upstreams, extra, each_says=""):
        self.port = port
        self.log = folder / "gatehouse.log"
        self.access = folder / "access.log"
        config = folder / "gatehouse.toml"
        servers = "".join(
            f'[[sites.proxy.upstreams]]\nname = "pool"\nurl = "{each.url}"\n{each_says}' for each in upstreams)
        config.write_text(f"""
[logging]
access_log = "{self.access}"
format = "json"
[performance]
worker_threads = 2
[limits]
max_requests_per_connection = 0
[[sites]]
hostname = "localhost"
listen = "127.0.0.1"
port = {port}
[sites.proxy]
enabled = true
{servers}
[[sites.proxy.routes]]
path = "/"
upstream = "pool"
{extra}
""")
        self.process = subprocess.Popen(
            [str(binary), "run", "--config", str(config)], stdout=open(self.log, "w"), stderr=subprocess.STDOUT)

    async def ready(self):
        while self.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.02)
        raise SystemExit(f"gatehouse did not start:\n{self.log.read_text()}")

    def end(self):
        self.process.terminate()
        self.process.wait()
