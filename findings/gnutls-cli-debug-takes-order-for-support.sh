#!/usr/bin/env bash
# Guess: gnutls-cli-debug, which tries one feature of a TLS server after the other, says "no" for a group where the
# server does not have it.
# What happens: it offers all groups with the one in question first, and says "no" if another is chosen. A
# server that has an order of its own (-serverpref; nginx's ssl_prefer_server_ciphers, HAProxy's default)
# takes its favourite each time: "no" for P-256, P-384 and P-521, which gnutls-cli, asking for one alone, agrees
# on with the same server. Where the client's order counts it says "yes" to all.
# Why it matters to a gateway: an audit with this tool says that the groups which FIPS 140 or old clients want are
# missing, and somebody turns the server's order off to make them appear. Ask for one group at a time:
# gnutls-cli --priority NORMAL:-GROUP-ALL:+GROUP-SECP256R1, or openssl s_client -groups P-256.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 \
    libgnutls-dane0=3.7.9-2+deb12u7 libunbound8 libevent-2.1-7 libprotobuf-c1 libnghttp2-14 openssl=3.0.22-1~deb12u2 \
    libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/gnutls-cli --version | sed -n 1p
openssl=root/usr/bin/openssl
"$openssl" version
"$openssl" req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null
seen=()
ask() { # ask [OPTION]: starts a server with this option and asks it for its groups in both ways
    rm -f log
    mkfifo log
    timeout 120 "$openssl" s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www "$@" >log 2>&1 &
    server=$!
    exec 3<log
    while read -r line <&3; do [[ $line == ACCEPT* ]] && break; done
    cat <&3 >/dev/null &
    local port=${line##*:} group answer alone
    root/usr/bin/gnutls-cli-debug --port "$port" 127.0.0.1 >debug 2>&1 || true
    for group in X25519 SECP256R1 SECP384R1 SECP521R1; do
        answer=$(grep -i "for curve $group" debug | grep -oE 'yes|no$')
        alone=$(root/usr/bin/gnutls-cli --insecure --priority "NORMAL:-GROUP-ALL:+GROUP-$group" --port "$port" 127.0.0.1 \
            </dev/null 2>&1 | grep -o "ECDHE-$group" | sed -n 1p || true)
        echo "s_server $*, $group: gnutls-cli-debug says $answer; gnutls-cli agrees on ${alone:-nothing}"
        seen+=("$answer" "${alone:-nothing}")
    done
    kill "$server"
}
ask
ask -serverpref
expected=(yes ECDHE-X25519 yes ECDHE-SECP256R1 yes ECDHE-SECP384R1 yes ECDHE-SECP521R1
    yes ECDHE-X25519 no ECDHE-SECP256R1 no ECDHE-SECP384R1 no ECDHE-SECP521R1)
[[ "${seen[*]}" == "${expected[*]}" ]]
