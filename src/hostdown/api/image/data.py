"""/v2/images/{id}/file: the bytes, which are never in memory whole."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from hostdown.api.errors import BodyMalformed
from hostdown.api.image.calls import Call
from hostdown.api.image.errors import ContentTypeUnsupported, DownloadForbidden, SizeUnknown
from hostdown.api.request import declared_length
from hostdown.api.tabled import Reply
from hostdown.api.transfers import END_UNSEEN
from hostdown.domain.image import ImageStatus
from hostdown.services.image_data import upload as take_in

BYTES = "application/octet-stream"
CHUNK_BYTES = 1 << 20
"""What is received of an upload at a time."""

_SIZE = "HTTP_X_OPENSTACK_IMAGE_SIZE"


def upload(call: Call) -> Reply:
    """PUT: give an image its bytes, once."""
    image = call.image("upload_image")
    if call.header("CONTENT_TYPE").partition(";")[0].strip().lower() != BYTES:
        raise ContentTypeUnsupported(wanted=BYTES)
    take_in(call.parts.store, image.id, _chunks(call), _size(call))
    return Reply(204)


def _size(call: Call) -> int | None:
    """What the sender says that there will be."""
    said = call.header(_SIZE)
    if said and not (said.isascii() and said.isdigit() and len(said) < len("9" * 19)):
        raise BodyMalformed
    if said:
        return int(said)
    if call.environ.get(END_UNSEEN):
        raise SizeUnknown
    chunked = "HTTP_TRANSFER_ENCODING" in call.environ
    return None if chunked else (declared_length(call.environ) or 0)


def _chunks(call: Call) -> Iterator[bytes]:
    stream = cast(BinaryIO, call.environ["wsgi.input"])
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def download(call: Call) -> Reply:
    """GET: the bytes; 204 where there are none yet."""
    image = call.image("download_image")
    if image.status == ImageStatus.DEACTIVATED and not call.viewer.is_admin:
        raise DownloadForbidden
    if image.size is None:
        return Reply(204)
    headers = {"Content-Type": BYTES, "Content-Length": str(image.size)}
    if image.checksum is not None:
        headers["Content-MD5"] = image.checksum
    return Reply(200, headers=headers, file=call.parts.store.files.read(image.id))
