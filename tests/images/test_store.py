"""Bytes of images: what becomes of them when all goes well, and when something does not."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.images.house import PROJECT, House, open_house

from hostdown.domain.image import ImageStatus, Viewer
from hostdown.domain.image_errors import (
    DeactivationRefused,
    FormatsMissing,
    ImageDeletedMeanwhile,
    ImageLost,
    ImageNotActive,
    ImageProtected,
    ImageRefused,
    ImageStorageFailed,
    ImageStorageFull,
    ImageTooLarge,
    ImageUnknown,
    SizeMismatch,
    StatusTransitionRefused,
    TooManyProperties,
    UploadBrokenOff,
)
from hostdown.drivers.image_files import DirectoryImages
from hostdown.services import images
from hostdown.services.image_data import OwnLibrary, upload
from hostdown.services.image_ports import Asker

BYTES = b"some bytes" * 1000
OWNER = Viewer(PROJECT, is_admin=False)


def test_what_was_uploaded_is_there_with_its_sums(house: House) -> None:
    image = house.image(name="small")
    done = upload(house.store, image.id, [BYTES[:7], BYTES[7:]], len(BYTES))
    assert house.current(image) == done
    assert (done.status, done.size, done.virtual_size) == (ImageStatus.ACTIVE, 10_000, 10_000)
    assert done.checksum == hashlib.md5(BYTES).hexdigest()  # noqa: S324 - what Glance shows
    assert done.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert done.sha512 == hashlib.sha512(BYTES).hexdigest()
    library = OwnLibrary(house.directory, house.store.files)
    source, chunks = library.open(image.id)
    assert b"".join(chunks) == BYTES
    assert source == library.usable(Asker(OWNER, ""), image.id).source
    assert source == (image.id, done.sha256, 10_000, "raw")
    assert house.names() == [image.id]


def test_an_upload_without_bytes_is_refused(house: House) -> None:
    image = house.image(name="empty")
    with pytest.raises(ImageRefused, match="no bytes"):
        upload(house.store, image.id, [], 0)
    assert house.current(image).status == ImageStatus.QUEUED
    assert house.names() == []


def breaks_off() -> Iterator[bytes]:
    yield BYTES
    raise UploadBrokenOff(received=len(BYTES))


@pytest.mark.parametrize(
    ("chunks", "size", "error"),
    [
        (breaks_off(), None, UploadBrokenOff),
        ([BYTES], 9_999, SizeMismatch),
        ([BYTES] * 105, None, ImageTooLarge),
        ([], 2**20 + 1, ImageTooLarge),
        ([b"QFI\xfb" + BYTES], None, ImageRefused),
    ],
)
def test_what_fails_keeps_nothing_and_may_be_tried_again(
    house: House, chunks: Iterator[bytes], size: int | None, error: type[Exception]
) -> None:
    image = house.image()
    with pytest.raises(error):
        upload(house.store, image.id, chunks, size)
    assert house.names() == []
    left = house.current(image)
    assert left is not None
    assert (left.status, left.size, left.sha256) == (ImageStatus.QUEUED, None, None)
    assert upload(house.store, image.id, [BYTES], None).status == ImageStatus.ACTIVE


def test_bytes_are_given_once_and_only_to_what_has_formats(house: House) -> None:
    with pytest.raises(FormatsMissing, match="disk_format, container_format must be set"):
        upload(house.store, house.image(disk_format=None, container_format=None).id, [], None)
    image = house.image()
    upload(house.store, image.id, [BYTES], None)
    with pytest.raises(StatusTransitionRefused, match="from active to saving"):
        upload(house.store, image.id, [b"other"], None)
    with pytest.raises(ImageUnknown):
        upload(house.store, "x", [b"other"], None)
    assert (house.files / image.id).read_bytes() == BYTES


def test_two_uploads_at_once_are_one(house: House) -> None:
    image = house.image()

    def during() -> Iterator[bytes]:
        yield BYTES
        with pytest.raises(StatusTransitionRefused, match="from saving to saving"):
            upload(house.store, image.id, [b"other"], None)
        images.tidy(house.directory, house.store.files, house.store.now())

    assert upload(house.store, image.id, during(), None).size == len(BYTES)
    assert house.names() == [image.id]


def test_an_image_may_be_deleted_while_it_is_uploaded(house: House) -> None:
    image = house.image()

    def during() -> Iterator[bytes]:
        yield BYTES
        images.delete(house.directory, house.store.files, image.id, house.store.now())

    with pytest.raises(ImageDeletedMeanwhile):
        upload(house.store, image.id, during(), None)
    assert (house.current(image), house.names()) == (None, [])


def test_a_change_during_an_upload_is_kept(house: House) -> None:
    image = house.image()

    def during() -> Iterator[bytes]:
        yield BYTES
        images.change(
            house.directory, image.id, lambda seen: seen._replace(name="new"), house.store.now()
        )

    assert upload(house.store, image.id, during(), None).name == "new"


KILLED = """
import sys
from pathlib import Path
from hostdown.drivers.image_files import DirectoryImages
hold = DirectoryImages(Path(sys.argv[1]), 0).begin(sys.argv[2], None)
hold.write(b"x" * 1000)
if len(sys.argv) > 3:
    hold.keep()
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("kept", [(), ("kept",)], ids=["while it comes", "before it is told"])
@pytest.mark.parametrize("then", ["upload", "delete", "tidy"])
def test_an_upload_that_was_killed_is_no_obstacle(
    house: House, kept: tuple[str, ...], then: str
) -> None:
    """Another process has the file, as a worker has, and is killed there."""
    image = house.image()
    saving = image._replace(status=ImageStatus.SAVING)
    house.directory.write(lambda rows: rows.images.replace(image, saving))
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, house.files, image.id, *kept],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"written\n"
        images.tidy(house.directory, house.store.files, house.store.now())
        assert house.current(image) == saving
        with pytest.raises(StatusTransitionRefused):
            upload(house.store, image.id, [BYTES], None)
        os.kill(other.pid, signal.SIGKILL)
    if then == "upload":
        upload(house.store, image.id, [BYTES], None)
        assert (house.files / image.id).read_bytes() == BYTES
    elif then == "delete":
        images.delete(house.directory, house.store.files, image.id, house.store.now())
        assert (house.current(image), house.names()) == (None, [])
    else:
        images.tidy(house.directory, house.store.files, house.store.now())
        left = house.current(image)
        assert left is not None
        assert (left.status, house.names()) == (ImageStatus.QUEUED, [])


