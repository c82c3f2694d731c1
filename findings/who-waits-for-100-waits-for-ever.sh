#!/usr/bin/env bash
# Guess: a client that asks "Expect: 100-continue" waits a moment for the 100 and then sends its body all the same, as curl and
# Ruby do after a second: RFC 9110 §10.1.1 has no client wait "for an indefinite period", since there are servers that never
# say 100. And a server of HTTP/1.1 says it (the same section: MUST, unless it answers at once).
# What happens: PHP's own server, uWSGI's HTTP, WEBrick and Python's wsgiref never say it: they wait for the body. aiohttp
# (expect100=True), tornado (expect_100_continue=True) and Java's HttpClient (expectContinue(true)) wait for the 100 without a
# limit of their own. Together nothing is sent any more, until a timeout that somebody has set, such as uWSGI's four seconds.
# With a server that says 100 (waitress) all are through at once. requests and httpx, where the program writes the field, do
# not wait.
# Why it matters to a gateway: one that hands Expect on, as it may, and the server's 100 back, stands between two that wait for
# each other, and is what shows the error after a minute. curl proves that the upload works, a second later than without.
# nginx, Varnish and lighttpd say 100 themselves. A gateway that stores the body first should do so, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1
for package in ./openjdk*.deb; do dpkg-deb -x "$package" java; done
# The package has its settings below /etc, and leads there from its own folder.
find java/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "java$(readlink "$link")" "$link"
done
PATH=$PWD/java/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)/bin:$PATH
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiohttp==3.13.5 tornado==6.5.10 requests==2.34.2 httpx==0.28.1 \
    waitress==3.0.2
cat >Client.java <<'END_OF_JAVA'
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] words) throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var body = HttpRequest.BodyPublishers.ofString("order");
        var request = HttpRequest.newBuilder(URI.create(words[0])).expectContinue(true).PUT(body).build();
        System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
END_OF_JAVA
javac Client.java
cat >client.py <<'END'
import asyncio, sys

which, url = sys.argv[1:]
if which == "aiohttp":
    import aiohttp

    async def put():
        async with aiohttp.ClientSession() as session, session.put(url, data=b"order", expect100=True) as answer:
            return await answer.text()

    print(asyncio.run(put()))
elif which == "tornado":
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest

    async def put():
        request = HTTPRequest(url, "PUT", body="order", expect_100_continue=True, request_timeout=0)
        return (await AsyncHTTPClient().fetch(request)).body.decode()

    print(asyncio.run(put()))
else:
    library = __import__(which)
    body = {"data" if which == "requests" else "content": b"order"}
    print(library.put(url, headers={"Expect": "100-continue"}, **body).text)
END
cat >client.rb <<'END'
require "net/http"
url = URI(ARGV[0])
request = Net::HTTP::Put.new(url.path, "Expect" => "100-continue")
request.body = "order"
Net::HTTP.start(url.host, url.port) do |http|
  http.continue_timeout = 1
  puts http.request(request).body
end
END
cat >app.py <<'END'
import sys

def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

if __name__ == "__main__":
    from wsgiref.simple_server import make_server

    make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
END
echo '<?php echo file_get_contents("php://input");' >app.php
cat >app.rb <<'END'
require "webrick"

class Echo < WEBrick::HTTPServlet::AbstractServlet
  def do_PUT(request, answer)
    answer.body = request.body
  end
end

silent = WEBrick::Log.new(File::NULL)
server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ARGV[0].to_i, AccessLog: [], Logger: silent)
server.mount "/", Echo
server.start
END
cat >probe.py <<'END'
import importlib.metadata, os, platform, socket, subprocess, sys, time

SERVERS = {
    "waitress": "venv/bin/waitress-serve --listen=127.0.0.1:PORT app:application",
    "PHP": "php -S 127.0.0.1:PORT app.php",
    "uWSGI": "uwsgi --plugin python3 --http-socket 127.0.0.1:PORT --need-app --wsgi-file app.py",
    "WEBrick": "ruby app.rb PORT",
    "wsgiref": "python3 app.py PORT",
}
CLIENTS = {
    "curl": ["curl", "-s", "-X", "PUT", "-H", "Expect: 100-continue", "-d", "order"],
    "Ruby": ["ruby", "client.rb"],
    "requests": ["venv/bin/python", "client.py", "requests"],
    "httpx": ["venv/bin/python", "client.py", "httpx"],
    "aiohttp": ["venv/bin/python", "client.py", "aiohttp"],
    "tornado": ["venv/bin/python", "client.py", "tornado"],
    "Java": ["java", "-cp", ".", "Client"],
}

def asked(command, port):
    try:
        done = subprocess.run([*command, f"http://127.0.0.1:{port}/order"], capture_output=True, text=True, timeout=9)
    except subprocess.TimeoutExpired:
        return "stuck"
    return "done" if done.stdout.strip() == "order" else "stuck"

def served(line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(line.replace("PORT", str(port)).split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": os.getcwd()})
    try:
        for _ in range(300):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return {name: asked(command, port) for name, command in CLIENTS.items()}
    finally:
        server.kill()
        server.wait()

for name in ("waitress", "aiohttp", "tornado", "requests", "httpx"):
    print(name, importlib.metadata.version(name))
print("Python", platform.python_version())
WEBRICK = 'puts "Ruby #{RUBY_VERSION}, WEBrick #{WEBrick::VERSION}"'
for command in (["php", "--version"], ["uwsgi", "--version"], ["ruby", "-rwebrick", "-e", WEBRICK], ["java", "--version"],
                ["curl", "--version"]):
    print(subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0])
THROUGH = dict.fromkeys(CLIENTS, "done")
STUCK = THROUGH | dict.fromkeys(("aiohttp", "tornado", "Java"), "stuck")
right = True
for name, line in SERVERS.items():
    seen = served(line)
    print(f"{name}: {', '.join(f'{client} {what}' for client, what in seen.items())}", flush=True)
    right = right and seen == (THROUGH if name == "waitress" else STUCK)
sys.exit(not right)
END
venv/bin/python probe.py
