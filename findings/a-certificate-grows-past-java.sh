#!/usr/bin/env bash
# Guess: a certificate may have as many names as one needs: TLS has room for 16 MiB in a message (RFC 8446 §4), and if a client
# has a limit, it is far above, and much the same in all.
# What happens: Java takes 32 KiB for a message of the handshake, which a certificate of some 900 customers' names is; Go (here
# Debian's blackbox exporter) and rustls 64 KiB, OpenSSL (curl) and BoringSSL (grpcio) 100 KB, GnuTLS (wget) more. What is above
# ends the handshake: "The size of the handshake message exceeds the maximum allowed size", "HandshakePayloadTooLarge",
# "excessive message size".
# Why it matters to a gateway: where each new customer is one more name in the certificate, one day's renewal shuts out all
# services in Java at once, and for a long time nobody else; curl, by which it is checked, comes last but one. The chain counts
# as well, and each handshake carries all of it. Keep certificates below 32 KiB in all: several by SNI, or a wildcard; Java has
# jdk.tls.maxHandshakeMessageSize.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1 curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 libgnutls30=3.7.9-2+deb12u7 prometheus-blackbox-exporter=0.23.0-4+b4 openssl=3.0.22-1~deb12u2 \
    libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile grpcio==1.85.3 uv==0.13.9
libraries=$(dirname "$PWD"/root/usr/lib/*/libcurl.so.4)
tls() { LD_LIBRARY_PATH=$libraries OPENSSL_CONF=root/etc/ssl/openssl.cnf root/usr/bin/openssl "$@" 2>>log; }
tls req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=An authority" -keyout ca.key -out ca.crt \
    -addext keyUsage=critical,keyCertSign
for names in 600 1200 2000 3200; do
    printf '%s\n' "subjectAltName=DNS:localhost$(printf ',DNS:customer-number-%d.shop.example' $(seq 1000 $((999 + names))))" \
        extendedKeyUsage=serverAuth >extensions
    tls req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout $names.key -out $names.csr
    tls x509 -req -in $names.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out $names.crt
done
cat >Ask.java <<'END_OF_JAVA'
import java.net.*;

public class Ask {
    public static void main(String[] urls) {
        for (String url : urls) {
            try {
                new URL(url).openStream().readAllBytes();
            } catch (Exception error) {
                System.out.println(error.getMessage());
            }
        }
    }
}
END_OF_JAVA
cat >call.py <<'END_OF_PYTHON'
import grpc, sys

with open("ca.crt", "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
for url in sys.argv[1:]:
    with grpc.secure_channel(url.removeprefix("https://").strip("/"), credentials) as channel:
        try:
            channel.unary_unary("/a/b")(b"", timeout=20)
        except grpc.RpcError as error:
            print(error.details())
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, importlib.metadata, os, re, socket, ssl, subprocess, sys, threading, time, urllib.request

NAMES = (600, 1200, 2000, 3200)
EXPECTED = {"java": 600, "blackbox exporter": 1200, "uv": 1200, "curl": 2000, "grpcio": 2000, "wget": 3200}
LIBRARIES = os.path.abspath(os.path.dirname(glob.glob("root/usr/lib/*/libcurl.so.4")[0]))
JAVA = glob.glob("root/usr/lib/jvm/java-17-openjdk-*/bin")[0]
TRUST = ["-Djavax.net.ssl.trustStore=trust.jks", "-Djavax.net.ssl.trustStorePassword=changeit"]
taken, errors = {}, set()

def serve(listener, names, context, client):
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                taken.setdefault(client, set()).add(names)  # The handshake is over: the client took the certificate.
                if client != "grpcio":
                    tls.recv(4096)
                    tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except OSError:  # So is ssl.SSLError.
            connection.close()

def run(*words, libraries=True):
    own = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "SSL_CERT_FILE": "ca.crt", "UV_HTTP_RETRIES": "0",
           "GRPC_VERBOSITY": "NONE", "no_proxy": "*"} | ({"LD_LIBRARY_PATH": LIBRARIES} if libraries else {})
    done = subprocess.run(words, capture_output=True, text=True, env=own, stdin=subprocess.DEVNULL, timeout=60)
    errors.update(re.findall("handshake message .*exceeds|HandshakePayloadTooLarge|excessive message size|EXCESSIVE_MESSAGE_SIZE",
                             done.stdout + done.stderr))

def with_curl(urls):
    for url in urls:
        run("root/usr/bin/curl", "-sS", "--cacert", "ca.crt", url)

def with_wget(urls):
    for url in urls:
        run("root/usr/bin/wget", "-q", "--no-config", "--tries=1", "--ca-certificate=ca.crt", "-O", "answer", url)

def with_uv(urls):
    for url in urls:
        run("venv/bin/uv", "pip", "install", "--no-cache", "--index-url", url, "--target", "target", "six", libraries=False)

def with_java(urls):
    run(JAVA + "/java", "-XX:TieredStopAtLevel=1", *TRUST, "-cp", ".", "Ask", *urls, libraries=False)

def with_grpcio(urls):
    run(sys.executable, "call.py", *urls, libraries=False)

def with_exporter(urls):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:%d" % free.getsockname()[1]
    with open("exporter.yml", "w") as file:
        file.write("modules: {probe: {prober: http, timeout: 20s, http: {tls_config: {ca_file: ca.crt}}}}\n")
    with open("exporter.log", "w") as log:
        exporter = subprocess.Popen(["root/usr/bin/prometheus-blackbox-exporter", "--config.file=exporter.yml",
                                     "--web.listen-address=" + address], stdout=log, stderr=log)
    try:
        while socket.socket().connect_ex(("127.0.0.1", int(address.split(":")[1]))):
            assert exporter.poll() is None
            time.sleep(0.1)
        for url in urls:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://{address}/probe?module=probe&target={url}", timeout=30).read()
    finally:
        exporter.terminate()
        exporter.wait()

CLIENTS = {"java": with_java, "blackbox exporter": with_exporter, "uv": with_uv, "curl": with_curl, "grpcio": with_grpcio,
           "wget": with_wget}
run(JAVA + "/keytool", "-importcert", "-noprompt", "-file", "ca.crt", "-keystore", "trust.jks", "-storepass", "changeit")
for client, ask in CLIENTS.items():
    listeners, urls = [], []
    for names in NAMES:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{names}.crt", f"{names}.key")
        if client == "grpcio":
            context.set_alpn_protocols(["h2"])
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        urls.append(f"https://localhost:{listeners[-1].getsockname()[1]}/")
        threading.Thread(target=serve, args=(listeners[-1], names, context, client), daemon=True).start()
    ask(urls)
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

sizes = {names: len(ssl.PEM_cert_to_DER_cert(open(f"{names}.crt").read())) for names in NAMES}
print("Java 17.0.21, blackbox exporter 0.23.0 (Go), uv", importlib.metadata.version("uv"), "(rustls), curl 7.88.1 (OpenSSL "
      "3.0.22), grpcio", importlib.metadata.version("grpcio"), "(BoringSSL), wget 1.21.3 (GnuTLS 3.7.9)")
print("certificates of", ", ".join(f"{names} names: {size} bytes" for names, size in sizes.items()))
for client in CLIENTS:
    print(f"{client} takes those of", ", ".join(map(str, sorted(taken.get(client, ())))), "names")
print("said:", *sorted(errors), sep="\n    ")
sys.exit(taken != {client: {names for names in NAMES if names <= most} for client, most in EXPECTED.items()})
END_OF_PROBE
root/usr/lib/jvm/java-17-openjdk-*/bin/javac Ask.java
venv/bin/python probe.py
