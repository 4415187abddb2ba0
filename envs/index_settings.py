"""How a package index is reached, out of all that variables and pip.conf tell pip, as lines for the shell.

Everything else (user, target, prefix, require-hashes, no-binary, constraint, ...) would send packages elsewhere than
into .venv or refuse those of the lock. Reads what `pip config list` would show (that verb itself obeys some of it)."""

import shlex
import sys

from pip._internal.configuration import Configuration
from pip._internal.exceptions import ConfigurationError

TAKEN_OVER = {
    "index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert",
    "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "keyring-provider", "use-feature",
}  # fmt: skip
# The command's own section goes before [global], and a variable before both.
SECTIONS = ("global", "install", ":env:")


def settings(told: dict[str, str]) -> dict[str, str]:
    """The settings that are taken over, as pip's environment variables."""
    found = {}
    for section in SECTIONS:
        for key, value in told.items():
            where, _, name = key.partition(".")
            if where == section and name in TAKEN_OVER:
                found[f"PIP_{name.upper().replace('-', '_')}"] = value
    return found


if __name__ == "__main__":
    configuration = Configuration(isolated=False)
    try:
        configuration.load()
    except ConfigurationError as error:
        sys.exit(" ".join(str(error).split()))
    for variable, value in settings(dict(configuration.items())).items():
        print(f"export {variable}={shlex.quote(value)}")
