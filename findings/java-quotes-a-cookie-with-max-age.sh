#!/usr/bin/env bash
# Guess: Max-Age, the newer way to say for how long a cookie lives, changes nothing about how it comes back: session=abc is sent
# as session=abc (RFC 6265 §5.4), as without Max-Age, and as with the older Expires.
# What happens: to Java's CookieManager, so for HttpClient and HttpURLConnection, Max-Age without Expires makes it a cookie of
# RFC 2965, which was given up in 2011, and it sends $Version="1"; session="abc";$Path="/";$Domain="shop.example". With Expires
# beside it, or with neither, it is session=abc. Starlette (so FastAPI), aiohttp and falcon, told max_age=3600, write Max-Age
# alone, Flask and Django both. Frameworks in Python take the quotes off again. HAProxy and nginx do not.
# Why it matters to a gateway: HAProxy's sticky cookie keeps Java on its server until somebody gives it a life (attr Max-Age=…);
# then each request goes to the next server, and gets a new cookie, while curl and browsers stay. A rule that compares a cookie of
# the application (a canary, a language), as nginx's $cookie_NAME, finds "1" with its quotes, and no 1. Write Expires as well
# where a cookie is for proxies, too, and let rules take a value with and without quotes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1 curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    haproxy=2.6.12-1+deb12u4 nginx=1.22.1-9+deb12u11
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 aiohttp==3.14.5 \
    starlette==1.10.0 flask==3.1.3 django==5.2.19 falcon==4.4.0
cat >Ask.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;

public class Ask {
    public static void main(String[] words) throws Exception {  // A jar and four requests for each URL.
        for (int at = 1; at < words.length; at++) {
            var jar = new CookieManager();
            var client = HttpClient.newBuilder().cookieHandler(jar).build();
            CookieHandler.setDefault(jar);
            for (int left = 4; left > 0; left--)
                System.out.println(words[0].equals("HttpClient")
                    ? client.send(HttpRequest.newBuilder(URI.create(words[at])).build(),
                        HttpResponse.BodyHandlers.ofString()).body()
                    : new String(new URL(words[at]).openStream().readAllBytes()));
        }
    }
}
END_OF_JAVA
cat >ask.py <<'END_OF_PYTHON'
import asyncio, sys

name, *urls = sys.argv[1:]
if name == "requests":
    import requests
    for url in urls:
        session = requests.Session()
        for _ in range(4):
            print(session.get(url).text)
else:
    import aiohttp

    async def ask(url):
        jar = aiohttp.CookieJar(unsafe=True)  # It keeps cookies of an address, too.
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            for _ in range(4):
                async with session.get(url) as answer:
                    print(await answer.text())

    for url in urls:
        asyncio.run(ask(url))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, http.server, importlib.metadata, os, socket, subprocess, sys, threading, time

LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
JAVA = [os.path.abspath(glob.glob("root/usr/lib/jvm/java-17-openjdk-*/bin/java")[0]), "-XX:TieredStopAtLevel=1", "-cp", "."]
PLAIN, BOTH, ALONE = "", "; Max-Age=3600; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "; Max-Age=3600"
CLIENTS = {"curl": ["root/usr/bin/curl", "-s", "-b", "", "-w", "\\n"], "requests": [sys.executable, "ask.py", "requests"],
           "aiohttp": [sys.executable, "ask.py", "aiohttp"],
           "HttpClient": [*JAVA, "Ask", "HttpClient"], "HttpURLConnection": [*JAVA, "Ask", "HttpURLConnection"]}
JAVAS = ("HttpClient", "HttpURLConnection")

class Server(http.server.BaseHTTPRequestHandler):  # Says what cookies came, and which server this is.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{self.server.server_port} {self.headers['Cookie']} {self.headers['X-Read']}".encode()
        self.send_response(200)
        if self.server.sets is not None and not self.headers["Cookie"]:
            self.send_header("Set-Cookie", "session=abc; Path=/" + self.server.sets)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Servers(http.server.ThreadingHTTPServer):
    daemon_threads = True
    handle_error = lambda *_: None  # Connections that are reset at the end.

def server(sets=None):
    made = Servers(("127.0.0.1", 0), Server)
    made.sets = sets
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made.server_port

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

def ask(name, urls):  # The lines that four answers of each are.
    own = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    calls = [CLIENTS[name] + urls]
    if name == "curl":
        own["LD_LIBRARY_PATH"] = LIBRARIES
        calls = [CLIENTS[name] + [url] * 4 for url in urls]
    lines = []
    for call in calls:
        done = subprocess.run(call, capture_output=True, text=True, env=own, timeout=60, check=True)
        lines += done.stdout.splitlines()
    return [lines[start:start + 4] for start in range(0, len(lines), 4)]

