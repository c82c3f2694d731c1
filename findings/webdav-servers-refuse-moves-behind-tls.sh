#!/usr/bin/env bash
# Guess: behind a gateway that ends TLS a WebDAV server moves files as ever: of Destination (RFC 4918 §10.3) it takes
# the path, and of the host at most that it is its own, which Host says; the path alone is good, too.
# What happens: the client writes the URL that it knows, with https, and the server compares the scheme with its own
# connection's. Apache answers 502 to COPY and MOVE, nginx and lighttpd 400, while PUT, GET, LOCK and PROPFIND
# work; X-Forwarded-Proto and -Host change nothing. Apache refuses the path alone (400), which RFC 4918 allows.
# wsgidav and Radicale go by those fields, and Radicale then refuses (502) just what the first three want.
# Why it matters to a gateway: a file server seems to work until somebody renames a file. The gateway has to write
# Destination anew as it writes the request line, with the scheme and the Host of the upstream's side, and to
# leave it alone where the upstream goes by X-Forwarded-Proto.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check wsgidav==4.4.0 cheroot==11.1.2 radicale==3.9.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 \
    libaprutil1=1.6.3-1+deb12u1 libjansson4=2.14-2 liblua5.3-0=5.3.6-2 nginx=1.22.1-9+deb12u11 lighttpd=1.4.69-1 \
    lighttpd-mod-webdav=1.4.69-1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
cat >probe.py <<'END_OF_PROBE'
import http.client, importlib.metadata, os, pwd, re, socket, subprocess, sys, time

work = os.getcwd()
user = pwd.getpwuid(os.getuid()).pw_name

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def write(name, text):
    with open(name, "w") as file:
        file.write(text)

def ask(port, method, path, body=None, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    connection.request(method, path, body, {"Host": "files.example", **names})
    answer = connection.getresponse()
    answer.read()
    return answer.status

def apache(port):
    modules = root + "usr/lib/apache2/modules/"
    names = ("mpm_event", "authz_core", "dav", "dav_fs")
    loaded = "\n".join(f"LoadModule {name}_module {modules}mod_{name}.so" for name in names)
    write("apache.conf", f"""ServerRoot {work}
PidFile {work}/apache.pid
ServerName localhost
Listen 127.0.0.1:{port}
ErrorLog {work}/apache.log
{loaded}
User nobody
Group nogroup
DocumentRoot {work}/apache
DAVLockDB {work}/apache/locks
<Directory {work}/apache>
Dav On
Require all granted
</Directory>
""")
    return [root + "usr/sbin/apache2", "-f", work + "/apache.conf", "-X"]

def nginx(port):
    places = " ".join(f"{kind}_temp_path {work}/t-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    write("nginx.conf", f"""daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log; user {user}; events {{}}
http {{ access_log off; {places}
server {{ listen 127.0.0.1:{port}; location / {{ root {work}/nginx; dav_methods PUT COPY MOVE; }} }} }}
""")
    return [root + "usr/sbin/nginx", "-e", work + "/nginx.log", "-c", work + "/nginx.conf"]

def lighttpd(port):
    write("lighttpd.conf", f"""server.modules = ("mod_webdav")
server.document-root = "{work}/lighttpd"
server.bind = "127.0.0.1"
server.port = {port}
webdav.activate = "enable"
""")
    return [root + "usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf", "-m", root + "usr/lib/lighttpd"]

def wsgidav(port):
    return ["venv/bin/wsgidav", "--host", "127.0.0.1", "--port", str(port), "--root", "wsgidav", "--auth", "anonymous", "--quiet"]

def radicale(port):
    storage = f"[storage]\nfilesystem_folder = {work}/radicale\n"
    write("radicale.conf", f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n{storage}")
    return ["venv/bin/radicale", "--config", "radicale.conf"]

def seen(start, prefix, prepare):
    os.mkdir(start.__name__)
    os.chmod(start.__name__, 0o777)
    port = free_port()
    server = subprocess.Popen(start(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                prepare(port)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(start.__name__ + " does not come up")
        forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "files.example", "X_Forwarded_Port": "443"}
        method = "MOVE" if start is radicale else "COPY"
        statuses = []
        for place in ("https://files.example", "http://files.example", ""):
            prepare(port)
            statuses.append(ask(port, method, prefix + "a", Destination=place + prefix + "b", **forwarded))
        return statuses
    finally:
        server.kill()
        server.wait()

EVENT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:a\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n" \
    "DTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

def put(port):
    ask(port, "PUT", "/a", "text")

def put_event(port):
    ask(port, "MKCALENDAR", "/me/c/", Authorization="Basic bWU6bWU=")
    ask(port, "DELETE", "/me/c/b", Authorization="Basic bWU6bWU=")
    ask(port, "PUT", "/me/c/a", EVENT, Authorization="Basic bWU6bWU=", Content_Type="text/calendar")

def debian(program):
    said = subprocess.run([root + "usr/sbin/" + program, "-v"], capture_output=True, text=True)
    return re.search(r"[0-9]+\.[0-9.]+[0-9]", said.stdout + said.stderr).group()

# Apache does not serve as root.
os.chmod(work, 0o755)
root = work + "/root/"
right = True
for start, version, prefix, prepare, expected in (
        (apache, debian("apache2"), "/", put, [502, 201, 400]), (nginx, debian("nginx"), "/", put, [400, 204, 204]),
        (lighttpd, debian("lighttpd"), "/", put, [400, 201, 204]),
        (wsgidav, importlib.metadata.version("wsgidav"), "/", put, [201, 204, 204]),
        (radicale, importlib.metadata.version("radicale"), "/me/c/", put_event, [201, 502, 201])):
    statuses = seen(start, prefix, prepare)
    names = ("with https", "with http", "a path alone")
    print(f"{start.__name__} {version}: Destination " + "; ".join(f"{name}: {status}" for name, status in zip(names, statuses)))
    right = right and statuses == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
