#!/usr/bin/env bash
# Guess: a TLS client names the host that it was asked to go to (SNI), unless that is an IP address. A host without a
# dot, as services have in containers and clusters, is a name as good as any.
# What happens: Java names none without a dot, "localhost" and "gateway" among them, and none with an underscore;
# HttpsURLConnection goes there without SNI, and so does HttpClient, which refuses those with an underscore as
# "unsupported URI". A dot at the end HttpsURLConnection leaves out of the SNI, as RFC 6066 §3 has it, and HttpClient fails
# over it. curl, and all that stands on OpenSSL alone, names each.
# Why it matters to a gateway: with several certificates at a port Java gets the default one, and "No subject alternative
# DNS name matching gateway found", or an alert where names are demanded, while curl shows that all is well. Make the
# site of such names the default one of the port, or put the names into its certificate, or use names with dots.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
PATH=$PWD/root/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)/bin:$PATH
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out certificate.pem -subj /CN=any 2>log
cat >Names.java <<'END_OF_JAVA'
import java.net.*;
import java.net.http.*;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

public class Names {
    static class Anybody extends X509ExtendedTrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) {}
        public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }

    interface Client { String get(String url) throws Exception; }

    static void show(String client, String name, Client get, String url) {
        try {
            System.out.println(client + " " + name + " " + get.get(url));
        } catch (Exception error) {
            System.out.println(client + " " + name + " " + error.getMessage().replace(url, ""));
        }
    }

    public static void main(String[] words) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] { new Anybody() }, null);
        HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
        for (int i = 1; i < words.length; i++) {
            String url = "https://" + words[i] + ":" + words[0] + "/";
            show("HttpsURLConnection", words[i], at -> {
                var connection = (HttpsURLConnection) new URL(at).openConnection();
                connection.setSSLSocketFactory(tls.getSocketFactory());
                connection.setHostnameVerifier((host, session) -> true);
                return new String(connection.getInputStream().readAllBytes());
            }, url);
            show("HttpClient", words[i], at -> client.send(HttpRequest.newBuilder(URI.create(at)).build(),
                HttpResponse.BodyHandlers.ofString()).body(), url);
        }
        System.exit(0);
    }
}
END_OF_JAVA
cat >probe.py <<'END_OF_PROBE'
import socket, ssl, subprocess, sys, threading

NAMES = ["gateway.example", "gateway", "localhost", "my_gateway.example", "gateway.example."]
EXPECTED = {
    "HttpsURLConnection": ["gateway.example", "none", "none", "none", "gateway.example"],
    "HttpClient": ["gateway.example", "none", "none", "unsupported URI",
                   "Server name value of host_name cannot have the trailing dot"],
    "curl": ["gateway.example", "gateway", "localhost", "my_gateway.example", "gateway.example"],
}

def serve(listener):
    while True:
        connection, _ = listener.accept()
        named = []
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain("certificate.pem", "key.pem")
        tls.sni_callback = lambda connection, name, context: named.append(name)
        with tls.wrap_socket(connection, server_side=True) as stream:
            while not stream.recv(65536).endswith(b"\r\n\r\n"):
                pass
            body = (named[0] or "none").encode()
            stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port = str(listener.getsockname()[1])
with open("hosts", "w") as file:
    file.writelines(f"127.0.0.1 {name}\n" for name in NAMES)
version = subprocess.run(["java", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
print(version)
lines = subprocess.run(["java", "-Djdk.net.hosts.file=hosts", "-Djdk.internal.httpclient.disableHostnameVerification=true",
                        "Names.java", port, *NAMES], capture_output=True, text=True, check=True).stdout.splitlines()
for name in NAMES:
    answer = subprocess.run(["curl", "-ksS", "--http1.1", "--resolve", f"{name}:{port}:127.0.0.1", f"https://{name}:{port}/"],
                            capture_output=True, text=True, check=True).stdout
    lines.append(f"curl {name} {answer}")
seen = {}
for line in lines:
    client, name, answer = line.split(" ", 2)
    print(f"{client} to {name}: {answer.strip()}")
    seen.setdefault(client, []).append(answer.strip())
sys.exit(seen != EXPECTED)
END_OF_PROBE
python3 probe.py
