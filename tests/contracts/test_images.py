"""Records of images, on every database."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.image import Image, ImageStatus, Visibility
from hostdown.domain.image_errors import ImageIdTaken
from hostdown.services.directory_ports import Directory

AT = datetime(2026, 11, 20, 10, 0, 0, 123456)
FULL = Image(
    "0b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00", "λ '\"\\% ümlaut", "p" * 32, ImageStatus.ACTIVE,
    Visibility.COMMUNITY, "qcow2", "bare", 2**45, 2**46, 2**31 - 1, 2**40, True, True, "a" * 32,
    "b" * 64, "c" * 128, {'"os"': "λ", "x": ""}, ("ümlaut", "Ümlaut"), AT, AT + timedelta(days=1),
)  # fmt: skip
EMPTY = Image(
    "1b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00", None, "", ImageStatus.QUEUED, Visibility.PRIVATE, None,
    None, None, None, 0, 0, False, False, None, None, None, {}, (), AT, AT,
)  # fmt: skip


@pytest.fixture
def two(directory: Directory) -> Directory:
    for image in (FULL, EMPTY):
        directory.write(lambda rows, image=image: rows.images.add(image))  # type: ignore[misc] # a lambda's default
    return directory


def test_images_come_back_as_they_were_written(two: Directory) -> None:
    found = two.read(lambda rows: rows.images.all())
    assert sorted(found, key=lambda image: image.id) == [FULL, EMPTY]
    for image in (FULL, EMPTY):
        got = two.read(lambda rows, image=image: rows.images.get(image.id))  # type: ignore[misc] # a lambda's default
        assert got == image
        assert (type(got.protected), type(got.hidden)) == (bool, bool)
    assert two.read(lambda rows: rows.images.count()) == 2


@pytest.mark.parametrize("image_id", ["", FULL.id.upper(), FULL.id + " ", "a\0b"])
def test_an_image_that_is_not_there_is_none(two: Directory, image_id: str) -> None:
    assert two.read(lambda rows: rows.images.get(image_id)) is None


def test_an_id_is_given_once(two: Directory) -> None:
    with pytest.raises(ImageIdTaken):
        two.write(lambda rows: rows.images.add(EMPTY))


def test_a_change_needs_the_image_as_it_was_seen(two: Directory) -> None:
    later = EMPTY._replace(status=ImageStatus.SAVING, name="n", updated_at=AT + timedelta(0, 1))
    assert two.write(lambda rows: rows.images.replace(EMPTY, later))
    assert not two.write(lambda rows: rows.images.replace(EMPTY, later))
    old = later._replace(updated_at=AT)
    assert not two.write(lambda rows: rows.images.replace(old, EMPTY))
    assert two.read(lambda rows: rows.images.get(EMPTY.id)) == later
    two.write(lambda rows: rows.images.remove(EMPTY.id))
    assert two.read(lambda rows: rows.images.all()) == [FULL]
