"""Every fence path, the fake one too: what it sees, what it cuts, and how it fails."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.fencing import devices
from tests.fencing.devices import Fenced
from tests.processes.harness import until

from hostdown.domain.fence_errors import FenceFailed
from hostdown.services.fence_ports import Power, Seen

DEVICES: list[Callable[[Path], AbstractContextManager[Fenced]]] = [
    devices.fake,
    devices.redfish_of_the_lab,
    devices.redfish_of_sushy_tools,
    devices.ipmi_of_virtualbmc,
    devices.fence_dummy,
    devices.fence_redfish,
]
OBEYS_WITHIN_S = 20.0


@pytest.fixture(params=DEVICES, ids=lambda each: each.__name__)
def fenced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fenced]:
    with request.param(tmp_path) as device:
        yield device


def test_a_machine_is_seen_and_cut_and_cut_again(fenced: Fenced) -> None:
    """Accepted is not done, so one looks until it is; what is off is sent it too (F3)."""
    path = fenced.path
    assert path.timeout_s > 0
    assert path.look() == Seen(Power.ON, *fenced.identity)
    if fenced.mistaken is not None:
        for call in (fenced.mistaken.look, fenced.mistaken.cut):
            with pytest.raises(FenceFailed) as refused:
                call()
            assert not refused.value.retry
            assert "password" in refused.value.message
        assert path.look().power is Power.ON
    path.cut()
    until(lambda: path.look().power is Power.OFF, OBEYS_WITHIN_S)
    path.cut()
    assert path.look() == Seen(Power.OFF, *fenced.identity)
