"""An empty world per test; property tests take their examples in a fixed order."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.api.alarming import Alarms
from tests.api.servers import ServerWorld
from tests.api.world import World, open_world

settings.register_profile(
    "api",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("api")


@pytest.fixture
def world() -> Iterator[World]:
    with open_world() as opened:
        yield opened


@pytest.fixture
def server_world() -> Iterator[ServerWorld]:
    with open_world(kind=ServerWorld) as opened:
        assert isinstance(opened, ServerWorld)
        yield opened


@pytest.fixture(scope="session")
def empty_world() -> Iterator[World]:
    """For tests that change nothing."""
    with open_world() as opened:
        yield opened


@pytest.fixture
def alarming(world: World) -> Alarms:
    return Alarms(world)


@pytest.fixture(scope="module")
def one_alarm() -> Iterator[Alarms]:
    """For tests that change nothing."""
    with open_world() as opened:
        api = Alarms(opened)
        api.make()
        yield api
