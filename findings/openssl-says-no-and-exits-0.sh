#!/usr/bin/env bash
# Guess: a command of openssl whose purpose is a check says no with its exit code, as x509 -checkend and
# verify do, so that a script may ask "if openssl …".
# What happens: x509 -checkhost and -checkip print "does NOT match" and exit 0; so does ocsp for a revoked
# certificate, crl -CAfile ("verify failure") and req -verify. The same host asked of openssl verify
# (-verify_hostname) is exit code 2.
# Why it matters to a gateway: renewal hooks and checks before a deployment are written like that. One that
# asks whether the new certificate covers the site's name, or was revoked, passes whatever the answer is.
# Use openssl verify -verify_hostname for names, and look for the words in what ocsp and crl print.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${responder:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
openssl=root/usr/bin/openssl
"$openssl" version
mkdir authority
touch authority/index.txt
echo 01 | tee authority/serial >authority/crlnumber
cat >authority.cnf <<'END'
[ca]
default_ca = authority
[authority]
database = authority/index.txt
serial = authority/serial
crlnumber = authority/crlnumber
new_certs_dir = authority
default_md = sha256
default_days = 2
default_crl_days = 2
policy = policy
[policy]
commonName = supplied
END
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
names=subjectAltName=DNS:a.test,IP:192.0.2.1
"$openssl" req -x509 "${key[@]}" -keyout ca.key -out ca.pem -days 2 -subj /CN=a.test -addext "$names" 2>/dev/null
"$openssl" req -new "${key[@]}" -keyout leaf.key -out leaf.csr -subj /CN=leaf.test 2>/dev/null
signer=(-config authority.cnf -cert ca.pem -keyfile ca.key)
"$openssl" ca "${signer[@]}" -batch -in leaf.csr -out leaf.pem 2>/dev/null
"$openssl" ca "${signer[@]}" -revoke leaf.pem 2>/dev/null
"$openssl" ca "${signer[@]}" -gencrl -out list.pem 2>/dev/null
"$openssl" req -x509 "${key[@]}" -keyout other.key -out other.pem -days 2 -subj /CN=a.test 2>/dev/null
"$openssl" ocsp -port 0 -index authority/index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key >responder.log 2>&1 &
responder=$!
until grep -q '^ACCEPT' responder.log; do kill -0 "$responder"; done
port=$(sed -n 's/^ACCEPT .*:\([0-9]*\) .*/\1/p' responder.log)
# A request whose signature is of another key: the subject is changed after it was signed.
"$openssl" req -in leaf.csr -outform DER | sed 's/leaf.test/leaf.demo/' >changed.der
codes=()
say() { # the words to show, the command
    local words=$1 code=0
    shift
    "$openssl" "$@" >said 2>&1 || code=$?
    echo "openssl $1 ${2/#-in/}…: \"$(grep -om 1 "$words" said)\", exit code $code"
    codes+=("$code")
}
say 'does NOT match' x509 -checkhost b.test -noout -in ca.pem
say 'does NOT match' x509 -checkip 192.0.2.9 -noout -in ca.pem
say 'revoked' ocsp -url "http://127.0.0.1:$port/" -issuer ca.pem -cert leaf.pem -CAfile ca.pem
say 'verify failure' crl -CAfile other.pem -noout -in list.pem
say 'verify failure' req -verify -noout -inform DER -in changed.der
say 'will expire' x509 -checkend 99999999 -noout -in ca.pem
say 'mismatch' verify -verify_hostname b.test -CAfile ca.pem ca.pem
[[ "${codes[*]}" == "0 0 0 0 0 1 2" ]]
