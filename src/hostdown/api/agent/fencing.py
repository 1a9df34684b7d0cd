"""What `hostdown host fence-test` asks.

    POST /agent/v1/hosts/{name}/fence-test    200 {"levels": [{"level", "driver", "power",
        "uuid", "serial", "problem"}, ...]}; nothing is switched

404 `host-not-mapped`, 409 `host-without-fencing` or `fencing-file-unusable`.
"""

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.shapes import NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import record
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
LEVELS = record({"levels": {"type": "array", "items": _LEVEL}})


def test_fencing(asked: Asked) -> Answer:
    """`POST /agent/v1/hosts/{name}/fence-test`."""
    found = fence_test(asked.deployment.directory, asked.fences, asked.name)
    return wire.told(200, {"levels": [_shown(each) for each in found]})


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
