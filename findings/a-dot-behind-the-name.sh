#!/usr/bin/env bash
# Guess: https://gateway.example./, with the dot that stops a resolver from trying its search domains (ndots:5 in Kubernetes
# makes people write it), is the same to TLS as without: RFC 6066 §3 has no dot in SNI, and certificates have none.
# What happens: curl leaves the dot out of SNI and check, and keeps it in Host; requests and aiohttp leave it out
# everywhere. Node.js and Ruby put it into SNI: HAProxy has no such certificate, gives the default one, and the check
# fails. httpx fails with every server, since it looks for the dot in the certificate. (Java's HttpClient fails before it
# connects.)
# Why it matters to a gateway: an address that curl proves right is broken for some of the services that use it, by the
# choice of library and of what is in front. A gateway has to take the dot off SNI and Host before it looks for a site, and
# may not compare the two letter by letter: curl's differ. Clients are better given ndots:1, or dnsConfig, than dots.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 aiohttp==3.14.5 httpx==0.28.1
apt-get -qq -o APT::Sandbox::User="$(id -un)" download haproxy=2.6.12-1+deb12u4
dpkg-deb -x ./haproxy*.deb root
for name in default gateway; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.crt \
        -subj /CN=$name.example -addext "subjectAltName=DNS:$name.example" 2>log
    cat $name.crt $name.key >$name.pem
done
cat >client.js <<'END_OF_NODE'
const dns = require("dns");
const here = "127.0.0.1";
dns.lookup = (name, options, done) => options.all ? done(null, [{ address: here, family: 4 }]) : done(null, here, 4);
const print = text => process.stdout.write(text);
fetch(process.argv[2]).then(answer => answer.text()).then(print, () => print("fails"));
END_OF_NODE
cat >client.rb <<'END_OF_RUBY'
require "net/http"
url = URI(ARGV[0])
client = Net::HTTP.new(url.host, url.port)
client.ipaddr = "127.0.0.1"
client.use_ssl = true
client.ca_file = "gateway.crt"
begin
  print client.get("/").body
rescue OpenSSL::SSL::SSLError
  print "fails"
end
END_OF_RUBY
cat >client.py <<'END_OF_PYTHON'
import asyncio, socket, ssl, sys
import aiohttp, httpx, requests

library, url = sys.argv[1:]
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **others: look_up("127.0.0.1", *more, **others)
context = ssl.create_default_context(cafile="gateway.crt")

async def with_aiohttp():
    connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url, ssl=context) as answer:
        return await answer.text()

try:
    if library == "requests":
        text = requests.get(url, verify="gateway.crt").text
    else:
        text = httpx.get(url, verify=context).text if library == "httpx" else asyncio.run(with_aiohttp())
except (requests.RequestException, httpx.HTTPError, aiohttp.ClientError):
    text = "fails"
print(text, end="")
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import os, re, socket, ssl, subprocess, sys, threading, time

os.environ["NODE_EXTRA_CA_CERTS"] = "gateway.crt"

def serve(listener):  # Has the one certificate for all names, and shows what it was asked for.
    while True:
        connection, _ = listener.accept()
        named = []
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain("gateway.pem")
        tls.sni_callback = lambda connection, name, context: named.append(name)
        try:
            with tls.wrap_socket(connection, server_side=True) as stream:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += stream.recv(65536) or b"\r\n\r\n"
                host = re.search(rb"(?i)\r\nhost: ([^:\r]*)", head)[1].decode()
                body = f"SNI {named[0]}, Host {host}".encode()
                stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        except (OSError, TypeError):  # The client did not like the certificate.
            connection.close()

def run(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout or "fails"

def clients(port):
    url = f"https://gateway.example.:{port}/"
    yield "curl", run("curl", "-sS", "--cacert", "gateway.crt", "--resolve", f"gateway.example.:{port}:127.0.0.1", url)
    for library in ("requests", "aiohttp", "httpx"):
        yield library, run("venv/bin/python", "client.py", library, url)
    yield "Node.js", run("node", "client.js", url)
    yield "Ruby", run("ruby", "client.rb", url)

bare = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(bare,), daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
with open("haproxy.cfg", "w") as file:
    file.write(f"""defaults
 mode http
 timeout connect 5s
 timeout client 5s
 timeout server 5s
frontend all
 bind 127.0.0.1:{port} ssl crt default.pem crt gateway.pem
 http-request return status 200 content-type text/plain string "right certificate"
""")
haproxy = subprocess.Popen(["root/usr/sbin/haproxy", "-f", "haproxy.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    at_bare, at_haproxy = dict(clients(bare.getsockname()[1])), dict(clients(port))
finally:
    haproxy.terminate()
    haproxy.wait()
without, both = "SNI gateway.example, Host gateway.example.", "SNI gateway.example., Host gateway.example."
neither = "SNI gateway.example, Host gateway.example"
expected = {"curl": (without, "right certificate"), "requests": (neither, "right certificate"),
            "aiohttp": (neither, "right certificate"), "httpx": ("fails", "fails"), "Node.js": (both, "fails"),
            "Ruby": (both, "fails")}
for command in ("root/usr/sbin/haproxy", "-v"), ("node", "--version"), ("ruby", "-v"):
    print(os.path.basename(command[0]), run(*command).splitlines()[0])
seen = {}
for client in at_bare:
    seen[client] = (at_bare[client], at_haproxy[client])
    print(f"{client} to https://gateway.example./: {at_bare[client]}; HAProxy: {at_haproxy[client]}")
sys.exit(seen != expected)
END_OF_PROBE
venv/bin/python probe.py
