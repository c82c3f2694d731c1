#!/usr/bin/env bash
# What the system's clients say of a gateway whose root is trusted, and no longer: in a scratch root (scratch_root.sh).
#
#   trust_stores.sh GATEHOUSE DIRECTORY PORT     (DIRECTORY has gatehouse.toml, of a site at 127.0.0.1:PORT, and state/)
#
# A line for each client: "PHASE CLIENT yes" where it accepts the certificate, "PHASE CLIENT no" where not.
set -euo pipefail
gatehouse=$1 directory=$2 port=$3
export HOME=$directory/home
mkdir -p "$HOME"
cd "$directory"
cat >Look.java <<'JAVA'
public class Look {
    public static void main(String[] arguments) throws Exception {
        try (var stream = new java.net.URL(arguments[0]).openStream()) { stream.readAllBytes(); }
    }
}
JAVA

say() { # say PHASE CLIENT COMMAND...
    local phase=$1 client=$2
    shift 2
    if "$@" >/dev/null 2>&1; then echo "$phase $client yes"; else echo "$phase $client no"; fi
}

look() { # look PHASE
    say "$1" curl curl -sS "https://localhost:$port/"
    say "$1" gnutls-cli gnutls-cli --no-ocsp -p "$port" localhost </dev/null
    say "$1" java java Look.java "https://localhost:$port/"
    openssl x509 -in state/acme/certificates/localhost/certificate.pem -out leaf.crt
    say "$1" nss nss_accepts
}

# certutil(1) -V: is the certificate valid for a TLS server, by the database alone?
nss_accepts() {
    local code=0
    certutil -d "sql:$HOME/.pki/nssdb" -A -t ,, -n leaf -i leaf.crt || return 1
    certutil -d "sql:$HOME/.pki/nssdb" -V -n leaf -u V -e || code=1
    certutil -d "sql:$HOME/.pki/nssdb" -D -n leaf
    return $code
}

"$gatehouse" run -c gatehouse.toml 2>log &
gateway=$!
until grep -q 'a new certificate is in use' log; do
    kill -0 "$gateway" || exit 1
    read -rt 0.1 <> <(:) || true
done
look before
"$gatehouse" trust -c gatehouse.toml
look trusted
"$gatehouse" trust -c gatehouse.toml
"$gatehouse" trust -c gatehouse.toml --remove
look removed
"$gatehouse" trust -c gatehouse.toml --remove
kill "$gateway"
wait "$gateway" || true
