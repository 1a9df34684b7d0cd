"""Each Cloud in turn: the fake, our own server, and, by `make test-nova`, a real Nova."""

import os
from collections.abc import Iterator

import pytest
from tests.clouds.settings import FakeSetting, NovaSetting, OwnSetting, Setting
from tools.keystone import programs as keystone_programs
from tools.nova import Nova, programs
from tools.nova.belongings import missing

from hostdown.cli.demo.stage import Stage, Timing


@pytest.fixture(scope="session")
def nova(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nova]:
    """One for all tests of a run; HOSTDOWN_REQUIRE=nova makes it a failure if there is none."""
    if reason := _lacking():
        if "nova" in os.environ.get("HOSTDOWN_REQUIRE", "").split(","):
            pytest.fail(reason)
        pytest.skip(reason)
    with Nova(tmp_path_factory.mktemp("nova") / "nova") as started:
        yield started


def _lacking() -> str | None:
    for needed in (programs(), keystone_programs()):
        if not needed.is_dir():
            return f"{needed} is not there: 'make test-nova' sets it up"
    return missing()


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server of ours without hosts."""
    with Stage(tmp_path_factory.mktemp("own"), Timing(0.5, 5)) as stage:
        yield stage


@pytest.fixture(
    scope="session", params=["fake", "own", pytest.param("nova", marks=pytest.mark.nova)]
)
def setting(request: pytest.FixtureRequest) -> Setting:
    """Every test leaves its hosts up; servers may stay."""
    if request.param == "fake":
        return FakeSetting()
    if request.param == "own":
        return OwnSetting(request.getfixturevalue("own"))
    return NovaSetting(request.getfixturevalue("nova"))
