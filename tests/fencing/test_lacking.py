"""What is said of a fencing file before any device is asked, and who may write it."""

from pathlib import Path

import pytest

from hostdown.cli.app import main
from hostdown.domain.fence_errors import FencingFileUnusable
from hostdown.drivers.fencing.fencing_file import FencingFile

BMC = "driver: redfish, url: https://bmc, user: a"
AGENT = "{driver: fence_agent, agent: fence_nothing}"
PASSWORD = "password"


def write(place: Path, level: str, match: str = "compute1") -> Path:
    file = place / "fencing.yaml"
    file.write_text(f"hosts:\n  - match: '{match}'\n    levels: [{level}]\n")
    return file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    kept = tmp_path / PASSWORD
    kept.write_text("secret\n")
    kept.chmod(0o600)
    return tmp_path


def lacking(file: Path) -> list[str]:
    return FencingFile(file, {}).lacking()


def test_a_file_whose_passwords_are_there_lacks_nothing(place: Path) -> None:
    good = f"{{{BMC}, password_file: {PASSWORD}}}, {{driver: watchdog}}"
    assert lacking(write(place, good)) == []
    assert lacking(write(place, "{driver: none}")) == []


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (f"{{{BMC}, password_file: none}}", "none cannot be read: No such file"),
        (f"{{{BMC}, password_env: BMC_P}}", "The environment variable BMC_P is not set."),
        (f"{{{BMC}, password_file: {PASSWORD}, ca_file: ca.pem}}", "ca.pem, named by 'ca_file',"),
        (AGENT, "'fence_nothing' (Debian: fence-agents) is not in "),
        ("{driver: ipmi, address: bmc, user: a, password_env: P}", "variable P is not set"),
    ],
)
@pytest.mark.parametrize("match", ["compute1", "*"])
def test_what_is_missing_here_is_said_with_its_place(
    place: Path, level: str, words: str, match: str
) -> None:
    file = write(place, level, match)
    (sentence,) = lacking(file)
    assert sentence.startswith(f"{file}, line 2, level 1: ")
    assert words in sentence


def test_a_password_that_everybody_may_read_is_said(place: Path) -> None:
    (place / PASSWORD).chmod(0o644)
    (sentence,) = lacking(write(place, f"{{{BMC}, password_file: {PASSWORD}}}"))
    assert "Everybody may read or change" in sentence


def test_what_hangs_on_a_name_that_nobody_knows_yet_is_not(place: Path) -> None:
    level = f"{{{BMC}, password_file: '{{host}}.p'}}, {AGENT}"
    (only,) = lacking(write(place, level, match="*"))
    assert "level 2: 'fence_nothing'" in only
    assert len(lacking(write(place, level))) == 2


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_others_may_change_is_refused(place: Path, mode: int) -> None:
    """Whoever writes there says whom to fence, and where passwords are sent."""
    file = write(place, "{driver: watchdog}")
    read = FencingFile(file, {})
    file.chmod(mode)
    with pytest.raises(FencingFileUnusable, match=f"'chmod go-w {file}' mends that"):
        FencingFile(file, {})
    assert "others than its owner may change it" in str(read.outdated())
    file.chmod(0o640)
    assert read.outdated() is None


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("[fencing]\nfile = fencing.yaml\n", "password cannot be read: No such file"),
        ("[recovery]\nenabled = true\n", "[recovery] enabled: without a [fencing] file nothing"),
    ],
)
def test_a_check_of_the_configuration_warns_of_it(
    place: Path, capsys: pytest.CaptureFixture[str], config: str, told: str
) -> None:
    write(place, f"{{{BMC}, password_file: {PASSWORD}}}")
    (place / PASSWORD).unlink()
    (place / "hostdown.conf").write_text(config)
    assert main(["config", "check", "--config-file", str(place / "hostdown.conf")]) == 0
    warning, last = capsys.readouterr().out.splitlines()
    assert warning.startswith("warning: ")
    assert told in warning
    assert last.startswith("The configuration can be used")
