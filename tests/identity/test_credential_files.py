"""The first admin's files: complete, private from the first moment, and never overwritten."""

import os
import resource
import signal
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from hostdown.domain.identity_errors import CredentialsNotKept
from hostdown.drivers.credential_files import CredentialFiles
from hostdown.services.identity_ports import Credentials

CREDENTIALS = Credentials("admin", "p" * 24, "a" * 32, "admin")
URL = "http://127.0.0.1:8774/identity/v3"


def files(folder: Path, cacert: Path | None = None) -> CredentialFiles:
    return CredentialFiles(folder, URL, "RegionOne", cacert)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    assert files(tmp_path).kept() is None
    files(tmp_path).keep(CREDENTIALS)
    assert files(tmp_path).kept() == CREDENTIALS


@pytest.mark.parametrize("umask", [0, 0o777])
def test_only_their_owner_can_read_them_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        files(tmp_path).keep(CREDENTIALS)
    finally:
        os.umask(before)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "clouds.yaml": 0o600, "openrc": 0o600,
    }  # fmt: skip


def test_files_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    files(tmp_path).keep(CREDENTIALS)
    (tmp_path / "openrc").write_text("# mine\n")
    again = files(tmp_path)
    again.keep(CREDENTIALS._replace(password="q" * 24))
    again.discard()
    assert files(tmp_path).kept() == CREDENTIALS
    assert (tmp_path / "openrc").read_text() == "# mine\n"


@pytest.mark.parametrize(
    "text", ["", "clouds: {}\n", "clouds: {other: {auth: {}}}\n", "[", "a: b: c", "\x00"]
)
def test_somebody_else_s_clouds_yaml_is_neither_used_nor_overwritten(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(text)
    with pytest.raises(CredentialsNotKept, match="move it away"):
        files(tmp_path).kept()
    assert (tmp_path / "clouds.yaml").read_text() == text


@pytest.mark.parametrize("room_bytes", [0, 100, 600])
def test_a_disk_without_room_for_both_leaves_neither(tmp_path: Path, room_bytes: int) -> None:
    """The kernel's limit on a file's size stands in for the disk."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, hard))
    try:
        with pytest.raises(CredentialsNotKept, match="File too large"):
            files(tmp_path).keep(CREDENTIALS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_start_left_half_written_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".clouds.yaml.0123").write_text("half")
    files(tmp_path).keep(CREDENTIALS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clouds.yaml", "openrc"]


def test_a_certificate_is_named_in_both(tmp_path: Path) -> None:
    files(tmp_path, Path("/etc/host down/ca.pem")).keep(CREDENTIALS)
    cloud = yaml.safe_load((tmp_path / "clouds.yaml").read_text())["clouds"]["hostdown"]
    assert cloud["cacert"] == "/etc/host down/ca.pem"
    assert _sourced(tmp_path, "$OS_CACERT") == "/etc/host down/ca.pem"


def test_a_shell_reads_the_openrc_whatever_the_password_holds(tmp_path: Path) -> None:
    files(tmp_path).keep(CREDENTIALS._replace(password='it\'s $HOME `id` \\ "x" é'))
    assert _sourced(tmp_path, "$OS_PASSWORD") == 'it\'s $HOME `id` \\ "x" é'
    assert _sourced(tmp_path, "$OS_AUTH_URL $OS_PROJECT_ID") == f"{URL} {'a' * 32}"


def _sourced(folder: Path, words: str) -> str:
    script = f'. ./openrc; printf %s "{words}"'
    return subprocess.run(
        ["sh", "-euc", script], cwd=folder, check=True, capture_output=True, text=True, timeout=10
    ).stdout
