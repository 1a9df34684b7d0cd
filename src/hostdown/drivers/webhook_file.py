"""`services.webhooks.Webhooks` by a file of the operator's, read anew when it changes.

A file that cannot be used changes nothing: what could be used last counts, and is kept, so that a
process that starts meanwhile goes on with it.

What is sent is signed as Standard Webhooks say: HMAC-SHA256 over id, time and body, by a secret
that is read from its place each time and stands nowhere else.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from hostdown.domain.deliveries import Delivery
from hostdown.domain.errors import SecretFileUnusable
from hostdown.domain.metric_table import WEBHOOKS_FILE_BROKEN
from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.domain.webhooks import Wanted
from hostdown.drivers.http_sender import NoRequest, Request
from hostdown.drivers.secret_file import write_secret
from hostdown.drivers.secret_place import read_place
from hostdown.drivers.webhook_parts import (
    Webhook,
    check_authorities,
    of_projects,
    webhooks_in,
)
from hostdown.drivers.yaml_parts import content
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts

LOG = logging.getLogger(__name__)

FILE_BYTES_MAX = 250_000
"""Of the webhooks file."""
KEY_BYTES_MIN = 16
"""Of a key that nobody finds by trying; with fewer it signs, and is warned of."""
WRITTEN = b"whsec_"
"""Begins a key that is written as base64."""


class WebhookFile:
    """`refresh` is called by one thread, all else by any."""

    def __init__(
        self,
        path: Path,
        kept: Path,
        now_s: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
        counts: Counts = NOTHING_COUNTED,
    ) -> None:
        """`kept`: where a copy of what could be used last is.

        Raises WebhooksFileUnusable if the file cannot be used, and there is none.
        """
        self._path = path
        self._kept = kept
        self._now_s = now_s
        self._environ = environ
        self._counts = counts
        self._fault = ""
        """Why the file does not count as it is."""
        self._seen = _signature(path)
        try:
            self._hooks = self._read()
        except WebhooksFileUnusable as error:
            self._hooks = self._what_was_kept(error)

    def wanted(self) -> Mapping[str, Wanted]:
        return {name: hook.wants for name, hook in self._hooks.items()}

    def request_of(self, delivery: Delivery) -> Request:
        """What is sent for a delivery; raises NoRequest."""
        hook = self._hooks.get(delivery.receiver)
        if hook is None:
            raise NoRequest(f"{self._path} names no webhook {delivery.receiver} any more.", False)
        headers = ["Content-Type: application/cloudevents+json; charset=UTF-8"]
        headers += self._signed(hook, delivery)
        return Request(hook.url, headers, delivery.body, hook.ca_file)

    def refresh(self) -> None:
        """Read the file if it has changed; again and again while it cannot be used."""
        seen = _signature(self._path)
        if seen == self._seen and not self._fault:
            return
        try:
            self._hooks = self._read()
        except WebhooksFileUnusable as error:
            self._counts.add(WEBHOOKS_FILE_BROKEN)
            self._tell(error, "What it said before counts until it can be used")
            return
        self._seen, self._fault = seen, ""
        LOG.info("%s is read anew: %d webhooks.", self._path, len(self._hooks))

    def _read(self) -> Mapping[str, Webhook]:
        """As the file is now; raises WebhooksFileUnusable."""
        raw, hooks = _usable(self._path)
        try:
            write_secret(self._kept, raw)  # URLs of webhooks are often keys to what they lead to
        except SecretFileUnusable as error:
            LOG.warning("What %s says is not kept for a restart: %s", self._path, error)
        for each in _doubts(self._path, hooks, self._environ):
            LOG.warning("%s", each)
        return hooks

    def _what_was_kept(self, fault: WebhooksFileUnusable) -> Mapping[str, Webhook]:
        """Raises the fault if nothing was. A certificate that it names may be gone since: that is
        seen when its webhook is called, and is no reason to call no other."""
        try:
            raw = content(self._kept, FILE_BYTES_MAX + 1, WebhooksFileUnusable)
            hooks = webhooks_in(self._kept, raw)
        except WebhooksFileUnusable:
            raise fault from None
        self._tell(fault, f"What it said when it could be used, kept in {self._kept}, counts")
        return hooks

    def _tell(self, fault: WebhooksFileUnusable, what_counts: str) -> None:
        """Once for each fault."""
        if str(fault) == self._fault:
            return
        self._fault = str(fault)
        LOG.warning("%s %s. Mend it: 'hostdown config check' reads it too.", fault, what_counts)

    def _signed(self, hook: Webhook, delivery: Delivery) -> list[str]:
        at = str(int(self._now_s()))
        headers = [f"webhook-id: {delivery.id}", f"webhook-timestamp: {at}"]
        key = _key_of(hook, self._environ)
        if key is None:
            return headers
        signed = b".".join((delivery.id.encode(), at.encode(), delivery.body))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        return [*headers, f"webhook-signature: v1,{base64.b64encode(digest).decode()}"]


def doubts(path: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """What of a file can hardly be meant as it is, a sentence each; raises WebhooksFileUnusable."""
    return _doubts(path, _usable(path)[1], environ)


def _doubts(path: Path, hooks: Mapping[str, Webhook], environ: Mapping[str, str]) -> list[str]:
    return [
        f"{path}, webhook {name}: {why}"
        for name, hook in hooks.items()
        for why in (*_of_key(hook, environ), *of_projects(hook))
    ]


def _of_key(hook: Webhook, environ: Mapping[str, str]) -> Iterator[str]:
    try:
        key = _key_of(hook, environ)
    except NoRequest as error:
        yield str(error)
        return
    if key is not None and len(key) < KEY_BYTES_MIN:
        yield (
            f"Its key has {len(key)} bytes, fewer than {KEY_BYTES_MIN}: whoever sees a message "
            "that it signed may find it by trying."
        )


def _usable(path: Path) -> tuple[bytes, Mapping[str, Webhook]]:
    """What a file says, and what that means; raises WebhooksFileUnusable."""
    raw = content(path, FILE_BYTES_MAX, WebhooksFileUnusable)
    hooks = webhooks_in(path, raw)
    check_authorities(path, hooks)
    return raw, hooks


def _key_of(hook: Webhook, environ: Mapping[str, str]) -> bytes | None:
    """Raises NoRequest."""
    if hook.secret is None:
        return None
    return _key(read_place(hook.secret, environ, "key", _unreadable).encode())


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


def _signature(path: Path) -> tuple[int, ...] | None:
    """Another one after each change, of who may read it too."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
