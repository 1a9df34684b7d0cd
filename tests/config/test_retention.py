"""Section [retention]: for how long what is over is kept."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.config.test_load import loaded, problems


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostdown.conf"


def test_what_is_over_is_kept_for_ninety_days_as_many_as_one_says_or_for_ever(file: Path) -> None:
    assert loaded(file, "").settings.kept_for == timedelta(days=90)
    assert loaded(file, "[retention]\ndays = 1\n").settings.kept_for == timedelta(days=1)
    assert loaded(file, "[retention]\ndays = 0\n").settings.kept_for is None


def test_what_is_no_number_of_days_is_refused(file: Path) -> None:
    for wrong in ("-1", "0.5", "36501", "never"):
        (problem,) = problems(file, f"[retention]\ndays = {wrong}\n")
        assert "[retention] days" in problem
    (problem,) = problems(file, "[retention]\nyears = 1\n")
    assert "[retention] years" in problem
