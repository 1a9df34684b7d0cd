"""What `hostdown host fence-test|fence-status` asks.

    POST /agent/v1/hosts/{name}/fence-test    200 {"levels": [{"level", "driver", "power",
        "uuid", "serial", "problem"}, ...], "outdated": TEXT or null}; nothing is switched
    GET /agent/v1/fence-checks                200 {"fence_checks": [the last check of each host],
        "outdated": TEXT or null}

`outdated`: why hosts are fenced by what the fencing file said before, and not by what it says now.

404 `host-not-mapped`, 409 `host-without-fencing` or `fencing-file-unusable`.
"""

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.shapes import FLAG, NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import record
from hostdown.domain.fence_checks import FenceCheck
from hostdown.services.fence_checks import fence_status
from hostdown.services.fence_tests import Tried, fence_test

_LEVEL = record(
    {
        "level": NUMBER,
        "driver": TEXT,
        "power": TEXT_OR_NULL,
        "uuid": TEXT_OR_NULL,
        "serial": TEXT_OR_NULL,
        "problem": TEXT_OR_NULL,
    }
)
LEVELS = record({"levels": {"type": "array", "items": _LEVEL}, "outdated": TEXT_OR_NULL})


_CHECK = record(
    {
        "host": TEXT,
        "checked_at": TEXT_OR_NULL,
        "broken": FLAG,
        "failing_since": TEXT_OR_NULL,
        "problems": {"type": "array", "items": TEXT},
    }
)
CHECKS = record({"fence_checks": {"type": "array", "items": _CHECK}, "outdated": TEXT_OR_NULL})


def test_fencing(asked: Asked) -> Answer:
    """`POST /agent/v1/hosts/{name}/fence-test`."""
    found = fence_test(asked.deployment.directory, asked.fences, asked.name)
    levels = [_shown(each) for each in found]
    return wire.told(200, {"levels": levels, "outdated": asked.fences.outdated()})


def show_status(asked: Asked) -> Answer:
    """`GET /agent/v1/fence-checks`."""
    found = fence_status(asked.deployment.cells, asked.deployment.directory)
    checks = [_check(host, check) for host, check in found]
    return wire.told(200, {"fence_checks": checks, "outdated": asked.fences.outdated()})


def _check(host: str, check: FenceCheck | None) -> dict[str, object]:
    return {
        "host": host,
        "checked_at": check and check.checked_at,
        "broken": check is not None and check.is_broken,
        "failing_since": check and check.failing_since,
        "problems": [] if check is None else check.problems,
    }


def _shown(tried: Tried) -> dict[str, object]:
    seen = tried.seen
    return {
        "level": tried.level,
        "driver": tried.driver,
        "power": seen and seen.power.value,
        "uuid": seen and seen.uuid,
        "serial": seen and seen.serial,
        "problem": tried.problem,
    }
