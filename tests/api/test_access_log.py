"""One line a request: operators find what somebody did, not what happens all the time."""

import logging
from collections.abc import Iterator

import pytest
from tests.api.world import ADMIN, World

from hostdown.api.request import request_id


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    records = [record for record in caplog.records if record.name == "hostdown.access"]
    return [(record.levelno, record.getMessage()) for record in records]


class Lines(logging.Handler):
    """Keeps each line with the request id of the moment, as the server's formatter does."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((request_id.get(), record.getMessage()))


@pytest.fixture
def access_lines() -> Iterator[list[tuple[str, str]]]:
    handler, logger = Lines(), logging.getLogger("hostdown.access")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.setLevel(level)
    logger.removeHandler(handler)


def test_each_request_leaves_one_line_without_its_token_and_query(
    world: World, access_lines: list[tuple[str, str]]
) -> None:
    answer = world.ask("GET", "/v2.1/os-services?host=private", token=f"{ADMIN}:admin,t0p-secret")
    world.ask("GET", "/%0A%1B[2J", token=None)
    (first_id, first), (_, second) = access_lines
    assert first_id == answer.headers["x-compute-request-id"]
    assert first.startswith("GET '/v2.1/os-services' 200 ")
    assert first.endswith("user admin project 6f70656e737461636b20342065766572")
    assert "private" not in first
    assert "t0p-secret" not in first
    assert not {"\n", "\x1b"} & set(second)


def test_a_health_check_that_succeeds_is_for_debugging_only(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hostdown.access")
    world.ask("GET", "/healthz")
    ((level, _),) = lines(caplog)
    assert level == logging.DEBUG
