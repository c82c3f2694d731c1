#!/usr/bin/env bash
# Guess: a client that tries again by itself after 429 or 503 waits as long as Retry-After says, if there is one; that is what the
# field is for (RFC 9110 §10.2.3), and SDKs of large services are the first to do so.
# What happens: openai, anthropic, azure-core, httpx-retries, urllib3's Retry and curl --retry do. boto3, in its older mode as in
# "standard", google-cloud-storage and aiohttp-retry do not look at it: they come back after parts of a second, and go on by a
# plan of their own.
# Why it matters to a gateway: a limit that says "30 seconds" has three requests of such a program within two or three, which
# count where refused requests count, so that it stays out; and a pool without servers has its crowd come back at once. Refusals
# have to be cheap, a client that goes on asking must not prolong its own exclusion unless that is meant, and such programs need a
# limit of their own in front of them (a semaphore, a token bucket).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile openai==3.57.0 anthropic==2.14.0 azure-core==1.41.0 \
    boto3==1.44.8 google-cloud-storage==3.17.1 httpx-retries==0.6.0 httpx==0.28.1 aiohttp-retry==2.9.1 aiohttp==3.14.5 \
    urllib3==2.8.0 requests==2.34.2
cat >client.py <<'END_OF_PYTHON'
import asyncio, sys

name, url = sys.argv[1:]
if name == "openai":
    import openai
    client = openai.OpenAI(api_key="key", base_url=url)
    client.chat.completions.create(model="model", messages=[{"role": "user", "content": "hello"}])
elif name == "anthropic":
    import anthropic
    client = anthropic.Anthropic(api_key="key", base_url=url)
    client.messages.create(model="model", max_tokens=1, messages=[{"role": "user", "content": "hello"}])
elif name == "azure-core":
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import RetryPolicy
    from azure.core.rest import HttpRequest
    PipelineClient(url, policies=[RetryPolicy()]).send_request(HttpRequest("GET", url + "/x"))
elif name.startswith("boto3"):
    import boto3, botocore.config
    mode = botocore.config.Config(retries={"mode": "standard" if "standard" in name else "legacy"})
    boto3.client("s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1",
                 config=mode).list_objects_v2(Bucket="bucket")
elif name == "google-cloud-storage":
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage
    client = storage.Client(project="project", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
    client.get_bucket("bucket")
elif name == "httpx-retries":
    import httpx, httpx_retries
    httpx.Client(transport=httpx_retries.RetryTransport()).get(url + "/x")
elif name == "aiohttp-retry":
    import aiohttp_retry

    async def ask():
        options = aiohttp_retry.ExponentialRetry(attempts=3, statuses={429, 503})
        async with aiohttp_retry.RetryClient(retry_options=options) as client, client.get(url + "/x"):
            pass

    asyncio.run(ask())
elif name == "urllib3":
    import urllib3
    urllib3.PoolManager(retries=urllib3.Retry(3, status_forcelist=[429, 503])).request("GET", url + "/x")
END_OF_PYTHON
cat >probe.py <<'END_OF_PROBE'
import concurrent.futures, glob, http.server, importlib.metadata, os, subprocess, sys, threading, time

SECONDS = 4  # What Retry-After says.
came = {}

class Handler(http.server.BaseHTTPRequestHandler):  # /STATUS/NAME/… is refused each time.
    protocol_version = "HTTP/1.1"

    def refuse(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        _, status, name, *_ = self.path.split("/")
        came.setdefault((status, name), []).append(time.monotonic())
        body = b'{"error": {"message": "later"}}'
        self.send_response(int(status))
        self.send_header("Retry-After", str(SECONDS))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = refuse

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):  # A client that is ended while it waits.
        pass

server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(os.path.abspath(path) for path in glob.glob("root/usr/lib/*-linux-gnu"))
HEED = ("openai", "anthropic", "azure-core", "httpx-retries", "urllib3", "curl")
NAMES = (*HEED, "boto3", "boto3, standard", "google-cloud-storage", "aiohttp-retry")

def second(status, name):  # The seconds between the first and the second request.
    key = (status, name.replace(", ", "-"))
    url = f"http://127.0.0.1:{server.server_port}/{status}/{key[1]}"
    own, command = dict(os.environ), ["venv/bin/python", "client.py", name, url]
    if name == "curl":
        own["LD_LIBRARY_PATH"] = libraries
        command = ["root/usr/bin/curl", "-s", "--retry", "3", url + "/x"]
    with open("log", "a") as log:
        client = subprocess.Popen(command, env=own, stdout=log, stderr=log)
    while len(came.get(key, ())) < 2 and client.poll() is None:
        time.sleep(0.05)
    client.kill()
    client.wait()
    times = came.get(key, ())
    return times[1] - times[0] if len(times) > 1 else None

seen = {}
with concurrent.futures.ThreadPoolExecutor(6) as pool:  # Most of the time is waiting.
    asked = {name: [pool.submit(second, status, name) for status in ("429", "503")] for name in NAMES}
for name, answers in asked.items():
    version = importlib.metadata.version(name.partition(",")[0]) if name != "curl" else "7.88.1"
    gaps = [answer.result() for answer in answers]
    seen[name] = [gap is not None and gap > SECONDS - 0.5 for gap in gaps]
    told = [f"{gap:.1f} s" if gap is not None else "never" for gap in gaps]
    print(f"{name} {version}, told to wait {SECONDS} s, comes back after {told[0]} (429), {told[1]} (503)")
sys.exit(seen != {name: [name in HEED] * 2 for name in NAMES})
END_OF_PROBE
venv/bin/python probe.py
