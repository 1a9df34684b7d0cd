"""From the values of `[keystone_authtoken]` to settings, for `auth_strategy = keystone`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from hostdown.config.keystone_options import SECTION
from hostdown.config.settings import KeystoneOptions
from hostdown.domain.model import DEFAULT_DOMAIN

PACKAGE = "keystonemiddleware"
NEEDED = ("auth_url", "username", "password", "project_name")

_URL = re.compile(r"https?://[!#-~]+")
_OUR_OWN = frozenset({"www_authenticate_uri", "token_cache_time", "password_file", "auth_type"})

Findings = list[tuple[str, str]]


def keystone_options(
    values: Mapping[str, object], files: Mapping[str, Path | None], password: str | None
) -> tuple[KeystoneOptions, Findings]:
    """The settings, and what is wrong with them. `files` are options that name one."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    given |= {name: str(path) for name, path in files.items() if path is not None}
    if password is not None:
        given["password"] = password
    for whose in ("user", "project"):
        if f"{whose}_domain_name" not in given:
            given.setdefault(f"{whose}_domain_id", DEFAULT_DOMAIN)
    options = KeystoneOptions(
        www_authenticate_uri=str(given.get("www_authenticate_uri", given.get("auth_url", ""))),
        answer_within=_seconds(given["http_connect_timeout"]),
        remembered_for=_seconds(given["token_cache_time"]),
        middleware={name: value for name, value in given.items() if name not in _OUR_OWN},
    )
    return options, _problems(given)


def _problems(given: Mapping[str, object]) -> Findings:
    found = [
        (f"[{SECTION}] {name}", "is needed for [api] auth_strategy = keystone.")
        for name in NEEDED
        if name not in given and f"{name}_file" not in given
    ]
    found += [
        (f"[{SECTION}] {name}", "must be an http:// or https:// URL.")
        for name in ("auth_url", "www_authenticate_uri")
        if name in given and not _URL.fullmatch(str(given[name]))
    ]
    if ("certfile" in given) != ("keyfile" in given):
        missing = "keyfile" if "certfile" in given else "certfile"
        found.append((f"[{SECTION}] {missing}", "is needed beside the other of the two."))
    if find_spec(PACKAGE) is None:
        what = f"keystone needs the package {PACKAGE}; install hostdown[keystone]."
        found.append(("[api] auth_strategy", what))
    return found


def _seconds(value: object) -> timedelta:
    return timedelta(seconds=int(str(value)))
