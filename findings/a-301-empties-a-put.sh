#!/usr/bin/env bash
# Guess: 301 and 302 make a GET of a POST, for history's sake, and touch no other method (RFC 9110 §15.4.2: "for historical
# reasons, a user agent MAY change the request method from POST to GET"). A PUT or DELETE goes on as it was, body included.
# What happens: requests sends the PUT on without its body over a 301: a proper PUT of 0 bytes, which the server stores, with 200
# for the program. curl -X PUT -d does so over 301, 302 and 303, and -X POST an empty POST. Over a 302 requests and httpx,
# over either PHP make a GET of PUT and DELETE: 200, and nothing was stored or deleted. urllib3 sends a POST again as POST.
# fetch, aiohttp, wget, curl -T and Java's HttpClient do as guessed. 307 and 308 keep method and body, but for Java's
# HttpURLConnection, which follows no 308.
# Why it matters to a gateway: redirects from http to https, to another host or to a path with a slash are written as 301 by
# habit. An upload through the old URL then leaves an empty object, or the old one, and every log says 200. Answer 308, or
# for temporary ones 307; what must not be redirected, such as an API on port 80, is better refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1
for package in ./openjdk*.deb; do dpkg-deb -x "$package" java; done
# The package has its settings below /etc, and leads there from its own folder.
find java/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "java$(readlink "$link")" "$link"
done
PATH=$PWD/java/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)/bin:$PATH
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
cat >Client.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;

public class Client {
    public static void main(String[] words) throws Exception {
        for (int i = 1; i < words.length; i += 2) {
            String method = words[i];
            var url = URI.create(words[i + 1]);
            boolean hasBody = !method.equals("DELETE");
            try {
                if (words[0].equals("HttpClient")) {
                    var client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
                    var body = hasBody ? HttpRequest.BodyPublishers.ofString("order") : HttpRequest.BodyPublishers.noBody();
                    client.send(HttpRequest.newBuilder(url).method(method, body).build(),
                        HttpResponse.BodyHandlers.ofString());
                } else {
                    var connection = (HttpURLConnection) url.toURL().openConnection();
                    connection.setRequestMethod(method);
                    if (hasBody) {
                        connection.setDoOutput(true);
                        connection.getOutputStream().write("order".getBytes());
                    }
                    connection.getInputStream().readAllBytes();
                }
            } catch (java.io.IOException expected) {}
        }
        System.exit(0);
    }
}
END_OF_JAVA
cat >client.js <<'END_OF_NODE'
const words = process.argv.slice(2);
(async () => {
    for (let i = 0; i < words.length; i += 2) {
        const [method, url] = words.slice(i);
        const body = method == "DELETE" ? undefined : "order";
        await fetch(url, { method, body }).then(answer => answer.text()).catch(() => {});
    }
    process.exit(0);
})();
END_OF_NODE
cat >client.php <<'END_OF_PHP'
<?php
foreach (array_chunk(array_slice($argv, 1), 2) as [$method, $url]) {
    $options = ["method" => $method, "header" => "Content-Type: text/plain"];
    $options += $method == "DELETE" ? [] : ["content" => "order"];
    @file_get_contents($url, false, stream_context_create(["http" => $options]));
}
END_OF_PHP
cat >client.py <<'END_OF_PYTHON'
import asyncio, sys
import aiohttp, httpx, requests, urllib3

library, *words = sys.argv[1:]

async def with_aiohttp(method, url, body):
    async with aiohttp.ClientSession() as session, session.request(method, url, data=body):
        pass

SEND = {"requests": lambda method, url, body: requests.request(method, url, data=body),
        "httpx": lambda method, url, body: httpx.request(method, url, content=body, follow_redirects=True),
        "urllib3": lambda method, url, body: urllib3.request(method, url, body=body),
        "aiohttp": lambda method, url, body: asyncio.run(with_aiohttp(method, url, body))}
for method, url in zip(words[::2], words[1::2]):
    SEND[library](method, url, None if method == "DELETE" else b"order")
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import os, re, socket, subprocess, sys, threading

os.environ["no_proxy"] = "*"
METHODS, STATUSES = ("POST", "PUT", "DELETE"), (301, 302, 303, 307, 308)
arrived = {}

