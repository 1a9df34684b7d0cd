"""Who becomes a host: secrets, names, and agents that lose what they knew."""

from datetime import datetime, timedelta

import pytest
from tests.agent.house import INTERVAL_S, SECRET, House, MemoryStore, TestMachine

from hostdown.agent.errors import Stopped
from hostdown.domain.errors import HostIsLive, HostNameInvalid, HostNameTaken
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.hosts import open_enrolment

NOW = datetime(2026, 1, 2, 4)


def ended(house: House, name: str, **how: object) -> str:
    """The reason for which a new agent ends within a few turns."""
    host = house.host(name, **how)  # type: ignore[arg-type] # passed through
    with pytest.raises(Stopped) as caught:
        host.turns(5)
    return caught.value.reason


def test_a_new_host_is_up_after_its_first_report(house: House) -> None:
    house.reporting("compute1")
    assert house.state("compute1") == "up"


def test_no_secret_is_ever_on_the_wire(house: House) -> None:
    host = house.reporting("compute1")
    assert host.store.identity is not None
    said = b"".join(body for _, body, _ in host.wire.sent)
    assert SECRET not in said
    assert host.store.identity.secret.hex().encode() not in said


def test_a_wrong_secret_ends_the_agent_and_is_counted(house: House) -> None:
    assert ended(house, "compute1", secret=b"not the one of this place") == "enrolment-refused"
    assert house.refused() == {"enrolment-refused": 1}


def test_without_a_secret_the_agent_says_where_to_get_one(house: House) -> None:
    assert ended(house, "compute1", secret=None) == "no-enrolment-secret"


def test_until_a_first_session_the_newest_enrolment_wins(house: House) -> None:
    first = house.host("compute1")
    first.turns(1)
    house.reporting("compute1")
    with pytest.raises(Stopped, match="was deleted"):
        first.turns(1)


def test_an_agent_killed_before_it_stored_its_identity_enrolls_again(house: House) -> None:
    house.host("compute1", store=MemoryStore(lost=True)).turns(1)
    house.reporting("compute1")
    assert house.state("compute1") == "up"


def test_a_host_that_lost_its_state_is_refused_its_name(house: House) -> None:
    house.reporting("compute1")
    house.clock.forward(3 * INTERVAL_S)
    assert ended(house, "compute1") == "host-name-taken"


def test_a_second_agent_is_refused_the_name_of_a_live_host(house: House) -> None:
    house.reporting("compute1")
    assert ended(house, "compute1", machine=TestMachine("machine-2")) == "host-is-live"


def test_a_one_time_secret_works_for_its_name_only_and_ends_with_the_first_session(
    house: House,
) -> None:
    secret = open_enrolment(house.deployment, "compute1", False, house.clock.now()).secret
    assert ended(house, "compute2", secret=secret) == "enrolment-refused"
    house.host("compute1", secret=secret, store=MemoryStore(lost=True)).turns(1)
    host = house.host("compute1", secret=secret)
    host.turns(2)
    assert ended(house, "compute1", secret=secret) == "enrolment-refused"


def test_a_one_time_secret_expires_after_a_day(house: House) -> None:
    secret = open_enrolment(house.deployment, "compute1", False, house.clock.now()).secret
    house.clock.forward(timedelta(hours=24).total_seconds())
    assert ended(house, "compute1", secret=secret) == "enrolment-refused"


def test_a_reinstalled_machine_takes_its_name_over_and_the_service_stays(house: House) -> None:
    old = house.reporting("compute1")
    before = house.service("compute1")
    with pytest.raises(HostIsLive):
        open_enrolment(house.deployment, "compute1", True, house.clock.now())
    house.clock.forward(3 * INTERVAL_S)
    with pytest.raises(HostNameTaken):
        open_enrolment(house.deployment, "compute1", False, house.clock.now())
    secret = open_enrolment(house.deployment, "compute1", True, house.clock.now()).secret
    house.reporting("compute1", secret=secret, machine=TestMachine("machine-2"))
    after = house.service("compute1")
    assert before is not None
    assert after is not None
    assert (after.id, after.uuid) == (before.id, before.uuid)
    assert house.state("compute1") == "up"
    with pytest.raises(Stopped, match="was deleted"):
        old.turns(1)


def test_a_renamed_agent_is_refused_by_itself(house: House) -> None:
    host = house.reporting("compute1")
    with pytest.raises(Stopped, match="keeps its name for life"):
        house.host("compute2", store=host.store)
    assert house.service("compute2") is None


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", "a\nb", "a\x00", "x" * 256])
def test_names_that_no_url_would_survive_are_refused(house: House, name: str) -> None:
    with pytest.raises(HostNameInvalid):
        open_enrolment(house.deployment, name, False, house.clock.now())


@pytest.mark.parametrize("name", ["compute1", "узел-7", "計算機 二", "x" * 255, "ß"])
def test_names_in_any_script_are_hosts(house: House, name: str) -> None:
    house.reporting(name)
    assert house.state(name) == "up"


def test_names_are_compared_exactly(house: House) -> None:
    house.reporting("compute1")
    house.reporting("Compute1", machine=TestMachine("machine-2"))
    assert house.service("compute1") != house.service("Compute1")


def test_a_name_is_taken_from_the_first_session_on(house: House) -> None:
    """The first report is written with the next batch: nobody may slip in before that."""
    house.host("compute1").turns(2)
    assert house.refused() == {}
    assert ended(house, "compute1") == "host-name-taken"


def test_a_machine_that_is_a_host_is_refused_a_second_name(house: House) -> None:
    house.reporting("compute1", machine=TestMachine("the one"))
    house.clock.forward(3 * INTERVAL_S)
    renamed = house.host("compute9", machine=TestMachine("the one"))
    with pytest.raises(Stopped, match="is enrolled as host 'compute1' already") as caught:
        renamed.turns(1)
    assert caught.value.reason == "machine-enrolled"
    assert "'hostdown service delete compute1 nova-compute'" in str(caught.value)
    assert str(caught.value).endswith("The id is by its firmware.")
    assert renamed.store.identity is None
    assert house.service("compute9") is None
    assert house.deployment.directory.read(lambda rows: rows.hosts.named("compute9")) is None


def test_a_one_time_secret_makes_no_machine_a_second_host(house: House) -> None:
    house.reporting("compute1", machine=TestMachine("the one"))
    secret = open_enrolment(house.deployment, "compute9", True, house.clock.now()).secret
    renamed = {"machine": TestMachine("the one"), "secret": secret}
    assert ended(house, "compute9", **renamed) == "machine-enrolled"


def test_a_machine_whose_host_was_deleted_may_be_another_one(house: House) -> None:
    house.reporting("compute1", machine=TestMachine("the one"))

    def delete(rows: DirectoryRows) -> bool:
        seen = rows.hosts.named("compute1")
        return seen is not None and rows.hosts.replace(seen, seen._replace(deleted_at=NOW))

    assert house.deployment.directory.write(delete)
    house.reporting("compute9", machine=TestMachine("the one"))
    assert house.state("compute9") == "up"


def test_a_machine_may_be_enrolled_under_another_name_until_its_first_session(house: House) -> None:
    mistyped = house.host("comptue1", machine=TestMachine("the one"))
    mistyped.turns(1)
    house.reporting("compute1", machine=TestMachine("the one"))
    with pytest.raises(Stopped, match="was deleted"):
        mistyped.turns(1)
