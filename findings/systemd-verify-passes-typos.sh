#!/usr/bin/env bash
# Guess: `systemd-analyze verify` fails for a unit file with a misspelt key or value, so that CI may rely
# on its exit code.
# What happens: it prints that the line is ignored, and exits 0; the service would run without that
# protection. Only with
#   --recursive-errors=no (or =yes) is the code 1. A capability that does not exist gets neither a word
# nor a code, in any mode.
# Why it matters to a gateway: its unit is where it is confined (ProtectSystem, NoNewPrivileges,
# capabilities for port 443). A check
#   of the unit must ask for --recursive-errors=no, and look at what is printed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download systemd=252.38-1~deb12u1 libsystemd-shared=252.38-1~deb12u1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu/systemd"
analyze=root/usr/bin/systemd-analyze
"$analyze" --version | sed -n 1p
seen=()
verify() { # a line of the section [Service]
    local plain=0 strict=0
    printf '%s\n' '[Service]' "ExecStart=$(command -v true)" "$1" >gateway.service
    "$analyze" verify ./gateway.service 2>said || plain=$?
    "$analyze" verify --recursive-errors=no ./gateway.service 2>/dev/null || strict=$?
    echo "$1: exit $plain, with --recursive-errors=no $strict; says: $(sed "s|$work/||" said)"
    seen+=("$plain$strict$([[ -s said ]] && echo + || echo -)")
}
verify 'ProtectSystem=strict'
verify 'ProtectSystem=stritc'
verify 'NoNewPrivilegs=yes'
verify 'LimitNOFILE=lots'
verify 'AmbientCapabilities=CAP_NET_BIND'
[[ "${seen[*]}" == "00- 01+ 01+ 01+ 00-" ]]
