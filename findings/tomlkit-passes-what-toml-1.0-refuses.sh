#!/usr/bin/env bash
# Guess: a file that one parser of TOML accepts is TOML for all of them; TOML 1.1 has to be asked for.
# What happens: tomlkit and rtoml take what only TOML 1.1 has without a word: inline tables over several
# lines or with a last comma, times without seconds, \e and \x. tomllib of Python 3.11 and tomli 2.2
# refuse each. Nothing in the file says which version it is written in.
# Why it matters to a gateway: a check of the configuration in CI with one library passes, and a program
# that reads TOML 1.0, a server or a deployment script, does not start with it. Check with the program
# itself, and write 1.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tomlkit==0.15.2 rtoml==0.14.0 tomli==2.2.1
cat >"$work/probe.py" <<'END'
import importlib.metadata, sys
import rtoml, tomli, tomlkit

TEXTS = {
    "an inline table over lines": "a = {\n  b = 1\n}\n",
    "a last comma": "a = { b = 1, }\n",
    "a time without seconds": "a = 07:30\n",
    r"\e": 'a = "\\e[0m"\n',
    r"\x": 'a = "\\x41"\n',
    "TOML 1.0": 'a = { b = 1 }\nc = 07:30:00\nd = "\\u0041"\n',
}

def takes(module, text):
    try:
        module.loads(text)
        return True
    except ValueError:
        return False

seen = []
for module in (tomlkit, rtoml, tomli):
    seen.append([takes(module, text) for text in TEXTS.values()])
    told = "; ".join(f"{what}: {'yes' if took else 'no'}" for what, took in zip(TEXTS, seen[-1]))
    print(f"{module.__name__} {importlib.metadata.version(module.__name__)} takes {told}")
sys.exit(seen != [[True] * 6, [True] * 6, [False] * 5 + [True]])
END
"$work/venv/bin/python" "$work/probe.py"
