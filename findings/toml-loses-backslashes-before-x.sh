#!/usr/bin/env bash
# Guess: what toml.dumps writes, toml.loads and every other parser of TOML read back as it was; only dates
# and None need care.
# What happens: toml 0.10.2 halves the backslash before an x. The pattern ^/caf\xe9$ is written as an
# escape that TOML 1.0 does not have, which no parser takes, toml itself included. Where the text begins
# with \x it becomes \u00…, and the pattern \x2e, a dot and no other character, comes back as ".", which
# matches every character. tomlkit and rtoml write both right.
# Why it matters to a gateway: its configuration is TOML, and scripts write it. Regular expressions for
# paths are the place where \x stands; a rule that was narrow is wide after the round trip, and nothing
# says so. Write with tomlkit, or compare what was read back.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check toml==0.10.2 tomlkit==0.15.2 rtoml==0.14.0
cat >"$work/probe.py" <<'END'
import importlib.metadata, sys, tomllib
import rtoml, toml, tomlkit

PATTERNS = [r"^/files/\d+\.txt$", r"^/caf\xe9$", r"\x2e"]

def outcome(dumps, loads, pattern):
    try:
        text = loads(dumps({"path": pattern}))["path"]
        return "same" if text == pattern else f"is {text} now"
    except ValueError as error:
        return type(error).__name__

seen = []
for module in (toml, tomlkit, rtoml):
    for loads in (module.loads, tomllib.loads):
        outcomes = [outcome(module.dumps, loads, pattern) for pattern in PATTERNS]
        told = "; ".join(f"{pattern}: {got}" for pattern, got in zip(PATTERNS, outcomes))
        reader = "itself" if loads is module.loads else "tomllib"
        print(f"{module.__name__} {importlib.metadata.version(module.__name__)}, read by {reader}: {told}")
        seen.append(outcomes)
sys.exit(seen != [["same", "TomlDecodeError", "is . now"], ["same", "TOMLDecodeError", "is . now"]] + [["same"] * 3] * 4)
END
"$work/venv/bin/python" "$work/probe.py"
