"""An OCSP responder on loopback whose answers are as wrong as its URL's path says: http://127.0.0.1:PORT/KIND.

ocsp_responder.py CA_CERTIFICATE CA_KEY [SECONDS]     SECONDS: how long an answer holds; 3600 unless told

Prints its port, then each request's kind.
"""
import datetime
import http.server
import itertools
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = x509.load_pem_x509_certificate(open(sys.argv[1], "rb").read())
AUTHORITY_KEY = serialization.load_pem_private_key(open(sys.argv[2], "rb").read(), None)
HOLDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3600


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def make(name, issuer=None, issuer_key=None, signs_answers=True, days=30, named=None):
    """A certificate of a responder, and its key; its own issuer without one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = named or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now() - datetime.timedelta(days=60)).not_valid_after(now() + datetime.timedelta(days=days))
    )
    if signs_answers:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    return builder.sign(issuer_key or key, hashes.SHA256()), key


STRANGER = make("stranger")
DELEGATED = make("delegated", AUTHORITY, AUTHORITY_KEY)
LAPSED = make("lapsed", AUTHORITY, AUTHORITY_KEY, days=-1)
UNNAMED = make("unnamed", AUTHORITY, AUTHORITY_KEY, signs_answers=False)
# Its name is the issuer's, its key is not.
POSER = make("", named=AUTHORITY.subject)
# "turning": good the first time, then revoked, but for the third time: that is the first answer once more, as of a cache.
# "replayed": revoked the first time, then good, by an answer of two hours ago that holds still.
# "aged": revoked, and from the second time on by an answer of two hours ago that holds still.
TURNS = itertools.count()
FIRST = []


def answer(kind, request):
    if kind == "tryLater":
        return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    if kind == "unauthorized":
        return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    turn = next(TURNS) if kind in ("turning", "replayed", "aged") else 0
    if kind == "turning" and turn == 2:
        return FIRST[0]
    begin, end = now() - datetime.timedelta(seconds=60), now() + datetime.timedelta(seconds=HOLDS)
    if kind == "expired":
        begin, end = now() - datetime.timedelta(days=2), now() - datetime.timedelta(days=1)
    if kind == "future":
        begin, end = now() + datetime.timedelta(days=1), now() + datetime.timedelta(days=2)
    if kind in ("replayed", "aged") and turn > 0:
        begin = now() - datetime.timedelta(hours=2)
    status, revoked = ocsp.OCSPCertStatus.GOOD, None
    if kind in ("revoked", "aged") or (kind == "turning" and turn > 0) or (kind == "replayed" and turn == 0):
        status, revoked = ocsp.OCSPCertStatus.REVOKED, now() - datetime.timedelta(days=1)
    if kind == "unknown":
        status = ocsp.OCSPCertStatus.UNKNOWN
    signer, key = {
        "stranger": STRANGER, "delegated": DELEGATED, "lapsed": LAPSED, "unnamed": UNNAMED, "poser": POSER,
    }.get(kind, (AUTHORITY, AUTHORITY_KEY))
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=request.issuer_name_hash, issuer_key_hash=request.issuer_key_hash,
        serial_number=request.serial_number + (1 if kind == "another" else 0), algorithm=request.hash_algorithm,
        cert_status=status, this_update=begin, next_update=None if kind == "undated" else end,
        revocation_time=revoked, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.NAME, signer)
    if signer not in (AUTHORITY, POSER[0]):
        builder = builder.certificates([signer])
    response = builder.sign(key, hashes.SHA256())
    if kind == "turning" and turn == 0:
        FIRST.append(response)
    return response


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        kind = self.path[1:]
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/ocsp-request", self.headers
        print(kind, flush=True)
        if kind == "silent":
            threading.Event().wait(300)
            return
        body = b""
        if kind == "garbage":
            body = b"\x30\x82garbage"
        elif kind == "large":
            body = b"\x00" * (1 << 20)
        elif kind != "empty":
            body = answer(kind, ocsp.load_der_ocsp_request(asked)).public_bytes(serialization.Encoding.DER)
        if kind == "trailing":
            body += b"\x00"
        if kind == "cut":
            body = body[:-1]
        self.send_response(503 if kind == "unavailable" else 200)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
