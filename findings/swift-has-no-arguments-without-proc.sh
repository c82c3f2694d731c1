#!/usr/bin/env bash
# Guess: a program has the arguments that it was started with: the kernel gives them to main (execve(2)).
# What happens: a Swift program on Linux reads them from /proc/self/cmdline when CommandLine is first asked. Where /proc is
# not mounted it has none, not even its own name, and nothing says so: CommandLine.arguments is empty, in the same place in
# which C and Python have all three. With swift-argument-parser "gateway check FILE" is then "gateway": the default command.
# Why it matters to a gateway: a chroot without /proc is what HAProxy is put into by its `chroot`, and it is what there is of a
# container's files when they are tried out with chroot(1). The program starts, with the wrong command and the wrong
# configuration. Gatehouse refuses to go on where nothing was named and /proc cannot be read; mount /proc in a chroot.
set -euo pipefail
command -v swiftc >/dev/null || { echo "no swiftc on the PATH" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo 'print(CommandLine.arguments.count)' >main.swift
swiftc main.swift -o swift-program
# An empty directory over /proc, in a mount namespace of its own: as in a chroot that has none.
without_proc() { unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"; }
with=$(./swift-program one two)
without=$(without_proc ./swift-program one two)
others=$(without_proc python3 -c 'import sys; print(len(sys.argv))' one two)
swiftc --version 2>/dev/null | head -1
echo "arguments, with the name: Swift $with; without /proc: Swift $without, Python $others"
if [[ "$with $without $others" != "3 0 3" ]]; then
    echo "changed: 3 0 3 were expected"
    exit 1
fi