def started(command, port, log):
    process = subprocess.Popen(command, stdout=log, stderr=log)
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert process.poll() is None, open("log").read()
        time.sleep(0.1)
    return process

def haproxy(log, ports):  # With a sticky cookie that has no life, and one that has.
    servers = "".join(f"    server {name} 127.0.0.1:{server()} cookie {name}\n" for name in ("s1", "s2", "s3"))
    with open("haproxy.cfg", "w") as file:
        file.write("defaults\n    mode http\n    timeout client 30s\n    timeout server 30s\n    timeout connect 30s\n")
        for port, life in zip(ports, ("", "attr Max-Age=3600")):
            file.write(f"""listen all-{port}
    bind 127.0.0.1:{port}
    balance roundrobin
    cookie SRV insert indirect nocache {life}
{servers}""")
    return started(["root/usr/sbin/haproxy", "-f", "haproxy.cfg"], ports[1], log)

def nginx(log, port):  # It tells the server what $cookie_session is.
    os.makedirs("nginx/logs")
    with open("nginx/nginx.conf", "w") as file:
        file.write(f"""daemon off; pid nginx.pid; error_log error.log; events {{}}
http {{
    access_log off;
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_set_header X-Read $cookie_session; proxy_pass http://127.0.0.1:{server(ALONE)}; }}
    }}
}}
""")
    return started(["root/usr/sbin/nginx", "-p", "nginx/", "-c", "nginx.conf"], port, log)

def written():  # By frameworks that are told max_age=3600.
    import aiohttp.web, django.conf, django.http, falcon, flask, starlette.responses

    django.conf.settings.configure()
    answers = {"starlette": starlette.responses.Response(), "flask": flask.Response(), "aiohttp": aiohttp.web.Response(),
               "falcon": falcon.Response(), "django": django.http.HttpResponse()}
    for answer in answers.values():
        answer.set_cookie("session", "abc", max_age=3600)
    return {"starlette": answers["starlette"].headers["set-cookie"], "flask": answers["flask"].headers["Set-Cookie"],
            "aiohttp": answers["aiohttp"].cookies.output(), "falcon": answers["falcon"]._cookies.output(),
            "django": answers["django"].cookies.output()}

def read_by_frameworks(field):
    import aiohttp.test_utils, django.http.cookie, starlette.requests, werkzeug.http

    request = aiohttp.test_utils.make_mocked_request("GET", "/", headers={"Cookie": field})
    return [django.http.cookie.parse_cookie(field)["session"], starlette.requests.cookie_parser(field)["session"],
            werkzeug.http.parse_cookie(field)["session"], request.cookies["session"]]

right = True
old = '$Version="1"; session="abc";$Path="/";$Domain="127.0.0.1"'
balanced, read = [free_port(), free_port()], free_port()
urls = [f"http://127.0.0.1:{port}/" for port in (server(PLAIN), server(BOTH), server(ALONE), *balanced, read)]
processes = []
with open("log", "w") as log:
    try:
        processes = [haproxy(log, balanced), nginx(log, read)]
        for name in CLIENTS:
            answers = ask(name, urls)
            sent = [lines[1].split(" ", 1)[1].rsplit(" ", 1)[0] for lines in answers[:3]]
            kept = [len({line.split()[0] for line in lines}) for lines in answers[3:5]]
            value = answers[5][1].rsplit(" ", 1)[1]
            print(f"{name} sends {sent[0]}; with Max-Age and Expires {sent[1]}; with Max-Age {sent[2]}; HAProxy sends its four "
                  f"requests to {kept[0]} server(s), and with Max-Age to {kept[1]}; nginx reads {value}")
            right = right and (sent, kept, value) == (
                (["session=abc"] * 2 + [old], [1, 3], '"abc"') if name in JAVAS else (["session=abc"] * 3, [1, 1], "abc"))
    finally:
        for process in processes:
            process.terminate()
            process.wait()
for name, field in written().items():
    has_expires = "expires=" in field.lower()
    right = right and "max-age=3600" in field.lower() and has_expires == (name in ("flask", "django"))
    print(f"{name} {importlib.metadata.version(name)} writes Max-Age {'and Expires' if has_expires else 'alone'}")
right = right and read_by_frameworks(old) == ["abc"] * 4
java = subprocess.run(JAVA + ["--version"], capture_output=True, text=True).stdout.split()[1]
print(f"Java {java}, HAProxy 2.6.12, nginx 1.22.1, curl 7.88.1, requests {importlib.metadata.version('requests')}")
sys.exit(not right)
END_OF_PROBE
root/usr/lib/jvm/java-17-openjdk-*/bin/javac Ask.java
venv/bin/python probe.py
