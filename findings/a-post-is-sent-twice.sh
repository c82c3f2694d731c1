#!/usr/bin/env bash
# Guess: who sends a POST, and gets no answer before the connection ends, is told so; to send it again is the program's
# affair (RFC 9110 §9.2.2 lets a client do so by itself only if it knows that it does no harm). At most that is done where
# an idle connection had just been closed.
# What happens: Java's HttpURLConnection sends it once more, unasked, on a new connection as on a used one, and curl on a used
# one, though the server had read it whole. Of other methods Ruby's Net::HTTP repeats a PUT also after a read timeout, so
# that read_timeout = 60 is two minutes and two requests, and urllib3 sends four. requests, httpx, Node.js and Java's
# HttpClient repeat no POST and no PUT.
# Why it matters to a gateway: a worker that dies over one poisonous order takes it twice, and a limit that ends connections
# without a word has things booked twice. Whoever stands between has to answer, 408, 502 or 504, and not just to close: none
# of these repeats a POST that has an answer. Java has -Dsun.net.http.retryPost=false, Ruby max_retries = 0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1
cat >Client.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;
import java.time.Duration;

public class Client {
    static void old(String method, String url) throws Exception {
        var connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod(method);
        connection.setReadTimeout(1000);
        if (!method.equals("GET")) {
            connection.setDoOutput(true);
            connection.getOutputStream().write("order".getBytes());
        }
        connection.getInputStream().readAllBytes();
    }

    public static void main(String[] words) throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        for (int i = 1; i < words.length; i += 2) {
            try {
                if (words[0].equals("HttpURLConnection")) {
                    old(words[i], words[i + 1]);
                } else {
                    var body = HttpRequest.BodyPublishers.ofString(words[i].equals("GET") ? "" : "order");
                    var request = HttpRequest.newBuilder(URI.create(words[i + 1])).timeout(Duration.ofSeconds(1));
                    client.send(request.method(words[i], body).build(), HttpResponse.BodyHandlers.ofString());
                }
            } catch (java.io.IOException expected) {}
        }
        System.exit(0);
    }
}
END_OF_JAVA
cat >client.rb <<'END_OF_RUBY'
require "net/http"
ARGV.each_slice(2).group_by { |_, url| URI(url).port }.each do |port, requests|
  client = Net::HTTP.new("127.0.0.1", port)
  client.read_timeout = 1
  client.start
  requests.each do |method, url|
    request = Net::HTTP.const_get(method.capitalize).new(URI(url).path)
    request.body = "order" unless method == "GET"
    client.request(request)
  rescue EOFError, Net::ReadTimeout
  end
end
END_OF_RUBY
cat >client.js <<'END_OF_NODE'
(async () => {
    const words = process.argv.slice(2);
    for (let i = 0; i < words.length; i += 2) {
        const body = words[i] == "GET" ? undefined : "order";
        const options = { method: words[i], body, signal: AbortSignal.timeout(1000) };
        await fetch(words[i + 1], options).then(answer => answer.text()).catch(() => {});
    }
    process.exit(0);
})();
END_OF_NODE
cat >client.py <<'END_OF_PYTHON'
import sys
import httpx, requests, urllib3

library, *words = sys.argv[1:]
session, client, pool = requests.Session(), httpx.Client(timeout=1), urllib3.PoolManager(timeout=1)
for method, url in zip(words[::2], words[1::2]):
    body = None if method == "GET" else b"order"
    try:
        if library == "requests":
            session.request(method, url, data=body, timeout=1)
        elif library == "httpx":
            client.request(method, url, content=body)
        else:
            pool.request(method, url, body=body)
    except (requests.RequestException, httpx.HTTPError, urllib3.exceptions.HTTPError):
        pass
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import collections, socket, subprocess, sys, threading

taken = collections.Counter()  # How often each path was asked for, with the whole body.

def serve(connection):
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while (field := stream.readline()) not in (b"\r\n", b""):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            stream.read(length)
            path = line.split()[1].decode()
            taken[path] += 1
            if path == "/ok":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            elif path == "/refused":
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
                return
            elif path == "/silent":
                stream.read()
            else:
                return

def listen():
    listener = socket.create_server(("127.0.0.1", 0))
    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"

def curl(words):
    command = ["curl", "-sS", "-m", "1"]
    for method, url in zip(words[::2], words[1::2]):
        command += ["-X", method, "-o", "out"] + ([] if method == "GET" else ["-d", "order"]) + [url, "--next", "-sS", "-m", "1"]
    return command[:-4]

CLIENTS = {
    "HttpURLConnection": (lambda words: ["java", "Client.java", "HttpURLConnection", *words], (2, 2, 1, 1)),
    "HttpClient": (lambda words: ["java", "Client.java", "HttpClient", *words], (1, 1, 1, 1)),
    "Net::HTTP": (lambda words: ["ruby", "client.rb", *words], (1, 1, 2, 1)),
    "curl": (curl, (1, 2, 1, 1)),
    "urllib3": (lambda words: ["venv/bin/python", "client.py", "urllib3", *words], (1, 1, 4, 1)),
    "requests": (lambda words: ["venv/bin/python", "client.py", "requests", *words], (1, 1, 1, 1)),
    "httpx": (lambda words: ["venv/bin/python", "client.py", "httpx", *words], (1, 1, 1, 1)),
    "fetch": (lambda words: ["node", "client.js", *words], (1, 1, 1, 1)),
}
for command in (["java", "--version"], ["ruby", "--version"], ["curl", "--version"], ["node", "--version"]):
    print(command[0], subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0])
right = True
for name, (command, expected) in CLIENTS.items():
    seen = []
    for words in ([("POST", "/new")], [("GET", "/ok"), ("POST", "/used")], [("PUT", "/silent")],
                  [("GET", "/ok"), ("POST", "/refused")]):
        taken.clear()
        base = listen()
        subprocess.run(command([word for method, path in words for word in (method, base + path)]), capture_output=True)
        seen.append(taken[words[-1][1]])
    print("{}: a POST that the end of the connection answers: {}, on a used connection: {}; a PUT that nothing answers: {}; "
          "a POST that 502 answers: {}".format(name, *seen))
    right = right and tuple(seen) == expected
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
