"""The global options, with OpenStack's names where OpenStack has them."""

import argparse
from typing import Any

DEFAULT_TIMEOUT_S = 30.0
"""What a command waits for an answer; `--timeout` changes it."""
TIMEOUT_MAX_S = 3600.0
"""The longest that it may say."""

_CONNECTION: list[tuple[str, str]] = [
    ("cloud", "the cloud's name in clouds.yaml"),
    ("auth-type", "password, token, none (an explicit endpoint, no login) or admin_token"),
    ("auth-url", "the address of the Identity API"),
    ("username", "the user's name"),
    ("user-id", "the user's id"),
    ("user-domain-name", "the domain of the user, by name"),
    ("user-domain-id", "the domain of the user, by id"),
    ("project-name", "the project to act in, by name"),
    ("project-id", "the project to act in, by id"),
    ("project-domain-name", "the domain of the project, by name"),
    ("project-domain-id", "the domain of the project, by id"),
    ("region-name", "the region of the compute endpoint"),
    ("interface", "public (default), internal or admin"),
    ("endpoint", "the address of the Compute API, in place of the catalog's"),
    ("cacert", "a file with the certificates to trust"),
    ("cert", "a file with the client's certificate"),
    ("key", "a file with the key of the client's certificate"),
    ("compute-api-version", "the microversion to speak: 2.1 to 2.104, or latest (default)"),
]


class _Refused(argparse.Action):
    """A secret on the command line, where every user of the machine can read it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:  # noqa: ANN401 - argparse's signature
        variable = self.dest.upper()
        parser.error(
            f"{option_string} is not taken, because the list of processes shows command lines to "
            f"everybody; put it into clouds.yaml or the environment variable {variable}"
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option that stands before or after any command."""
    group = parser.add_argument_group("general options")
    group.add_argument("-h", "--help", action="store_true", help="this page, or a command's")
    group.add_argument("--version", action="store_true", help="print the version")
    group.add_argument(
        "-v", "--verbose", action="count", default=1, dest="verbose_level", help="log more"
    )
    group.add_argument(
        "--debug",
        action="store_true",
        help="show requests (never secrets) and tracebacks on standard error",
    )
    group = parser.add_argument_group(
        "connection options", "each also as a variable: --os-cloud is OS_CLOUD"
    )
    for name, text in _CONNECTION:
        group.add_argument(f"--os-{name}", metavar=name.upper().replace("-", "_"), help=text)
    group.add_argument(
        "--insecure", action="store_true", help="accept any certificate; for test beds"
    )
    group.add_argument(
        "--timeout",
        type=lambda text: seconds(text, TIMEOUT_MAX_S),
        default=DEFAULT_TIMEOUT_S,
        metavar="SECONDS",
        help=f"longest wait for an answer (default {DEFAULT_TIMEOUT_S:g})",
    )
    for name in ("password", "token"):
        group.add_argument(f"--os-{name}", action=_Refused, help=argparse.SUPPRESS)


def seconds(text: str, most: float) -> float:
    """A time in seconds; raises ArgumentTypeError."""
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 0 < found <= most:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {most:g} seconds")
    return found


def count(text: str) -> int:
    """How many there may be, or the number of one, for `type`; raises ArgumentTypeError."""
    try:
        found = int(text)
    except ValueError:
        found = 0
    if found < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number, 1 or more")
    return found
