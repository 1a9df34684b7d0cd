"""One line a request: operators find what somebody did, not what happens all the time."""

import logging

import pytest
from tests.api.world import World


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    records = [record for record in caplog.records if record.name == "hostdown.access"]
    return [(record.levelno, record.getMessage()) for record in records]


def test_a_request_is_one_line_with_its_user_and_without_its_query(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hostdown.access")
    world.ask("GET", "/v2.1/os-services?host=secret", "2.69")
    ((level, line),) = lines(caplog)
    assert level == logging.INFO
    assert line.startswith("GET '/v2.1/os-services' 200 ")
    assert " user - " not in line
    assert "secret" not in line


def test_a_health_check_that_succeeds_is_for_debugging_only(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hostdown.access")
    world.ask("GET", "/healthz")
    ((level, _),) = lines(caplog)
    assert level == logging.DEBUG
