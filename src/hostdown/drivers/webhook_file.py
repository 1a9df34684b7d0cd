"""`services.webhooks.Webhooks` by a file of the operator's, read anew when it changes.

What is sent is signed as Standard Webhooks say: HMAC-SHA256 over id, time and body, by a secret
that is read from its place each time and stands nowhere else.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from hostdown.domain.deliveries import Delivery
from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.domain.severity import Severity
from hostdown.domain.webhooks import Wanted
from hostdown.drivers.http_sender import NoRequest, Request
from hostdown.drivers.secret_place import Place, read_place
from hostdown.drivers.yaml_parts import Part, read

LOG = logging.getLogger(__name__)

FILE_BYTES_MAX = 250_000
"""Of the webhooks file."""
WEBHOOKS_MAX = 200
"""Of one file."""
NAME_LENGTH_MAX = 100
"""Characters of a webhook's name."""
WRITTEN = b"whsec_"
"""Begins a key that is written as base64."""
_SEVERITIES = {each.name.lower(): each for each in Severity}


class Webhook(NamedTuple):
    """One receiver. `secret`: where the key is that signs, if there is one."""

    url: str
    wants: Wanted
    secret: Place | None
    ca_file: str | None


class WebhookFile:
    """Raises WebhooksFileUnusable if the first file cannot be used. Threads may share it."""

    def __init__(
        self,
        path: Path,
        now_s: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._path = path
        self._now_s = now_s
        self._environ = environ
        self._lock = threading.Lock()
        self._seen = _signature(path)
        self._hooks = read_webhooks(path)

    def wanted(self) -> Mapping[str, Wanted]:
        return {name: hook.wants for name, hook in self._current().items()}

    def request_of(self, delivery: Delivery) -> Request:
        """What is sent for a delivery; raises NoRequest."""
        hook = self._current().get(delivery.receiver)
        if hook is None:
            raise NoRequest(f"{self._path} names no webhook {delivery.receiver} any more.", False)
        headers = ["Content-Type: application/cloudevents+json; charset=UTF-8"]
        headers += self._signed(hook, delivery)
        return Request(hook.url, headers, delivery.body, hook.ca_file)

    def lacking(self) -> list[str]:
        """Which keys cannot be read, a sentence each."""
        found = []
        for name, hook in self._current().items():
            try:
                self._key_of(hook)
            except NoRequest as error:
                found.append(f"{self._path}, webhook {name}: {error}")
        return found

    def _signed(self, hook: Webhook, delivery: Delivery) -> list[str]:
        at = str(int(self._now_s()))
        headers = [f"webhook-id: {delivery.id}", f"webhook-timestamp: {at}"]
        key = self._key_of(hook)
        if key is None:
            return headers
        signed = b".".join((delivery.id.encode(), at.encode(), delivery.body))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        return [*headers, f"webhook-signature: v1,{base64.b64encode(digest).decode()}"]

    def _key_of(self, hook: Webhook) -> bytes | None:
        """Raises NoRequest."""
        if hook.secret is None:
            return None
        return _key(read_place(hook.secret, self._environ, _unreadable).encode())

    def _current(self) -> Mapping[str, Webhook]:
        with self._lock:
            seen = _signature(self._path)
            if seen != self._seen:
                self._seen = seen
                try:
                    self._hooks = read_webhooks(self._path)
                except WebhooksFileUnusable as error:
                    LOG.error("%s What it said before is told to those it named before.", error)
                else:
                    LOG.info("%s is read anew: %d webhooks.", self._path, len(self._hooks))
            return self._hooks


def _unreadable(what: str) -> NoRequest:
    return NoRequest(f"{what}.", retry=True)


def _key(secret: bytes) -> bytes:
    """Any other text is a key as it is; raises NoRequest."""
    if not secret.startswith(WRITTEN):
        return secret
    try:
        key = base64.b64decode(secret.removeprefix(WRITTEN), validate=True)
    except binascii.Error as error:
        raise _unreadable("What stands behind whsec_ is not base64") from error
    if not key:
        raise _unreadable("Nothing stands behind whsec_")
    return key


def read_webhooks(path: Path) -> Mapping[str, Webhook]:
    """All of the file, by name; raises WebhooksFileUnusable for the first thing that is wrong."""
    whole = read(path, FILE_BYTES_MAX, WebhooksFileUnusable, "webhooks")
    hooks: dict[str, Webhook] = {}
    for part in whole.parts("webhooks", "webhook", WEBHOOKS_MAX):
        name = part.text("name")
        if name in hooks or len(name) > NAME_LENGTH_MAX:
            what = "is there twice" if name in hooks else f"is longer than {NAME_LENGTH_MAX}"
            part.refuse(f"the name '{name}' {what}", "name")
        hooks[name] = _webhook(part)
    whole.end()
    return hooks


def _webhook(part: Part) -> Webhook:
    url = part.text("url")
    pieces = urlsplit(url)
    if pieces.scheme not in ("http", "https") or not pieces.hostname:
        part.refuse("'url' must begin with https:// or http:// and name a host", "url")
    if pieces.username is not None or pieces.password is not None:
        part.refuse("'url' must hold no password: the file is no place for it", "url")
    least = part.optional("severity") or "info"
    if least not in _SEVERITIES:
        part.refuse(f"'severity' must be one of {', '.join(_SEVERITIES)}", "severity")
    wants = Wanted(
        part.texts("events"), part.texts("hosts"), part.texts("projects"), _SEVERITIES[least]
    )
    hook = Webhook(url, wants, _secret(part), part.optional("ca_file"))
    part.end()
    return hook


def _secret(part: Part) -> Place | None:
    file, variable = part.optional("secret_file"), part.optional("secret_env")
    if file is not None and variable is not None:
        part.refuse("'secret_file' and 'secret_env' are both there", "secret_env")
    if file is not None:
        return Path(file)
    return variable


def _signature(path: Path) -> tuple[int, ...] | None:
    """Another one after each change, of who may read it too."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
