"""Section [metrics]: a port of their own, which nobody has who does not ask for it."""

from pathlib import Path

import pytest
from tests.config.test_load import loaded, problems

from hostdown.config import MetricsOptions


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostdown.conf"


def test_there_is_none_unless_it_is_given_and_it_is_on_loopback(file: Path) -> None:
    assert loaded(file, "").settings.metrics == MetricsOptions("127.0.0.1", None)
    text = "[metrics]\nbind_port = 9774\n"
    assert loaded(file, text).settings.metrics == MetricsOptions("127.0.0.1", 9774)
    text = "[metrics]\nbind_host = 192.0.2.10\nbind_port = 0\n"
    assert loaded(file, text).settings.metrics == MetricsOptions("192.0.2.10", 0)


def test_what_is_no_port_or_no_option_is_told(file: Path) -> None:
    (problem,) = problems(file, "[metrics]\nbind_port = 70000\n")
    assert "[metrics] bind_port" in problem
    (problem,) = problems(file, "[metrics]\nport = 9774\n")
    assert "[metrics] port" in problem


def test_the_port_of_the_api_is_no_second_one(file: Path) -> None:
    (problem,) = problems(file, "[server]\nbind_port = 9774\n[metrics]\nbind_port = 9774\n")
    assert "[metrics] bind_port: 9774 is the port of [server] already; choose another." in problem
