"""Passwords are read where they are kept, if nobody else may read them there."""

import os
from pathlib import Path

import pytest

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.secret import Secret, without
from hostdown.drivers.secret_place import SECRET_BYTES_MAX


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("geh eim\n")
    path.chmod(0o640)
    return path


def test_it_is_one_line_read_at_each_use(file: Path) -> None:
    secret = Secret(file)
    assert secret.read() == "geh eim"
    file.write_text("new\r\n")
    assert secret.read() == "new"


def test_one_in_the_environment_needs_no_file() -> None:
    assert Secret("BMC_PASSWORD", {"BMC_PASSWORD": "geheim"}).read() == "geheim"
    with pytest.raises(FenceFailed, match="variable BMC_PASSWORD is not set") as failed:
        Secret("BMC_PASSWORD", {}).read()
    assert not failed.value.retry


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o601])
def test_a_file_for_everybody_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(FenceFailed, match=f"Everybody may read or change {file}; 'chmod o= "):
        Secret(file).read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"geheim\nplug=2\n", "more than one line"),
        (b"geheim\0", "more than one line"),
        (b"\xff", "not UTF-8"),
        (b"x" * (SECRET_BYTES_MAX + 1), "longer than"),
    ],
)
def test_what_is_no_password_is_refused_without_repeating_it(
    file: Path, content: bytes, words: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(FenceFailed, match=words) as failed:
        Secret(file).read()
    assert not failed.value.retry
    assert "geheim" not in failed.value.message


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, words in (("pipe", "is not a file"), ("nowhere", "No such file"), (".", "directory")):
        with pytest.raises(FenceFailed, match=words):
            Secret(tmp_path / name).read()


def test_secrets_are_struck_out_in_each_shape() -> None:
    text = "geh3im/+=x geh3im%2F%2B%3Dx geh3im/%2B%3Dx Basic YTpnZWgzaW0vKz14"
    assert without(text, "a", ["geh3im/+=x"]) == "*** *** *** Basic ***"


def test_what_a_device_says_can_be_kept_and_shown_everywhere() -> None:
    assert without("no\0 \x1b[2Jsuch\nplug geheim ü", None, ["geheim"]) == "no   [2Jsuch plug *** ü"
