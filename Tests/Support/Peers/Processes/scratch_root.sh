#!/usr/bin/env bash
# Runs a script in a copy of this system that is thrown away: a root directory that overlays "/", and a network of its own.
#
#   scratch_root.sh SCRIPT [ARGUMENT]...     (as root; SCRIPT and the arguments are found under their own paths)
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
    exec unshare --mount --net --pid --fork --kill-child "$0" --inside "$@"
fi
shift
base=$(mktemp -d)
# Nothing of it is seen outside, and the kernel takes it down with the last process.
mount -t tmpfs none "$base"
mkdir "$base"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
# Directories that are file systems of their own are not part of the lower one.
mount -t proc proc "$base/root/proc"
mount --rbind /dev "$base/root/dev"
mount --rbind /tmp "$base/root/tmp"
mount -t tmpfs none "$base/root/run"
ip link set lo up
exec chroot "$base/root" /bin/bash "$@"
