#!/usr/bin/env bash
# Guess: where the hook that brings a renewed certificate into service fails (a gateway that does not reload, a copy that has no
# room), the ACME client says so by its exit code, which cron or systemd turn into a mail, and tries the hook again at its next
# run.
# What happens: certbot prints "Hook 'deploy-hook' reported error code 1", then "Congratulations, all renewals succeeded", and
# exits 0, at the first certificate as at a renewal. lego and dehydrated exit 1, once: at the next run nothing is due, so none of
# the three runs the hook again, and all exit 0. A pre-hook of certbot that fails changes nothing either.
# Why it matters to a gateway: the new certificate is on the disk, each check of the file is content, and the gateway serves the
# old one until it runs out two or three weeks later. Watch what is served (openssl s_client, a probe of the expiry) and not the
# file; let the gateway look at its files itself; and let a hook say its failure elsewhere, or try again in itself.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "$pebble" 2>/dev/null || true; rm -rf "$work"' EXIT
pebble=
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download pebble=2.4.0+ds1-2+b4 lego=4.9.1-1 dehydrated=0.7.0-3 \
    curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check certbot==5.8.0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>>log
read -r port management http < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in sockets))')
cat >pebble.json <<END_OF_JSON
{"pebble": {"listenAddress": "127.0.0.1:$port", "managementListenAddress": "127.0.0.1:$management", "certificate": "cert.pem",
 "privateKey": "key.pem", "httpPort": $http, "tlsPort": $http, "ocspResponderURL": "", "externalAccountBindingRequired": false}}
END_OF_JSON
# An authority for tests, which here takes every challenge for met.
PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 root/usr/bin/pebble -config pebble.json >pebble.log 2>&1 &
pebble=$!
directory=https://localhost:$port/dir
curl --silent --retry 50 --retry-connrefused --retry-delay 1 --cacert cert.pem "$directory" >>log
cat >hook <<END_OF_HOOK
#!/bin/sh
[ "\${1:-deploy_cert}" = deploy_cert ] || exit 0
echo ran >>$work/runs
exit 1
END_OF_HOOK
printf '#!/bin/sh\nexit 1\n' >before
chmod +x hook before
mkdir -p dehydrated/challenges
cat >dehydrated/config <<END_OF_CONFIG
CA="$directory"
CURL_OPTS="--cacert $work/cert.pem"
WELLKNOWN="$work/dehydrated/challenges"
BASEDIR="$work/dehydrated"
HOOK="$work/hook"
END_OF_CONFIG
export REQUESTS_CA_BUNDLE=$work/cert.pem LEGO_CA_CERTIFICATES=$work/cert.pem
with_certbot() {
    venv/bin/certbot --config-dir certbot --work-dir certbot/work --logs-dir certbot/logs --server "$directory" \
        --non-interactive "$@"
}
with_lego() {
    root/usr/bin/lego --path lego --server "$directory" --email user@site.test --accept-tos --domains site.test --http \
        --http.port "127.0.0.1:$http" "$@"
}
with_dehydrated() {
    PATH=$work/root/usr/bin:$PATH LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu) root/usr/bin/dehydrated \
        --config dehydrated/config "$@"
}
look() {  # WHAT COMMAND: the exit code, and how often the hook ran.
    local what=$1 code=0
    : >runs
    shift
    "$@" >out 2>&1 || code=$?
    cat out >>log
    echo "$what: exit code $code, the hook ran $(wc -l <runs) times" | tee -a seen
}
venv/bin/certbot --version
for package in lego dehydrated pebble; do dpkg-deb -W ./$package*.deb; done
look "certbot, first" with_certbot certonly --standalone --http-01-port "$http" --agree-tos --register-unsafely-without-email \
    -d site.test --deploy-hook "$work/hook"
look "certbot, renewal" with_certbot renew --force-renewal --no-random-sleep-on-renew
grep "reported error\|Congratulations" out
look "certbot, next run" with_certbot renew --no-random-sleep-on-renew
look "certbot, pre-hook fails, too" with_certbot renew --force-renewal --no-random-sleep-on-renew --pre-hook "$work/before"
look "lego, first" with_lego run --run-hook "$work/hook"
look "lego, renewal" with_lego renew --days 9999 --no-random-sleep --renew-hook "$work/hook"
look "lego, next run" with_lego renew --no-random-sleep --renew-hook "$work/hook"
with_dehydrated --register --accept-terms >>log 2>&1
look "dehydrated, first" with_dehydrated --cron --domain site.test
look "dehydrated, renewal" with_dehydrated --cron --domain site.test --force
look "dehydrated, next run" with_dehydrated --cron --domain site.test
diff - seen <<'END_OF_EXPECTED'
certbot, first: exit code 0, the hook ran 1 times
certbot, renewal: exit code 0, the hook ran 1 times
certbot, next run: exit code 0, the hook ran 0 times
certbot, pre-hook fails, too: exit code 0, the hook ran 1 times
lego, first: exit code 1, the hook ran 1 times
lego, renewal: exit code 1, the hook ran 1 times
lego, next run: exit code 0, the hook ran 0 times
dehydrated, first: exit code 1, the hook ran 1 times
dehydrated, renewal: exit code 1, the hook ran 1 times
dehydrated, next run: exit code 0, the hook ran 0 times
END_OF_EXPECTED
