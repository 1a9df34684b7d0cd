"""What operators write about webhooks, from the text of a file to what it means."""

import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.domain.severity import Severity
from hostdown.domain.webhooks import Wanted, names_events
from hostdown.drivers.secret_place import Place
from hostdown.drivers.yaml_parts import Part, parsed

WEBHOOKS_MAX = 200
"""Of one file."""
NAME_LENGTH_MAX = 100
"""Characters of a webhook's name."""
PROJECT_ID = re.compile("[0-9a-f]{32}")
_SEVERITIES = {each.name.lower(): each for each in Severity}


class Webhook(NamedTuple):
    """One receiver. `secret`: where the key is that signs, if there is one."""

    url: str
    wants: Wanted
    secret: Place | None
    ca_file: str | None


def webhooks_in(path: Path, raw: bytes) -> Mapping[str, Webhook]:
    """All that a file says, by name; raises WebhooksFileUnusable for the first thing that is wrong.

    Other files are not looked at: the same text always means the same.
    """
    whole = parsed(path, raw, WebhooksFileUnusable, "webhooks")
    hooks: dict[str, Webhook] = {}
    for part in whole.parts("webhooks", "webhook", WEBHOOKS_MAX, least=0):
        name = part.text("name")
        if name in hooks or len(name) > NAME_LENGTH_MAX:
            what = "is there twice" if name in hooks else f"is longer than {NAME_LENGTH_MAX}"
            part.refuse(f"the name '{name}' {what}", "name")
        part.what = f"webhook {name}"
        hooks[name] = _webhook(part)
    whole.end()
    return hooks


def of_projects(hook: Webhook) -> list[str]:
    """Of each project that cannot be what was meant: ids have one form here and in Keystone."""
    return [
        f"'projects' names '{each}', which is no id of 32 hexadecimal digits: of a project "
        "that is named so nothing is told."
        for each in hook.wants.projects
        if PROJECT_ID.fullmatch(each) is None
    ]


def check_authorities(path: Path, hooks: Mapping[str, Webhook]) -> None:
    """Raises WebhooksFileUnusable for the first `ca_file` by which no certificate could be good."""
    for name, hook in hooks.items():
        why = None if hook.ca_file is None else _no_authority(Path(hook.ca_file))
        if why is not None:
            raise WebhooksFileUnusable(path=path, reason=f"webhook {name}: 'ca_file' {why}")


def _no_authority(file: Path) -> str | None:
    """Why it is none."""
    if not file.is_file():
        return f"names {file}, which is no file that can be read"
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(file)
    except ssl.SSLError:
        return f"names {file}, which holds no certificate in the form PEM"
    except OSError as error:
        return f"names {file}, which cannot be read: {error.strerror}"
    if not context.cert_store_stats()["x509"]:
        return f"names {file}, which holds no certificate"
    return None


def _webhook(part: Part) -> Webhook:
    url = _url(part)
    least = part.optional("severity") or "info"
    if least not in _SEVERITIES:
        part.refuse(f"{part.what}: 'severity' must be one of {', '.join(_SEVERITIES)}", "severity")
    wants = Wanted(
        _patterns(part, "events", names_events, "fits the name of no event"),
        _patterns(part, "hosts", _names_hosts, "fits the name of no host"),
        _patterns(part, "projects", _is_id, "is no project's id: patterns are for hosts"),
        _SEVERITIES[least],
    )
    hook = Webhook(url, wants, _secret(part), part.optional("ca_file"))
    part.end()
    return hook


def _url(part: Part) -> str:
    url = part.text("url")
    why = _no_url(url)
    if why is not None:
        part.refuse(f"{part.what}: 'url' {why}", "url")
    return url


def _no_url(url: str) -> str | None:
    """Why it is none that can be called."""
    pieces = _split(url)
    if pieces is None or pieces.scheme not in ("http", "https") or not pieces.hostname:
        return "must begin with https:// or http:// and name a host"
    if pieces.username is not None or pieces.password is not None:
        return "must hold no password, for which the file is no place"
    if not _has_port(pieces):
        return "names a port that there is not: ports are numbers from 1 to 65535"
    if not url.isascii() or " " in url:
        return "must have %XX in place of blanks, and of characters beyond ASCII"
    return None


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # an address in brackets that is none
        return None


def _has_port(pieces: SplitResult) -> bool:
    try:
        return pieces.port != 0
    except ValueError:
        return False


def _patterns(part: Part, key: str, fits: Callable[[str], bool], why: str) -> Sequence[str]:
    found = part.texts(key)
    for each in found:
        if not fits(each):
            part.refuse(f"{part.what}: '{key}': '{each}' {why}", key)
    return found


def _names_hosts(pattern: str) -> bool:
    return "/" not in pattern and pattern == pattern.strip()


def _is_id(text: str) -> bool:
    return not any(each in text for each in "*?[]")


def _secret(part: Part) -> Place | None:
    file, variable = part.optional("secret_file"), part.optional("secret_env")
    if file is not None and variable is not None:
        part.refuse(f"{part.what}: 'secret_file' and 'secret_env' are both there", "secret_env")
    if file is not None:
        return Path(file)
    return variable