def test_an_upload_waits_for_who_clears_up_behind_another(house: House) -> None:
    image = house.image()
    clearing = house.store.files.begin(image.id, None)
    assert clearing is not None
    end = threading.Timer(0.05, clearing.release)
    end.start()
    upload(house.store, image.id, [BYTES], None)
    end.join()
    assert (house.files / image.id).read_bytes() == BYTES


def test_bytes_that_cannot_go_now_go_later(house: House) -> None:
    image = house.image()
    upload(house.store, image.id, [BYTES], None)
    hold = house.store.files.begin(image.id, None)
    assert hold is not None
    images.delete(house.directory, house.store.files, image.id, house.store.now())
    with pytest.raises(ImageUnknown):
        images.find(house.directory, Viewer(None, is_admin=True), image.id)
    assert image.id in house.names()
    hold.release()
    images.tidy(house.directory, house.store.files, house.store.now())
    assert (house.current(image), house.names()) == (None, [])


def test_what_is_protected_or_not_active_stays_so(house: House) -> None:
    image = house.image(protected=True)
    with pytest.raises(ImageProtected):
        images.delete(house.directory, house.store.files, image.id, house.store.now())
    library = OwnLibrary(house.directory, house.store.files)
    with pytest.raises(ImageNotActive):
        library.usable(Asker(OWNER, ""), image.id)
    with pytest.raises(DeactivationRefused):
        images.deactivate(house.directory, image.id, house.store.now())
    upload(house.store, image.id, [BYTES], None)
    images.deactivate(house.directory, image.id, house.store.now())
    with pytest.raises(ImageNotActive):
        library.usable(Asker(OWNER, ""), image.id)
    assert b"".join(library.open(image.id)[1]) == BYTES
    images.reactivate(house.directory, image.id, house.store.now())
    with pytest.raises(ImageUnknown):
        library.usable(Asker(Viewer("others", is_admin=False), ""), image.id)


def test_a_disk_without_room_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    with open_house(tmp_path, free_bytes_min=2**60) as house:
        image = house.image()
        for size in (None, 10):
            with pytest.raises(ImageStorageFull):
                upload(house.store, image.id, [BYTES], size)
        left = house.current(image)
        assert left is not None
        assert (left.status, house.names()) == (ImageStatus.QUEUED, [])


def test_a_disk_that_gets_full_is_told_and_left_as_it_was(house: House) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root mounts a disk of one megabyte")
    house.files.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", house.files], check=True)
    try:
        image = house.image()
        store = house.store._replace(bytes_max=2**30)
        with pytest.raises(ImageStorageFull):
            upload(store, image.id, [bytes(2**19)] * 3, None)
        assert house.names() == []
    finally:
        subprocess.run(["umount", house.files], check=True)


def test_a_directory_that_cannot_be_used_is_named(house: House) -> None:
    house.files.write_text("a file")
    with pytest.raises(ImageStorageFailed, match="File exists"):
        upload(house.store, house.image().id, [BYTES], None)


def test_an_image_has_so_many_properties_and_tags(house: House) -> None:
    for facts in ({str(n): "" for n in range(129)}, {"tags": [str(n) for n in range(129)]}):
        with pytest.raises(TooManyProperties, match="Attempted: 129, Maximum: 128"):
            house.image(**facts)


def test_a_file_is_open_before_its_first_chunk_is_asked_for(tmp_path: Path) -> None:
    files = DirectoryImages(tmp_path)
    with pytest.raises(ImageLost, match="bytes of image x"):
        files.read("x")
    (tmp_path / "x").write_bytes(BYTES)
    chunks = files.read("x")
    (tmp_path / "x").unlink()
    assert b"".join(chunks) == BYTES
