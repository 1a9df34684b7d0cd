"""How the judges' programs are run: with a limit, and never left behind."""

from pathlib import Path

import pytest
from tools.judge import programs


def test_the_status_and_what_was_said_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert programs.run(["sh", "-c", "echo said; exit 3"], tmp_path, log, limit_s=10) == 3
    assert log.read_text() == "said\n"


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    words = ["sh", "-c", "echo $$ >pid; exec sleep 60"]
    with pytest.raises(TimeoutError, match="took longer than"):
        programs.run(words, tmp_path, tmp_path / "log", limit_s=0.5)
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


def test_a_short_program_that_fails_tells_why(tmp_path: Path) -> None:
    assert programs.output(["cat"], tmp_path, b"given") == b"given"
    with pytest.raises(RuntimeError, match="so it is"):
        programs.output(["sh", "-c", "echo so it is >&2; exit 1"], tmp_path)


def test_nothing_of_the_caller_leads_a_judge_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OS_PASSWORD", "https_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "elsewhere")
    found = programs.environment(tmp_path)
    assert "elsewhere" not in found.values()
    assert found["HOME"] == str(tmp_path)
