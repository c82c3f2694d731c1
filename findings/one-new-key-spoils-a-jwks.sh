#!/usr/bin/env bash
# Guess: a key of a kind that a library does not know does no harm in a JWKS: RFC 7517 §5 says to ignore
# such keys, and a token names its key by kid.
# What happens: with an ML-DSA key beside the right one Authlib's KeySet raises KeyError, for every token;
# with an elliptic curve that it lacks, joserfc does. python-jose does not look at kid at all: it tries all
# keys in order and fails at the first that is not RSA, so that even a P-256 key in front stops it, and
# behind the right one it does not. PyJWT and jwcrypto skip what they do not know.
# Why it matters to a gateway: an issuer that adds a key takes applications down, though the gateway in
# front, which reads the same set, goes on. Announce new kinds of keys behind the old ones, and let the
# gateway check tokens for applications that cannot.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyjwt==2.15.1 cryptography==50.0.2 authlib==1.9.10 \
    joserfc==1.8.0 jwcrypto==1.6.1 python-jose==3.5.0
cat >"$work/probe.py" <<'END'
import importlib.metadata, json, sys, warnings
import authlib.deprecate

warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
import authlib.jose, joserfc.jwk, joserfc.jwt, jose.jwt, jwcrypto.jwk, jwcrypto.jwt, jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

private = rsa.generate_private_key(65537, 2048)
right = {**jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "right", "use": "sig"}
p256 = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
right.pop("key_ops", None)
p256.pop("key_ops", None)
token = jwt.encode({"sub": "a"}, private, algorithm="RS256", headers={"kid": "right"})
OTHERS = {
    "no other key": [],
    "ML-DSA-65": [{"kty": "AKP", "kid": "new", "alg": "ML-DSA-65", "pub": "AAAA"}],
    "brainpool curve": [{"kty": "EC", "kid": "new", "crv": "BP-256", "x": p256["x"], "y": p256["y"]}],
    "P-256": [{**p256, "kid": "new"}],
}

def with_pyjwt(keys):
    key = next(key for key in jwt.PyJWKSet.from_dict(keys).keys if key.key_id == "right")
    jwt.decode(token, key, algorithms=["RS256"])

def with_authlib(keys):
    authlib.jose.JsonWebToken(["RS256"]).decode(token, authlib.jose.JsonWebKey.import_key_set(keys))

def with_joserfc(keys):
    joserfc.jwt.decode(token, joserfc.jwk.KeySet.import_key_set(keys), algorithms=["RS256"])

def with_jwcrypto(keys):
    jwcrypto.jwt.JWT(key=jwcrypto.jwk.JWKSet.from_json(json.dumps(keys)), jwt=token)

def with_jose(keys):
    jose.jwt.decode(token, keys, algorithms=["RS256"])

def outcome(check, keys):
    try:
        check({"keys": keys})
        return "good"
    except Exception as error:
        return type(error).__name__

libraries = [
    ("pyjwt", with_pyjwt, ["good"] * 4, ["good"] * 4),
    ("jwcrypto", with_jwcrypto, ["good"] * 4, ["good"] * 4),
    ("authlib", with_authlib, ["good", "KeyError", "good", "good"], ["good", "KeyError", "good", "good"]),
    ("joserfc", with_joserfc, ["good", "good", "KeyError", "good"], ["good", "good", "KeyError", "good"]),
    ("python-jose", with_jose, ["good", "JWKError", "JWKError", "JWKError"], ["good"] * 4),
]
same = True
for name, check, *expected in libraries:
    seen = [[outcome(check, others + [right]) for others in OTHERS.values()],
            [outcome(check, [right] + others) for others in OTHERS.values()]]
    for place, outcomes in zip(("in front", "behind"), seen):
        told = "; ".join(f"{what}: {got}" for what, got in zip(OTHERS, outcomes))
        print(f"{name} {importlib.metadata.version(name)}, the other key {place}: {told}")
    same = same and seen == expected
sys.exit(not same)
END
"$work/venv/bin/python" "$work/probe.py"
