"""Records of TLS 1.2 that no library sends, behind a handshake of OpenSSL's: made here, with its keys."""
import hashlib
import hmac
import ssl
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HANDSHAKE, DATA = 22, 23


def prf(secret, label, seed, length):
    """RFC 5246 §5."""
    seed, block, out = label + seed, label + seed, b""
    while len(out) < length:
        block = hmac.new(secret, block, hashlib.sha256).digest()
        out += hmac.new(secret, block + seed, hashlib.sha256).digest()
    return out[:length]


def shake_hands(connection, context, is_server=False):
    """Makes records of a kind and a content, when they are sent to it, one after another."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
    with tempfile.NamedTemporaryFile("r") as keys:
        context.keylog_filename = keys.name
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = None if is_server else "localhost"
        session = context.wrap_bio(arrived, leaving, server_side=is_server, server_hostname=name)
        said = {True: b"", False: b""}
        is_done = False
        while not is_done:
            try:
                session.do_handshake()
                is_done = True
            except ssl.SSLWantReadError:
                pass
            ours = leaving.read()
            said[is_server] += ours
            connection.sendall(ours)
            if not is_done:
                theirs = connection.recv(65536)
                assert theirs, "the peer has closed the connection during the handshake"
                said[not is_server] += theirs
                arrived.write(theirs)
        maker = records(said[True][11:43], keys, is_server)
        next(maker)
    return maker


def records(server_random, keys, is_server):
    """RFC 5288 §3. Finished was the first record with these keys; the server's random number begins what it says."""
    line = next(line for line in keys if line.startswith("CLIENT_RANDOM "))
    client_random, master = (bytes.fromhex(word) for word in line.split()[1:3])
    block = prf(master, b"key expansion", server_random + client_random, 40)
    key, fixed = AESGCM(block[16 * is_server:][:16]), block[32 + 4 * is_server:][:4]
    kind, content = yield
    for number in range(1, 1 << 20):
        explicit = number.to_bytes(8, "big")
        told = explicit + bytes([kind, 3, 3]) + len(content).to_bytes(2, "big")
        body = explicit + key.encrypt(fixed + explicit, content, told)
        kind, content = yield bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body
