"""`services.image_ports.ImageLibrary` of a Glance elsewhere, by its API v2."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import urllib3

from hostdown.domain.assignment import DIGEST, ImageSource
from hostdown.domain.image import DISK_FORMATS, ImageStatus
from hostdown.domain.image_errors import (
    GlanceUnavailable,
    ImageNotActive,
    ImageUnknown,
    ImageUnusable,
)
from hostdown.services.image_ports import Asker, UsableImage

CONNECT_TIMEOUT_S = 5.0
"""What a connection to Glance may take."""
ANSWER_TIMEOUT_S = 30.0
"""What Glance may take for an answer to begin, and for each piece of one to come."""
RECORD_BYTES_MAX = 1 << 20
"""What is read of an image's record; one with 128 properties has some 20 kB."""
CHUNK_BYTES = 1 << 20
"""What is taken of an image at a time."""
CONNECTIONS_MAX = 16
"""Connections to Glance that a worker keeps."""

_ID = re.compile("[0-9A-Za-z_-]{1,64}")
_BASE = ("id", "name", "status", "visibility", "owner", "tags", "size", "self", "file", "schema")


class Glance:
    """`url` without `/v2`. `token` gives one for ourselves: hosts that fetch images have none."""

    def __init__(
        self, url: str, ca_file: Path | None, bytes_max: int, token: Callable[[], str]
    ) -> None:
        self._url = url
        self._bytes_max = bytes_max
        self._token = token
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS_MAX,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=ANSWER_TIMEOUT_S),
            ca_certs=str(ca_file) if ca_file else None,
            cert_reqs="CERT_REQUIRED",
        )

    def usable(self, asker: Asker, image_id: str) -> UsableImage:
        """Whether the asker may see it is for Glance to say."""
        return self._usable(image_id, asker.token)

    def open(self, image_id: str) -> tuple[ImageSource, Iterator[bytes]]:
        token = self._token()
        source = self._usable(image_id, token).source
        answer = self._get(f"/v2/images/{image_id}/file", image_id, token)
        return source, _chunks(answer, source.size)

    def _usable(self, image_id: str, token: str) -> UsableImage:
        record = self._record(image_id, token)
        try:
            return self._read(record)
        except (KeyError, TypeError, ValueError) as error:
            raise GlanceUnavailable(reason=f"its answer cannot be read: {error!r}") from error

    def _read(self, record: dict[str, Any]) -> UsableImage:
        image_id = record["id"]
        if record["status"] != ImageStatus.ACTIVE:
            raise ImageNotActive(image_id=image_id)
        size, disk_format = int(record["size"]), record["disk_format"]
        source = ImageSource(image_id, str(record.get("os_hash_value")), size, disk_format)
        reason = None
        if disk_format not in DISK_FORMATS:
            reason = f"its disk_format is {disk_format}, not one of {', '.join(DISK_FORMATS)}"
        elif size > self._bytes_max:
            reason = f"it has {size} bytes, more than [image] max_bytes"
        elif not DIGEST.fullmatch(source.digest) or record.get("os_hash_algo") != source.algorithm:
            reason = "Glance has no SHA-512 of it and no SHA-256; upload it again"
        if reason is not None:
            raise ImageUnusable(image_id=image_id, reason=reason)
        return UsableImage(
            source=source,
            name=record["name"],
            min_disk_gb=int(record["min_disk"]),
            min_ram_mb=int(record["min_ram"]),
            virtual_size=int(record.get("virtual_size") or size),
            properties={
                name: value
                for name, value in record.items()
                if isinstance(value, str) and name not in _BASE
            },
        )

    def _record(self, image_id: str, token: str) -> dict[str, Any]:
        if not _ID.fullmatch(image_id):
            raise ImageUnknown(image_id=image_id)
        answer = self._get(f"/v2/images/{image_id}", image_id, token)
        try:
            content = answer.read(RECORD_BYTES_MAX + 1)
            if len(content) > RECORD_BYTES_MAX:
                answer.close()
                raise GlanceUnavailable(reason="its answer is too long")
            record = orjson.loads(content)
        except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as error:
            raise GlanceUnavailable(reason=f"its answer cannot be read: {error}") from error
        finally:
            answer.release_conn()
        if not isinstance(record, dict):
            raise GlanceUnavailable(reason="its answer is no record")
        return record

    def _get(self, path: str, image_id: str, token: str) -> urllib3.BaseHTTPResponse:
        try:
            answer = self._pool.request(
                "GET",
                self._url + path,
                headers={"X-Auth-Token": token, "Accept-Encoding": "identity"},
                redirect=False,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            cause = str((error.args or (error,))[-1]).rpartition(": ")[2]
            raise GlanceUnavailable(reason=cause) from error
        if answer.status == 200:
            return answer
        answer.close()
        if answer.status in (403, 404):
            raise ImageUnknown(image_id=image_id)
        raise GlanceUnavailable(reason=f"it answered with status {answer.status}")


def _chunks(answer: urllib3.BaseHTTPResponse, size: int) -> Iterator[bytes]:
    """At most `size` bytes; whoever gets them compares the sum."""
    left = size
    try:
        while left > 0 and (chunk := answer.read(min(left, CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
    finally:
        answer.close()
