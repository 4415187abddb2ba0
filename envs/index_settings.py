"""How a package index is reached, out of all that variables and pip.conf tell pip, as lines for the shell.

Everything else (user, target, prefix, require-hashes, no-binary, constraint, ...) would send packages elsewhere than
into .venv or refuse those of the lock. Usage: python -m pip config list | python envs/index_settings.py"""

import ast
import re
import shlex
import sys

TAKEN_OVER = {
    "index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert",
    "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "keyring-provider", "use-feature",
}  # fmt: skip
# The command's own section goes before [global], and a variable before both.
SECTIONS = ("global", "install", ":env:")
LINE = re.compile(r"([\w:]+)\.([\w-]+)=(['\"].*['\"])")


def settings(lines: list[str]) -> dict[str, str]:
    """The settings that are taken over, as pip's environment variables."""
    found = [match.groups() for match in map(LINE.fullmatch, lines) if match]
    return {
        f"PIP_{name.upper().replace('-', '_')}": ast.literal_eval(value)
        for section in SECTIONS
        for where, name, value in found
        if where == section and name in TAKEN_OVER
    }


if __name__ == "__main__":
    for variable, value in settings(sys.stdin.read().splitlines()).items():
        print(f"export {variable}={shlex.quote(value)}")