def serve(connection):
    with connection, connection.makefile("rb") as stream:
        method, path = stream.readline().decode().split()[:2]
        head = b""
        while (line := stream.readline()) not in (b"\r\n", b""):
            head += line
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        body = stream.read(int(length[1]) if length else 0)
        sent, status = path.split("/")[2:]
        if path.startswith("/old"):
            answer = f"{status} Moved\r\nLocation: /new/{sent}/{status}"
        else:
            arrived[sent, int(status)] = method if body or method in ("GET", "DELETE") else method + " of nothing"
            answer = "200 OK"
        connection.sendall(f"HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())

listener = socket.create_server(("127.0.0.1", 0))

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()
base = f"http://127.0.0.1:{listener.getsockname()[1]}/old/"
PAIRS = [(method, f"{base}{method}/{status}") for method in METHODS for status in STATUSES]
WORDS = [word for pair in PAIRS for word in pair]

def each(*command, only=METHODS):  # A run for each request.
    return [[part.replace("METHOD", method) for part in command] + ([] if method == "DELETE" else ["-d", "order"]) + [url]
            for method, url in PAIRS if method in only]

def with_wget():
    return [["wget", "-q", "-O", "out", "--method", method, *([] if method == "DELETE" else ["--body-data=order"]), url]
            for method, url in PAIRS]

CLIENTS = {
    **{library: [["venv/bin/python", "client.py", library, *WORDS]] for library in ("requests", "httpx", "urllib3", "aiohttp")},
    "curl -X METHOD -d": each("curl", "-sS", "-L", "-X", "METHOD"), "curl -d": each("curl", "-sS", "-L", only=["POST"]),
    "curl -T": [["curl", "-sS", "-L", "-H", "Expect:", "-T", "order", url] for method, url in PAIRS if method == "PUT"],
    "wget": with_wget(), "fetch": [["node", "client.js", *WORDS]], "PHP": [["php", "-n", "client.php", *WORDS]],
    "HttpClient": [["java", "Client.java", "HttpClient", *WORDS]],
    "HttpURLConnection": [["java", "Client.java", "HttpURLConnection", *WORDS]],
}
with open("order", "w") as file:
    file.write("order")
for command in (["curl", "--version"], ["wget", "--version"], ["node", "--version"], ["php", "-n", "--version"],
                ["java", "--version"]):
    print(command[0], subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0])
seen = {}
for name, commands in CLIENTS.items():
    arrived.clear()
    for command in commands:
        subprocess.run(command, capture_output=True, timeout=100)
    for method in METHODS:
        if name not in ("curl -d", "curl -T") or (method, 307) in arrived:
            seen[name, method] = [arrived.get((method, status), "nothing") for status in STATUSES]
            what = zip(STATUSES, seen[name, method])
            print(f"{name}, {method}:", ", ".join(f"over {status} {request}" for status, request in what))

def first(*three):  # What arrives over 301, 302 and 303; over the others all is as it was sent.
    return list(three)

expected = {
    ("requests", "PUT"): first("PUT of nothing", "GET", "GET"), ("requests", "DELETE"): first("DELETE", "GET", "GET"),
    ("httpx", "PUT"): first("PUT", "GET", "GET"), ("httpx", "DELETE"): first("DELETE", "GET", "GET"),
    ("urllib3", "POST"): first("POST", "POST", "GET"),
    ("curl -X METHOD -d", "POST"): first(*["POST of nothing"] * 3), ("curl -X METHOD -d", "PUT"): first(*["PUT of nothing"] * 3),
    ("curl -X METHOD -d", "DELETE"): first(*["DELETE"] * 3),
    ("PHP", "PUT"): first(*["GET"] * 3), ("PHP", "DELETE"): first(*["GET"] * 3),
    ("HttpURLConnection", "PUT"): first(*["PUT"] * 3), ("HttpURLConnection", "DELETE"): first(*["DELETE"] * 3),
}
for key, what in seen.items():
    usual = first("GET", "GET", "GET") if key[1] == "POST" else first(key[1], key[1], "GET")
    others = [key[1], "nothing" if key[0] == "HttpURLConnection" else key[1]]
    if what != expected.get(key, usual) + others:
        print("unexpected:", *key, *what)
        expected["wrong"] = None
sys.exit("wrong" in expected)
END_OF_PROBE
venv/bin/python probe.py
