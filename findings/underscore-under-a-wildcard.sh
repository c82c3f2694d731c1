#!/usr/bin/env bash
# Guess: a certificate for *.example.test covers my_app.example.test; libraries may only differ about
# f*.example.test.
# What happens: OpenSSL lets a star stand for letters, digits and hyphens alone, and refuses the name
# with an underscore; GnuTLS takes it.
#   Written out in the certificate the same name is good for both.
# Why it matters to a gateway: container names have underscores. An upstream that wget (GnuTLS) reaches
# is refused by a gateway that
#   checks names with OpenSSL, as by Python: give it a name of its own in the certificate, or a
# tls_server_name without underscore.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2 \
    gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 libgnutls-dane0=3.7.9-2+deb12u7 libunbound8=1.17.1-2+deb12u4
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
root/usr/bin/openssl version
root/usr/bin/certtool --version | sed -n 1p
seen=""
check() { # the name in the certificate, the host
    local by_openssl=yes by_gnutls=yes
    root/usr/bin/openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=x \
        -addext "subjectAltName=DNS:$1" 2>/dev/null
    root/usr/bin/openssl x509 -in cert.pem -noout -checkhost "$2" | grep -q 'does match' || by_openssl=no
    root/usr/bin/certtool --verify --load-ca-certificate cert.pem --verify-hostname "$2" --infile cert.pem >/dev/null 2>&1 ||
        by_gnutls=no
    echo "certificate for $1, host $2: OpenSSL $by_openssl, GnuTLS $by_gnutls"
    seen+="$by_openssl $by_gnutls, "
}
check '*.example.test' my-app.example.test
check '*.example.test' my_app.example.test
check my_app.example.test my_app.example.test
check '*.example.test' other.test
[[ "$seen" == "yes yes, no yes, yes yes, no no, " ]]
