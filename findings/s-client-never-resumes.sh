#!/usr/bin/env bash
# Guess: `openssl s_client -reconnect` shows whether a server resumes sessions, whichever version of TLS
# is spoken.
# What happens: with TLS 1.3 every reconnection is New: the ticket comes after the handshake, and
# s_client has gone by then. With TLS
#   1.2, against the same server, all are Reused. Reading one answer and keeping its session (-sess_out)
# makes 1.3 resume too.
# Why it matters to a gateway: this is how operators test it, and a gateway whose tickets are right looks
# as if it had none. Its
#   documentation should show a way that works.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu"
openssl=root/usr/bin/openssl
"$openssl" version
"$openssl" req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null
mkfifo log
timeout 60 "$openssl" s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www >log 2>&1 &
server=$!
exec 3<log
while read -r line <&3; do [[ $line == ACCEPT* ]] && break; done
cat <&3 >/dev/null &
ask=("$openssl" s_client -connect "${line#ACCEPT }")
outcome() { grep -oE '^(New|Reused)' | sort | uniq -c | tr -s '\n ' ' '; }
seen=()
say() {
    echo "$1: $2"
    seen+=("$2")
}
say "-reconnect, TLS 1.2" "$("${ask[@]}" -tls1_2 -reconnect </dev/null 2>/dev/null | outcome)"
say "-reconnect, TLS 1.3" "$("${ask[@]}" -tls1_3 -reconnect </dev/null 2>/dev/null | outcome)"
printf 'GET / HTTP/1.0\r\n\r\n' | "${ask[@]}" -tls1_3 -sess_out kept.pem -ign_eof >/dev/null 2>&1 || true
say "-sess_out after an answer" "$("${ask[@]}" -tls1_3 -sess_in kept.pem </dev/null 2>/dev/null | outcome)"
expected=(" 1 New 5 Reused " " 6 New " " 1 Reused ")
[[ "${seen[*]}" == "${expected[*]}" ]]
