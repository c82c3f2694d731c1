#!/usr/bin/env bash
# Guess: DynamicUser= and RestrictSUIDSGID= only keep a service from making set-user-ID files, as
# systemd.exec(5) says of the latter, and the former implies it.
# What happens: openat2(2) is gone altogether, whatever it is asked to open. It fails with ENOSYS, as on a
# kernel that has not got it, since its mode is behind a pointer, where a filter of system calls cannot look.
#   The manual of 252 has no word of it, and RestrictSUIDSGID=no does not bring it back beside DynamicUser=yes.
# Why it matters to a gateway: openat2 is how the kernel keeps a path inside a directory (RESOLVE_BENEATH).
#   A server that relies on it serves no file under a unit that "systemd-analyze security" praises, and
#   a check of SystemCallFilter= alone shows nothing.
# It boots systemd in namespaces of its own: as root, where control groups (version 2) can be mounted.
set -euo pipefail
if [[ ${1:-} == --boot ]]; then
    mount -t proc proc /proc
    mount -t tmpfs none /run && mkdir -p /run/systemd/system
    mount -t tmpfs none /etc/systemd && mkdir /etc/systemd/system
    mount -t cgroup2 none /sys/fs/cgroup
    cp "$2"/*.service "$2"/probe.target /etc/systemd/system
    # /tmp is another one's, where a unit has PrivateTmp=.
    cp "$2/probe.py" /run
    exec env -i container=probe PATH="$PATH" LD_LIBRARY_PATH="$LD_LIBRARY_PATH" \
        "$2/root/lib/systemd/systemd" --unit=probe.target --show-status=0
fi
script=$(realpath "$0")
work=$(mktemp -d)
end() {
    # What is killed needs a moment to be gone.
    for _ in {1..100}; do
        [[ -d ${group:-} ]] && ! find "$group" -depth -type d -exec rmdir {} + 2>booted || break
        sleep 0.1
    done
    umount cgroup 2>booted || true
    rm -rf "$work"
}
trap end EXIT
chmod 755 "$work"
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu/systemd"
root/lib/systemd/systemd --version | sed -n 1p
# openat2(AT_FDCWD, "/etc/passwd", all zero): number 437 on every machine.
cat >probe.py <<'END'
import ctypes, errno

code = ctypes.CDLL(None, use_errno=True).syscall(437, -100, b"/etc/passwd", (ctypes.c_uint64 * 3)(), 24)
print("opens" if code >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
END
unit() {
    printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n%b\nStandardOutput=file:%s\nExecStart=%s\n' \
        "$2" "$work/$1.said" "/usr/bin/python3 /run/probe.py" >"$1.service"
}
unit plain ''
unit restricted 'RestrictSUIDSGID=yes'
unit dynamic 'DynamicUser=yes\nRestrictSUIDSGID=no'
printf '[Unit]\nDefaultDependencies=no\nWants=plain.service restricted.service dynamic.service\n' >probe.target
mkdir cgroup
mount -t cgroup2 none cgroup
group=$(mktemp -d "$work/cgroup/probe-XXXXXX")
(
    echo "$BASHPID" >"$group/cgroup.procs"
    exec unshare --mount --pid --cgroup --uts --ipc --net --fork --kill-child "$script" --boot "$work"
) >booted 2>&1 &
for _ in {1..300}; do
    [[ -s plain.said && -s restricted.said && -s dynamic.said ]] && break
    sleep 0.1
done
kill -KILL %1
wait 2>/dev/null || true
for name in plain restricted dynamic; do echo "$name: $(cat $name.said)"; done
[[ $(cat plain.said restricted.said dynamic.said | tr '\n' ' ') == 'opens ENOSYS ENOSYS ' ]]
