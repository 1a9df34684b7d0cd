"""tools/venv rebuilds what it made, also by half, and touches nothing that somebody else made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "venv"
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && printf '#!/bin/sh\\ntest ! -e {broken}\\n' >"$3/bin/python"
    chmod +x "$3/bin/python"
    echo made >>{log}
else
    exec {python} "$@"
fi
"""


BASE_PYTHON = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")


class Place:
    """Where environments are made by a Python that makes none, but tells that it was asked."""

    def __init__(self, directory: Path) -> None:
        self.env = directory / ".venv"
        self.broken = directory / "broken"
        self._log = directory / "log"
        self._lock = directory / "requirements.lock"
        self._lock.write_text("")
        self._python = directory / "python"
        facts = {"broken": self.broken, "log": self._log, "python": BASE_PYTHON}
        self._python.write_text(PYTHON.format(**facts))
        self._python.chmod(0o755)

    def make(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TOOL, self.env, self._lock],
            env=os.environ | {"PYTHON": str(self._python)} | environ,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def made(self) -> int:
        return len(self._log.read_text().splitlines()) if self._log.exists() else 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_is_made_once(place: Place) -> None:
    for _ in range(2):
        assert place.make().returncode == 0
        assert place.made == 1
    assert (place.env / ".stamp").exists()


def test_one_that_somebody_else_made_stays_and_he_is_told(place: Place) -> None:
    theirs = place.env / "bin" / "theirs"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("precious")
    ended = place.make()
    assert ended.returncode == 1
    assert f"{place.env} is there and was not made by tools/venv" in ended.stderr
    assert "move it away or remove it" in ended.stderr
    assert (theirs.read_text(), place.made) == ("precious", 0)
    assert list(place.env.iterdir()) == [theirs.parent]


def test_one_that_was_made_by_half_is_made_anew(place: Place) -> None:
    place.broken.touch()
    assert place.make().returncode == 1
    assert not (place.env / ".stamp").exists()
    left = place.env / "left"
    left.touch()
    place.broken.unlink()
    assert place.make().returncode == 0
    assert (left.exists(), place.made) == (False, 2)


def test_one_of_before_the_mark_is_known_by_its_stamp(place: Place) -> None:
    place.env.mkdir()
    (place.env / ".stamp").write_text("of another lock")
    assert place.make().returncode == 0
    assert place.made == 1


def test_an_empty_directory_is_nobodys(place: Place) -> None:
    place.env.mkdir()
    assert place.make().returncode == 0


def test_a_link_is_replaced_and_what_it_leads_to_stays(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / ".stamp").write_text("of another lock")
    place.env.symlink_to(other)
    assert place.make().returncode == 0
    assert (place.env.is_symlink(), [each.name for each in other.iterdir()]) == (False, [".stamp"])


def test_one_that_is_activated_is_known_and_made_anew_by_what_made_it(place: Place) -> None:
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", place.env], check=True, timeout=60)
    (place.env / ".stamp").write_text("of another lock")
    activated = {"PYTHON": "", "PATH": f"{place.env / 'bin'}:{BASE_PYTHON.parent}:/usr/bin:/bin"}
    assert place.make(**activated).returncode == 0
    left = place.env / "left"
    left.touch()
    for path in (activated, {"PYTHON": str(BASE_PYTHON)}):
        assert place.make(**path).returncode == 0
        assert left.exists()
