"""Disks and images on a real file system: whole or not at all, and nothing left of what failed."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.debian import need

from hostdown.domain.assignment import ImageSource
from hostdown.domain.disk_errors import DiskRefused, ImageAway, ImageBad
from hostdown.domain.disks import DiskFile, DiskRecipe
from hostdown.domain.pool_errors import PoolAbsent, PoolFailed, PoolFull
from hostdown.drivers import disk_files
from hostdown.drivers.disk_files import DiskFiles, QemuImg
from hostdown.drivers.pool import MARKER, PoolDirectory, init_pool

MIB = 1 << 20


@pytest.fixture(scope="session")
def _qemu_img() -> None:
    need("qemu-img", "qemu-utils")


needs_qemu_img = pytest.mark.usefixtures("_qemu_img")


class Source:
    """`Images` that hands out one content, and counts."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sent = 0

    def fetch(self, image: ImageSource, to: Path) -> None:
        self.sent += 1
        to.write_bytes(self.content)


def image(content: bytes, form: str = "raw", algorithm: str = "sha256") -> ImageSource:
    return ImageSource("image-1", hashlib.new(algorithm, content).hexdigest(), len(content), form)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    init_pool(tmp_path)
    (tmp_path / "i").mkdir()
    return tmp_path


def files(pool: Path, source: Source, overlay: bool = False) -> DiskFiles:
    return DiskFiles(PoolDirectory(pool), source.fetch, overlay)


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def info(path: Path) -> str:
    words = ["qemu-img", "info", "--backing-chain", str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def qcow2(tmp_path: Path, *words: str) -> bytes:
    file = tmp_path / "made.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *words, str(file), "4M"], check=True)
    content = file.read_bytes()
    file.unlink()
    return content


@pytest.mark.parametrize(("root_gb", "size"), [(0, disk_files.EMPTY_BYTES), (2, 2 << 30)])
def test_a_disk_without_an_image_is_empty_and_takes_no_room(
    pool: Path, root_gb: int, size: int
) -> None:
    disks = files(pool, Source(b""))
    assert disks.find("i") is None
    disks.make("i", DiskRecipe(None, root_gb), "h")
    assert disks.find("i") == DiskFile(pool / "i/disk", "raw", pool / "i/saved", False)
    found = (pool / "i/disk").stat()
    assert (found.st_size, found.st_blocks * 512 < MIB) == (size, True)
    assert names(pool / "i") == ["disk", "disk.format"]


@needs_qemu_img
def test_an_image_of_a_glance_is_checked_by_sha_512(pool: Path) -> None:
    content = os.urandom(1000)
    files(pool, Source(content)).make("i", DiskRecipe(image(content, algorithm="sha512"), 0), "h")
    assert (pool / "i/disk").read_bytes()[:1000] == content
    assert names(pool / "_base") == [hashlib.sha512(content).hexdigest()]


@needs_qemu_img
def test_a_copy_holds_the_image_and_grows_to_the_flavor(pool: Path) -> None:
    content = os.urandom(MIB)
    source = Source(content)
    disks = files(pool, source)
    disks.make("i", DiskRecipe(image(content), 0), "h")
    assert (pool / "i/disk").read_bytes() == content
    disks.make("i", DiskRecipe(image(content), 1), "h")
    assert (pool / "i/disk").stat().st_size == 1 << 30
    assert source.sent == 1
    assert names(pool / "_base") == [image(content).digest]


@needs_qemu_img
def test_an_overlay_names_its_image_by_a_path_that_holds_on_every_host(pool: Path) -> None:
    content = os.urandom(MIB)
    disks = files(pool, Source(content), overlay=True)
    disks.make("i", DiskRecipe(image(content), 1), "h")
    assert disks.find("i") == DiskFile(pool / "i/disk", "qcow2", pool / "i/saved", False)
    said = info(pool / "i/disk")
    assert f"backing file: ../_base/{image(content).digest}" in said
    assert "virtual size: 1 GiB" in said


@needs_qemu_img
def test_a_qcow2_image_gives_the_disk_that_it_holds(pool: Path) -> None:
    content = qcow2(pool)
    disks = files(pool, Source(content))
    disks.make("i", DiskRecipe(image(content, "qcow2"), 0), "h")
    assert (pool / "i/disk").stat().st_size == 4 * MIB


@needs_qemu_img
def test_an_image_that_leads_to_another_file_is_refused(pool: Path) -> None:
    for number, words in enumerate(
        [("-b", "/etc/passwd", "-F", "raw"), ("-o", f"data_file={pool}/data")]
    ):
        content = qcow2(pool, *words)
        disks = files(pool, Source(content))
        with pytest.raises(ImageBad, match="leads to another file"):
            disks.make("i", DiskRecipe(image(content, "qcow2"), 0), f"h{number}")
    assert names(pool / "_base") == []


@pytest.mark.parametrize(
    ("described", "match"),
    [
        (image(b"x" * 100)._replace(size=99), "100 bytes, not 99"),
        (image(b"y" * 100), "checksum"),
        (image(b"y" * 100, algorithm="sha512"), "checksum"),
        (image(b"x" * 100, "qcow2"), "not of format qcow2"),
        (image(b"x" * 100, "vmdk"), "not of format vmdk"),
    ],
)
def test_an_image_that_is_not_the_one_described_is_refused(
    pool: Path, described: ImageSource, match: str
) -> None:
    with pytest.raises(ImageBad, match=match):
        files(pool, Source(b"x" * 100)).make("i", DiskRecipe(described, 0), "h")
    assert (names(pool / "_base"), names(pool / "i")) == ([], [])


def test_an_image_larger_than_the_flavors_disk_is_refused(pool: Path) -> None:
    content = b"QFI\xfb" + (2).to_bytes(4) + bytes(16) + (2 << 30).to_bytes(8) + bytes(48)
    disks = files(pool, Source(content))
    with pytest.raises(DiskRefused, match="holds a disk of 2147483648 bytes, the flavor gives"):
        disks.make("i", DiskRecipe(image(content, "qcow2"), 1), "h")
    assert names(pool / "i") == []


def test_a_server_that_sends_nothing_leaves_nothing(pool: Path) -> None:
    def away(wanted: ImageSource, to: Path) -> None:
        to.write_bytes(b"half")
        raise ImageAway(image=wanted.id, reason="no answer")

    disks = DiskFiles(PoolDirectory(pool), away)
    with pytest.raises(ImageAway):
        disks.make("i", DiskRecipe(image(b"x"), 0), "h")
    assert names(pool / "_base") == []


@pytest.mark.parametrize(
    ("script", "error", "match"),
    [
        ("echo disk.new: No space left on device >&2; exit 1", PoolFull, "no room"),
        ("echo qemu-img: it is broken >&2; exit 1", DiskRefused, "it is broken"),
        ("exit 3", DiskRefused, "ended with status 3"),
        ("exec sleep 60", DiskRefused, "took more than 0.2 s"),
        (None, DiskRefused, "this host has no qemu-img"),
    ],
)
def test_a_qemu_img_that_fails_leaves_no_disk(
    pool: Path, script: str | None, error: type[Exception], match: str
) -> None:
    program = pool / "qemu-img"
    if script is not None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    tool = QemuImg(str(program), timeout_s=0.2 if "more than" in match else 30.0)
    disks = DiskFiles(PoolDirectory(pool), Source(b"x" * 512).fetch, tool=tool)
    with pytest.raises(error, match=match):
        disks.make("i", DiskRecipe(image(b"x" * 512), 0), "h")
    assert names(pool / "i") == []


def test_what_was_begun_before_a_death_is_tidied_up_by_its_host(pool: Path) -> None:
    disks = files(pool, Source(b""))
    disks.tidy("h")
    (pool / "_base").mkdir()
    for name in ("tmp-h-1", "tmp-other-1"):
        (pool / "_base" / name).touch()
    disks.tidy("h")
    assert names(pool / "_base") == ["tmp-other-1"]


def test_of_a_removed_disk_nothing_stays(pool: Path) -> None:
    disks = files(pool, Source(b""))
    disks.make("i", DiskRecipe(None, 0), "h")
    for name in ("saved", "disk.new"):
        (pool / "i" / name).touch()
    assert disks.find("i") == DiskFile(pool / "i/disk", "raw", pool / "i/saved", True)
    disks.sync("i")
    disks.drop_saved("i")
    disks.drop_saved("i")
    assert disks.find("i") == DiskFile(pool / "i/disk", "raw", pool / "i/saved", False)
    for instance in ("i", "i", "none"):
        disks.remove(instance)
    assert names(pool / "i") == []
    disks.sync("i")


def test_without_the_marker_nothing_is_made_or_removed(pool: Path) -> None:
    disks = files(pool, Source(b""))
    disks.make("i", DiskRecipe(None, 0), "h")
    (pool / MARKER).unlink()
    calls: list[Callable[[], object]] = [
        lambda: disks.make("i", DiskRecipe(None, 0), "h"),
        lambda: disks.remove("i"),
        lambda: disks.find("i"),
        lambda: disks.tidy("h"),
    ]
    for call in calls:
        with pytest.raises(PoolAbsent):
            call()
    assert "disk" in names(pool / "i")


def test_a_disk_needs_the_directory_that_its_claim_made(pool: Path) -> None:
    with pytest.raises(PoolFailed, match="No such file"):
        files(pool, Source(b"")).make("none", DiskRecipe(None, 0), "h")


@needs_qemu_img
@pytest.mark.parametrize("overlay", [False, True])
def test_a_disk_grows_and_never_shrinks(pool: Path, overlay: bool) -> None:
    content = os.urandom(MIB)
    disks = files(pool, Source(content), overlay)
    disks.make("i", DiskRecipe(image(content), 1), "h")
    disks.grow("i", 2)
    found = disks.find("i")
    assert found is not None
    assert "virtual size: 2 GiB" in info(found.path)
    disks.grow("i", 1)
    disks.grow("i", 2)
    assert "virtual size: 2 GiB" in info(found.path)
    words = ["qemu-img", "dd", "-f", found.format, "-O", "raw", "bs=1M", "count=1"]
    out = pool / "front"
    subprocess.run([*words, f"if={found.path}", f"of={out}"], check=True)
    assert out.read_bytes() == content


def test_a_disk_that_is_not_there_does_not_grow(pool: Path) -> None:
    disks = files(pool, Source(b""))
    disks.grow("i", 2)
    assert disks.find("i") is None
