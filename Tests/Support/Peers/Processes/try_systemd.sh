#!/usr/bin/env bash
# Installs a package of Gatehouse into the system that it runs in, boots that system's systemd (in namespaces of its own, where
# it is process 1), and has it start, reload, restart, watch, replace and stop the service. Each "ok" is a step that was looked
# at. For scratch_root.sh. Ends with 77 where systemd cannot be booted.
#
#   try_systemd.sh PACKAGE
set -euo pipefail
unset RUNTIME_DIRECTORY STATE_DIRECTORY

if [[ $1 == --boot ]]; then
    mount -t proc proc /proc
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i container=trial PATH="$PATH" /lib/systemd/systemd --unit=trial.target --show-status=0 --log-target=console
fi

package=$1
# What the system has of it already is none of the package's, and an overlay moves no directory of its lower layer.
rm -rf /etc/gatehouse /var/lib/gatehouse /var/lib/private/gatehouse /var/log/gatehouse /var/log/private/gatehouse
DEBIAN_FRONTEND=noninteractive dpkg --install "$package" >/dev/null
# A container's system forbids its packages to start anything.
rm -f /usr/sbin/policy-rc.d
# Nothing else than what is asked for is started.
printf '[Unit]\nDefaultDependencies=no\n' >/etc/systemd/system/trial.target
mkdir -p /run/systemd/system /etc/systemd/system/gatehouse.service.d
printf '[Service]\nStandardError=append:/run/said\n' >/etc/systemd/system/gatehouse.service.d/said.conf
for part in service socket; do
    mkdir -p /etc/systemd/system/gatehouse.$part.d
    printf '[Unit]\nDefaultDependencies=no\nWants=\nAfter=\n' >/etc/systemd/system/gatehouse.$part.d/alone.conf
done

# A control group of its own is the root of what systemd sees.
mount -t sysfs sysfs /sys
mkdir -p /run/cgroup
mount -t cgroup2 cgroup2 /run/cgroup
group=$(mktemp -d /run/cgroup/gatehouse-trial-XXXXXX)
(
    echo "$BASHPID" >"$group/cgroup.procs"
    exec unshare --mount --pid --cgroup --uts --ipc --fork --kill-child "$0" --boot
) >/run/booted 2>&1 &
launcher=$!
end() {
    code=$?
    kill -KILL "$launcher" 2>/dev/null || true
    wait
    # What is killed needs a moment to be gone.
    while [[ -d $group ]] && ! find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do :; done
    ((code == 0 || code == 77)) || tail -n +1 /run/booted /run/said /run/failed >&2
}
trap end EXIT

# The first child of unshare(1) is process 1.
within() { nsenter --target "$first" --mount --pid --cgroup --uts --ipc --root --wd "$@"; }
end=$((SECONDS + 60))
while ((SECONDS < end)); do
    first=$(cat "/proc/$launcher/task/$launcher/children" 2>/dev/null | tr -d ' ') || true
    [[ -n ${first:-} ]] && within systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded|starting' && break
    kill -0 "$launcher" 2>/dev/null || exit 77
done
within systemctl show --property Version >/dev/null || exit 77

get() { curl -sS --retry 60 --retry-connrefused --retry-delay 1 --noproxy '*' "http://127.0.0.1${1:-/}"; }
is() { [[ $(within systemctl show --property "$1" --value gatehouse) == "$2" ]]; }
main() { within systemctl show --property MainPID --value gatehouse; }
# Until a command succeeds; a minute at most.
await() {
    local end=$((SECONDS + 60))
    while ((SECONDS < end)); do
        "$@" && return
    done
    within systemctl status --no-pager gatehouse
    return 1
}
is_another() { [[ $(main) != "$1" && $(main) != 0 ]] && is ActiveState active; }

within systemctl start gatehouse
is ActiveState active
[[ $(get) == *'Gatehouse runs'* ]]
[[ $(within ps -o user= -p "$(main)") == gatehouse ]]
echo "ok: started: $(within systemctl show --property StatusText --value gatehouse)"

file=/etc/gatehouse/gatehouse.toml
cp "$file" /run/right
echo '[limits' >>"$file"
! within systemctl reload gatehouse 2>/dev/null
is ActiveState active
cp /run/right "$file"
printf '\n[limits]\nmax_fields = 99\n' >>"$file"
within systemctl reload gatehouse
is ActiveState active
echo 'ok: a reload that is refused fails, and one that is right does not'

before=$(main)
within gatehouse upgrade >/dev/null
await is_another "$before"
[[ $(get) == *'Gatehouse runs'* ]]
echo 'ok: another process in its place is the main one'

# The unit would have been active since later, had it been restarted.
since=$(within systemctl show --property ActiveEnterTimestampMonotonic --value gatehouse)
before=$(main)
within dpkg --install "$package" >/dev/null 2>&1
await is_another "$before"
is ActiveEnterTimestampMonotonic "$since"
echo '[limits' >>"$file"
! within gatehouse check "$file" >/dev/null 2>&1
before=$(main)
within dpkg --install "$package" 2>&1 | grep -q 'what ran before goes on'
[[ $(main) == "$before" && $(get) == *'Gatehouse runs'* ]]
cp /run/right "$file"
echo 'ok: a package that is installed over it takes its place, or leaves it if it refuses the configuration'

# Asks on: whoever connects while no process is there waits in the kernel.
(
    while [[ ! -e /run/enough ]]; do
        curl -sS --max-time 60 --noproxy '*' -o /dev/null http://127.0.0.1/ || echo "$?" >>/run/failed
    done
) &
asking=$!
# The next step waits for the watchdog. A process that stands still takes no SIGABRT: it is killed a second later.
printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\n' >/etc/systemd/system/gatehouse.service.d/soon.conf
within systemctl daemon-reload
within systemctl restart gatehouse
is ActiveState active
touch /run/enough
wait "$asking"
[[ ! -e /run/failed ]]
echo 'ok: a restart refuses nobody: its sockets outlive it'

before=$(main)
within kill -STOP "$before"
await is_another "$before"
[[ $(get) == *'Gatehouse runs'* ]] && ! is NRestarts 0
echo 'ok: one that is stuck is ended by the watchdog, and started anew'

within systemctl stop gatehouse
is ActiveState inactive && is Result success
echo 'ok: stopped'

within systemctl start gatehouse.socket
is ActiveState inactive
[[ $(get) == *'Gatehouse runs'* ]]
is ActiveState active
within systemctl stop gatehouse gatehouse.socket
echo 'ok: started by the first client of its socket unit'
