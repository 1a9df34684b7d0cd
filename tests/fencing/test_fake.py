"""The fake device fails as the lab's do, in its caller's time."""

import pytest
from tests.fencing.devices import UUID, Switch

from hostdown.domain.fence_errors import FenceFailed, HostWithoutFencing
from hostdown.drivers.fencing.fake import FOREIGN, FakeFault, FakeFencePath, FakeFencePaths
from hostdown.services.fence_ports import FenceLevel, Identity, Power, Seen

IDENTITY = Identity(UUID, "LAB-1")


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def path(switch: Switch, waited: list[float]) -> FakeFencePath:
    return FakeFencePath(switch, IDENTITY, waited.append, timeout_s=3.0)


@pytest.mark.parametrize(
    ("fault", "identity"), [(FakeFault.LIES, IDENTITY), (FakeFault.FOREIGN, FOREIGN)]
)
def test_one_that_lies_or_is_foreign_accepts_and_the_host_runs_on(
    path: FakeFencePath, switch: Switch, fault: FakeFault, identity: Identity
) -> None:
    path.fault = fault
    path.cut()
    assert (path.sent, switch.on) == (1, True)
    assert path.look() == Seen(Power.ON, *identity)


def test_a_dead_one_takes_all_of_its_time(path: FakeFencePath, waited: list[float]) -> None:
    path.fault = FakeFault.DEAD
    with pytest.raises(FenceFailed) as failed:
        path.cut()
    assert failed.value.retry
    assert (path.sent, waited) == (0, [3.0])


def test_a_table_of_paths_has_what_is_put_in(path: FakeFencePath) -> None:
    paths = FakeFencePaths({"lab1": [FenceLevel(1, "fake", path, None)]})
    assert paths.of("lab1")[0].path is path
    with pytest.raises(HostWithoutFencing):
        paths.of("lab2")
