#!/usr/bin/env bash
# Installs a package of Gatehouse into the system that it runs in, has it serve as its unit says, and removes it. Each "ok" is a
# step that was looked at. For scratch_root.sh.
#
#   try_package.sh PACKAGE
set -euo pipefail
package=$1

export DEBIAN_FRONTEND=noninteractive
dpkg --install "$package" >/dev/null
[[ $(stat -c '%a %U %G' /etc/gatehouse) == '750 root gatehouse' ]]
[[ $(stat -c '%a %U %G' /usr/bin/gatehouse) == '755 root root' ]]
id gatehouse >/dev/null
echo 'ok: installed, with its user'

gatehouse check /etc/gatehouse/gatehouse.toml | grep -q 'is right' || {
    # Where the logs go is made by systemd, as the unit says.
    install -d -m 750 -o gatehouse -g gatehouse /var/log/gatehouse
    gatehouse check /etc/gatehouse/gatehouse.toml | grep -q 'is right'
}
echo 'ok: its configuration is right'

unit=/usr/lib/systemd/system/gatehouse.service
said=$(systemd-analyze verify --recursive-errors=no "$unit" /usr/lib/systemd/system/gatehouse.socket 2>&1)
[[ -z $said ]] || { echo "$said" && exit 1; }
# /run is nobody else's: a threshold of 2.0 of 10.
systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >/run/security || { cat /run/security && exit 1; }
echo "ok: its unit: $(tail -n 1 /run/security)"

# As the unit has it: its user, the one capability, and no way to more.
bind=-all,+net_bind_service
read -r -a command <<<"$(sed -n 's/^ExecStart=//p' "$unit")"
setpriv --reuid gatehouse --regid gatehouse --init-groups --no-new-privs \
    --inh-caps "$bind" --ambient-caps "$bind" --bounding-set "$bind" "${command[@]}" 2>/run/said &
pid=$!
page=$(curl -sS --retry 60 --retry-connrefused --retry-delay 1 --noproxy '*' http://127.0.0.1/)
[[ $page == *'Gatehouse runs'* ]]
kill "$pid"
wait "$pid"
grep -q '"GET / HTTP/1.1" 200' /var/log/gatehouse/access.log
echo 'ok: serves its page on port 80'

logrotate --force --state /run/state /etc/logrotate.d/gatehouse
[[ -s /var/log/gatehouse/access.log.1 && $(stat -c '%U' /var/log/gatehouse/access.log) == gatehouse ]]
echo 'ok: its logs are rotated'

echo '# mine' >>/etc/gatehouse/gatehouse.toml
dpkg --remove gatehouse >/dev/null
[[ ! -e /usr/bin/gatehouse && ! -e $unit ]] && grep -q '# mine' /etc/gatehouse/gatehouse.toml
dpkg --purge gatehouse >/dev/null
for path in /etc/gatehouse /var/log/gatehouse /var/lib/gatehouse /usr/share/gatehouse /usr/share/doc/gatehouse; do
    [[ ! -e $path ]] || { echo "left over: $path" && exit 1; }
done
echo 'ok: removed, and nothing is left'
