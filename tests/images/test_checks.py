"""What is looked for in the files that people upload."""

from pathlib import Path

import pytest
from tests.images.house import House, filled, qcow2

from hostdown.domain.image import ImageStatus
from hostdown.domain.image_errors import ImageRefused
from hostdown.drivers.qemu_img import QemuImg
from hostdown.services.image_data import upload

BYTES = b"some bytes" * 1000


def test_a_plain_qcow2_is_taken(house: House, tmp_path: Path) -> None:
    for data in (qcow2(tmp_path / "empty", size="1G"), filled(tmp_path / "filled")):
        image = house.image(disk_format="qcow2")
        store = house.store._replace(bytes_max=2**30)
        done = upload(store, image.id, [data], None)
        assert done.virtual_size in (2**30, 2**20)


def hostile(tmp_path: Path, kind: str) -> bytes:
    """Files that would do harm, or are none."""
    path = tmp_path / "hostile"
    match kind:
        case "backing file":
            return qcow2(path, "-u", "-b", "/etc/passwd", "-F", "raw")
        case "external data file":
            return qcow2(path, "-o", f"data_file={tmp_path / 'data'}")
        case "encrypted":
            secret = ("--object", "secret,id=s,data=abc")
            options = "encrypt.format=aes,encrypt.key-secret=s"
            return qcow2(path, *secret, "-o", options)
        case "max_virtual_bytes":
            return qcow2(path, size="1T")
        case "cut off":
            return qcow2(path)[:150_000]
        case "not qcow2":
            return b"\0" * 100_000
        case _:
            return filled(path)[:-300_000]


@pytest.mark.parametrize(
    "kind",
    [
        "backing file", "external data file", "encrypted", "max_virtual_bytes", "cut off",
        "not qcow2", "found it broken",
    ],
)  # fmt: skip
def test_a_hostile_qcow2_is_refused_and_removed(house: House, tmp_path: Path, kind: str) -> None:
    image = house.image(disk_format="qcow2")
    store = house.store._replace(bytes_max=2**30)
    with pytest.raises(ImageRefused, match=kind) as refused:
        upload(store, image.id, [hostile(tmp_path, kind)], None)
    assert str(tmp_path) not in refused.value.message
    assert house.names() == []


def test_without_qemu_img_qcow2_is_refused_with_what_to_install(
    house: House, tmp_path: Path
) -> None:
    store = house.store._replace(inspector=QemuImg(2**30, "no-such-program"))
    with pytest.raises(ImageRefused, match="qemu-utils"):
        upload(store, house.image(disk_format="qcow2").id, [qcow2(tmp_path / "q")], None)
    assert upload(store, house.image().id, [BYTES], None).status == ImageStatus.ACTIVE
