"""Images of a Glance elsewhere: what of them can be used, and what becomes of odd answers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.images.house import PROJECT, House

from hostdown.domain.errors import HostdownError
from hostdown.domain.image import Viewer
from hostdown.domain.image_errors import (
    GlanceUnavailable,
    ImageNotActive,
    ImageUnknown,
    ImageUnusable,
)
from hostdown.drivers.glance import RECORD_BYTES_MAX, Glance
from hostdown.services.image_data import OwnLibrary, upload
from hostdown.services.image_ports import Asker, ImageLibrary

CONTENT = b"0123456789" * 1000
SUM = "1" * 128
IMAGE_ID = "0b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00"
RECORD: dict[str, Any] = {
    "id": IMAGE_ID, "name": "n", "status": "active", "visibility": "public", "size": len(CONTENT),
    "virtual_size": None, "disk_format": "raw", "container_format": "bare", "min_disk": 2,
    "min_ram": 64, "os_hash_algo": "sha512", "os_hash_value": SUM, "checksum": "c", "tags": [],
    "hw_disk_bus": "virtio",
}  # fmt: skip
ASKER = Asker(Viewer(PROJECT, is_admin=False), "users-token")


@dataclass
class FakeGlance:
    """Answers what a test puts here; `asked` are paths and tokens."""

    record: object = field(default_factory=lambda: dict(RECORD))
    status: int = 200
    content: bytes = CONTENT
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def library(self) -> Glance:
        return Glance(self.url, None, 2**20, lambda: "our-token")


@pytest.fixture
def glance() -> Iterator[FakeGlance]:
    fake = FakeGlance()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append((self.path, self.headers["X-Auth-Token"]))
            record = fake.record
            body = record if isinstance(record, bytes) else json.dumps(record).encode()
            if self.path.endswith("/file"):
                body = fake.content
            self.send_response(fake.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        yield fake
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["own", "glance"])
def test_a_library_has_what_servers_are_made_from(
    house: House, glance: FakeGlance, kind: str
) -> None:
    """The same for both."""
    library: ImageLibrary = glance.library()
    image_id, total = IMAGE_ID, SUM
    if kind == "own":
        library = OwnLibrary(house.directory, house.store.files)
        made = house.image(name="n", min_disk=2, min_ram=64, hw_disk_bus="virtio")
        done = upload(house.store, made.id, [CONTENT], None)
        image_id, total = made.id, str(done.sha256)
    found = library.usable(ASKER, image_id)
    assert found.source == (image_id, total, len(CONTENT), "raw")
    assert (found.name, found.min_disk_gb, found.min_ram_mb) == ("n", 2, 64)
    assert found.virtual_size == len(CONTENT)
    assert found.properties["hw_disk_bus"] == "virtio"
    source, chunks = library.open(image_id)
    assert (source, b"".join(chunks)) == (found.source, CONTENT)
    for unknown in ("no-such", "../x", "a b", ""):
        glance.status = 404
        with pytest.raises(ImageUnknown):
            library.usable(ASKER, unknown)


def test_the_caller_asks_with_its_own_token_and_a_host_with_ours(glance: FakeGlance) -> None:
    glance.library().usable(ASKER, IMAGE_ID)
    for _ in glance.library().open(IMAGE_ID)[1]:
        pass
    path = f"/v2/images/{IMAGE_ID}"
    assert glance.asked == [
        (path, "users-token"), (path, "our-token"), (f"{path}/file", "our-token"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "error", "sentence"),
    [
        ({"status": "queued"}, ImageNotActive, "is not active"),
        ({"disk_format": "vmdk"}, ImageUnusable, "vmdk, not one of raw, qcow2"),
        ({"size": 2**21}, ImageUnusable, "max_bytes"),
        ({"os_hash_algo": "sha256"}, ImageUnusable, "no SHA-512"),
        ({"os_hash_algo": "sha1", "os_hash_value": "1" * 40}, ImageUnusable, "upload it again"),
        ({"os_hash_value": "../x"}, ImageUnusable, "no SHA-256"),
        ({"size": None}, GlanceUnavailable, "cannot be read"),
        ({"min_disk": "x"}, GlanceUnavailable, "cannot be read"),
    ],
)
def test_an_image_that_cannot_be_used_says_why(
    glance: FakeGlance, facts: dict[str, object], error: type[HostdownError], sentence: str
) -> None:
    glance.record = RECORD | facts
    with pytest.raises(error, match=sentence):
        glance.library().usable(ASKER, IMAGE_ID)


@pytest.mark.parametrize(
    ("record", "status", "error"),
    [
        (RECORD, 404, ImageUnknown),
        (RECORD, 403, ImageUnknown),
        (RECORD, 500, GlanceUnavailable),
        (RECORD, 302, GlanceUnavailable),
        ([], 200, GlanceUnavailable),
        ({}, 200, GlanceUnavailable),
        (b"<html>", 200, GlanceUnavailable),
        (b" " * (RECORD_BYTES_MAX + 1), 200, GlanceUnavailable),
    ],
)
def test_an_odd_answer_is_an_error_of_its_own(
    glance: FakeGlance, record: object, status: int, error: type[HostdownError]
) -> None:
    glance.record, glance.status = record, status
    with pytest.raises(error):
        glance.library().usable(ASKER, IMAGE_ID)


def test_a_file_is_never_longer_than_its_record_says(glance: FakeGlance) -> None:
    glance.content = CONTENT * 3
    assert b"".join(glance.library().open(IMAGE_ID)[1]) == CONTENT


def test_a_glance_that_is_not_there_is_told_with_the_reason() -> None:
    nobody = Glance("http://127.0.0.1:1", None, 2**20, lambda: "t")
    with pytest.raises(GlanceUnavailable, match="refused"):
        nobody.usable(ASKER, IMAGE_ID)
