#!/usr/bin/env bash
# Guess: "PROXY UNKNOWN" begins a connection that its sender makes for itself, such as a health check: the PROXY protocol's
# specification has it for just that, wants receivers to take it and go by the real addresses, and so they do. Of fields
# behind the addresses (TLVs in version 2) they skip what they do not know.
# What happens: Apache closes such a connection without an answer, unless addresses follow, which HAProxy then refuses.
# Varnish closes it either way. LOCAL, which is the same in version 2, they all take. With 600 bytes of fields both close
# it again, Apache with more than 204 already; HAProxy and nginx take them.
# Why it matters to a gateway: clients are served, every health check fails, and so in the end nobody is served. A sender
# should name its own two addresses in version 1, which is what the receiver sees anyway, or speak version 2; and tell
# little of a client's certificate there, or those with long names are cut off and those with short ones are not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 libaprutil1 \
    varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >probe.py <<'END_OF_PROBE'
import glob, os, socket, struct, subprocess, sys, time

libraries = [path for path in glob.glob("root/usr/lib/*/") + glob.glob("root/usr/lib/*/varnish/")]
os.environ["LD_LIBRARY_PATH"] = ":".join(os.path.abspath(path) for path in libraries)

def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

def version_2(command, family, content=b""):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20 | command, family]) + struct.pack("!H", len(content)) + content

def fields(count):  # A client with one field, of no type that anybody knows, in so many bytes.
    ends = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 80)
    return version_2(1, 0x11, ends + b"\xe0" + struct.pack("!H", count - 3) + b"x" * (count - 3))

HEADERS = {
    "PROXY TCP4": b"PROXY TCP4 127.0.0.1 127.0.0.1 4711 80\r\n",
    "PROXY UNKNOWN": b"PROXY UNKNOWN\r\n",
    "the same with addresses": b"PROXY UNKNOWN 127.0.0.1 127.0.0.1 4711 80\r\n",
    "LOCAL": version_2(0, 0),
    "200 bytes of fields": fields(200),
    "250 bytes of fields": fields(250),
    "600 bytes of fields": fields(600),
}
ports = {name: free() for name in ("Apache", "Varnish", "HAProxy", "nginx")}
FILES = {
    "apache.conf": """ServerRoot "{here}"
PidFile "{here}/apache.pid"
LoadModule mpm_event_module root/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule remoteip_module root/usr/lib/apache2/modules/mod_remoteip.so
LoadModule authz_core_module root/usr/lib/apache2/modules/mod_authz_core.so
Listen 127.0.0.1:{Apache}
ServerName localhost
RemoteIPProxyProtocol On
ErrorLog "{here}/apache.log"
""",
    "haproxy.cfg": """defaults
 mode http
 timeout connect 5s
 timeout client 5s
 timeout server 5s
frontend all
 bind 127.0.0.1:{HAProxy} accept-proxy
 http-request return status 200
""",
    "nginx.conf": """daemon off; pid nginx.pid; error_log nginx.log; events {{}}
http {{ access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
 server {{ listen 127.0.0.1:{nginx} proxy_protocol; return 200; }} }}
""",
}
for name, text in FILES.items():
    with open(name, "w") as file:
        file.write(text.format(here=os.getcwd(), **ports))
COMMANDS = {
    "Apache": ["root/usr/sbin/apache2", "-f", os.path.abspath("apache.conf"), "-D", "FOREGROUND"],
    "Varnish": ["root/usr/sbin/varnishd", "-F", "-j", "none", "-n", os.path.abspath("varnish"), "-b", "none", "-s", "malloc,16m",
                "-a", f"127.0.0.1:{ports['Varnish']},PROXY"],
    "HAProxy": ["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"],
    "nginx": ["root/usr/sbin/nginx", "-p", ".", "-c", "nginx.conf", "-e", "nginx.log"],
}

def takes(port, header):  # Whether a request behind it is answered, with whatever status.
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        try:
            connection.sendall(header + b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(4096).startswith(b"HTTP/")
        except ConnectionError:
            return False

for command, version in (("apache2", "-v"), ("varnishd", "-V"), ("haproxy", "-v"), ("nginx", "-v")):
    told = subprocess.run(["root/usr/sbin/" + command, version], capture_output=True, text=True)
    print((told.stdout + told.stderr).splitlines()[0])
log = open("log", "w")
processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in COMMANDS.values()]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {name: [takes(port, header) for header in HEADERS.values()] for name, port in ports.items()}
    most = next(count for count in range(600, 3, -1) if takes(ports["Apache"], fields(count)))
finally:
    for process in processes:
        process.terminate()
        process.wait()
for place, header in enumerate(HEADERS):
    print(f"{header}:", ", ".join(f"{name} {'takes it' if seen[name][place] else 'closes'}" for name in seen))
print("fields that Apache takes: bytes at most:", most)
expected = {"Apache": [True, False, True, True, True, False, False], "Varnish": [True, False, False, True, True, True, False],
            "HAProxy": [True, True, False, True, True, True, True], "nginx": [True] * 7}
sys.exit(seen != expected or most != 204)
END_OF_PROBE
python3 probe.py
