"""Flavors that ask for metadata of aggregates."""

import pytest
from tests.servers.moving import DEAD, MovingScene
from tests.servers.scene import FLAVOR, START, WISH

from hostdown.domain.model import Aggregate
from hostdown.services.directory_ports import DirectoryRows

SSD = {"aggregate_instance_extra_specs:disk": "<or> ssd <or> nvme"}
FAST = WISH._replace(flavor=FLAVOR._replace(extra_specs=SSD))
MADE = Aggregate(0, "00000000-0000-4000-8000-000000000001", "fast", (), {}, START, None)


@pytest.fixture
def fast(moving: MovingScene) -> Aggregate:
    """The aggregate of b and c, which have less room than a and d."""
    moving.host("c", 2048)
    moving.host("d", 9000)

    def work(rows: DirectoryRows) -> Aggregate:
        made = rows.aggregates.add(MADE)
        after = made._replace(hosts=("b", "c"), metadata={"disk": "nvme"})
        rows.aggregates.replace(made, after)
        return after

    return moving.storage.directory.write(work)


@pytest.mark.usefixtures("fast")
def test_a_server_goes_where_aggregates_have_what_its_flavor_asks_for(moving: MovingScene) -> None:
    server = moving.running(FAST)
    assert server.host == "b"
    moving.later(DEAD, "a", "c", "d")
    moving.evacuate(server.uuid)
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["c"]


def test_a_change_of_an_aggregate_counts_from_the_next_server_on(
    moving: MovingScene, fast: Aggregate
) -> None:
    server = moving.running(FAST)
    moving.later(DEAD, "a", "c", "d")
    moving.mover.turn(moving.now)
    slow = fast._replace(metadata={"disk": "hdd"})
    moving.storage.directory.write(lambda rows: rows.aggregates.replace(fast, slow))
    moving.evacuate(server.uuid)
    moving.move()
    reason = str(moving.migration(server.uuid).reason)
    assert "c: its aggregates do not have what the flavor's extra specs ask for" in reason
    (made,) = moving.create(1, FAST)
    assert made.host is None
    assert made.fault is not None
    assert "its aggregates do not have what the flavor's extra specs ask for" in made.fault.message
    (forced,) = moving.create(1, FAST._replace(hosts=["a"], forced=True))
    assert forced.host == "a"
