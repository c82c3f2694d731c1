#!/usr/bin/env bash
# Guess: libraries agree on a token whose signature is right, whose exp is ahead and which has no nbf: a
# header parameter that a library does not know is ignored (RFC 7515 §4: it MUST be), and iat says how old a
# token is (RFC 7519 §4.1.6) and refuses nothing.
# What happens: joserfc refuses any header parameter that is not registered: "client", "signer" and "iss",
# which some load balancers put there, "nonce", "ver". PyJWT, Authlib and joserfc refuse a token as "not yet
# valid" if iat is ahead of their own clock by a second or two, leeway being 0; python-jose and jwcrypto
# take both tokens.
# Why it matters to a gateway: it has checked the token and lets it pass, and the application behind it says
# 401, to all tokens of one issuer, or to the first request after a login if clocks differ a little. Give
# joserfc a JWSRegistry(strict_check_header=False), and all of them a leeway of some seconds.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyjwt==2.15.1 joserfc==1.8.0 authlib==1.9.10 \
    python-jose==3.5.0 jwcrypto==1.6.1 cryptography==50.0.2
cd "$work"
cat >probe.py <<'END'
import base64, importlib.metadata, sys, time
import authlib.jose, jose.jwt, joserfc.jwk, joserfc.jws, joserfc.jwt, jwcrypto.jwk, jwcrypto.jwt, jwt

SECRET = "a key of thirty-two bytes or more"
NOW = int(time.time())

def with_pyjwt(token, leeway=0):
    jwt.decode(token, SECRET, algorithms=["HS256"], leeway=leeway)

def with_joserfc(token, leeway=0):
    registry = joserfc.jws.JWSRegistry(strict_check_header=leeway == 0)
    claims = joserfc.jwt.decode(token, joserfc.jwk.OctKey.import_key(SECRET), registry=registry).claims
    joserfc.jwt.JWTClaimsRegistry(leeway=leeway).validate(claims)

def with_authlib(token, leeway=0):
    authlib.jose.jwt.decode(token, SECRET).validate(leeway=leeway)

def with_python_jose(token, leeway=0):
    jose.jwt.decode(token, SECRET, algorithms=["HS256"], options={"leeway": leeway})

def with_jwcrypto(token, leeway=0):
    key = jwcrypto.jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="))
    jwcrypto.jwt.JWT(jwt=token, key=key, expected_type="JWS")

def outcome(check, token, leeway=0):
    try:
        check(token, leeway)
        return "taken"
    except Exception as error:
        return type(error).__name__

def signed(claims, header):
    return jwt.encode({"sub": "someone", "exp": NOW + 600, **claims}, SECRET, algorithm="HS256", headers=header)

TOKENS = {
    "plain": signed({"iat": NOW - 10}, {}),
    "client in the header": signed({"iat": NOW - 10}, {"client": "shop"}),
    "iat 30 s ahead": signed({"iat": NOW + 30}, {}),
}
LIBRARIES = {
    "pyjwt": (with_pyjwt, ["taken", "taken", "ImmatureSignatureError"]),
    "joserfc": (with_joserfc, ["taken", "UnsupportedHeaderError", "InvalidClaimError"]),
    "authlib": (with_authlib, ["taken", "taken", "InvalidTokenError"]),
    "python-jose": (with_python_jose, ["taken"] * 3),
    "jwcrypto": (with_jwcrypto, ["taken"] * 3),
}
right = True
for name, (check, expected) in LIBRARIES.items():
    seen = [outcome(check, token) for token in TOKENS.values()]
    mended = [outcome(check, token, leeway=60) for token in TOKENS.values()]
    told = "; ".join(f"{case}: {what}" for case, what in zip(TOKENS, seen))
    print(f"{name} {importlib.metadata.version(name)}: {told}; with what helps: {', '.join(mended)}")
    right = right and seen == expected and mended == ["taken"] * 3
sys.exit(not right)
END
venv/bin/python -W ignore probe.py
