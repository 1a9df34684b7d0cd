"""One agent for a host: the next session, copies, reboots, deletion."""

import pytest
from tests.agent.house import ADMIN, INTERVAL_S, Host, House, MemoryStore, TestMachine

from hostdown.agent.errors import NotHeard, Refused, Stopped
from hostdown.agent.host import OTHER_SEEN_MAX
from hostdown.domain.model import HostRecord, Service
from hostdown.services import compute_services
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.hosts import DISABLED_BY_CONFIGURATION


def record(house: House, name: str) -> HostRecord:
    def work(rows: DirectoryRows) -> HostRecord:
        found = rows.hosts.named(name)
        assert found is not None
        return found

    return house.storage.directory.read(work)


def delete(house: House, name: str) -> None:
    service = house.service(name)
    assert service is not None
    compute_services.delete(
        house.storage.cells, house.storage.directory, ADMIN, service.id, house.clock.now()
    )


def test_a_restarted_agent_goes_on_and_ends_the_older_one(house: House) -> None:
    old = house.reporting("compute1")
    house.reporting("compute1", store=old.store)
    assert (record(house, "compute1").session, record(house, "compute1").boot) == (2, 1)
    with pytest.raises(Stopped, match="Session 1 of host 'compute1' ended when session 2 began"):
        old.turns(1)


def test_an_agent_that_forgot_its_newest_session_is_told_it(house: House) -> None:
    host = house.reporting("compute1")
    assert host.store.identity is not None
    behind = MemoryStore(host.store.identity._replace(session=0))
    house.reporting("compute1", store=behind)
    assert record(house, "compute1").session == 2


def test_an_agent_whose_answers_get_lost_again_and_again_still_begins(house: House) -> None:
    """The server began a session each time; the agent heard of none of them."""
    host = house.reporting("compute1")
    again = house.host("compute1", store=host.store)
    for _ in range(3):
        again.wire.tamper = lambda raw: raw._replace(status=503, mac="")
        again.turns(1)
        again.wire.tamper = lambda raw: raw
        again.turns(1)
    again.turns(3)
    assert again.agent.reporting


def test_a_session_request_heard_twice_begins_nothing_the_second_time(house: House) -> None:
    host = house.reporting("compute1")
    path, body, headers = next(sent for sent in host.wire.sent if "sessions" in sent[0])
    assert host.client.raw(path, body, headers).status == 409
    assert record(house, "compute1").session == 1
    host.turns(1)


def test_a_turn_that_comes_early_does_not_end_the_wait_for_another_agent(house: House) -> None:
    """A hypervisor that answers for the first time wants a report at once."""
    host = house.reporting("compute1")
    rebooted = house.host("compute1", TestMachine(boot="boot-2"), host.store)
    waited = rebooted.agent.turn()
    house.clock.forward(0.1)
    assert rebooted.agent.turn() == pytest.approx(waited - 0.1)
    house.clock.forward(waited)
    rebooted.turns(2)
    assert rebooted.agent.reporting


def test_a_copy_on_another_machine_is_refused_while_the_host_lives_and_after(house: House) -> None:
    host = house.reporting("compute1")
    copy = MemoryStore(host.store.identity)
    second = house.host("compute1", TestMachine("machine-2"), copy)
    waited = second.agent.turn()
    assert INTERVAL_S < waited < 3 * INTERVAL_S
    for _ in range(OTHER_SEEN_MAX - 1):
        house.clock.forward(INTERVAL_S)
        host.turns(1)
        house.flush()
        second.agent.turn()
    house.clock.forward(INTERVAL_S)
    host.turns(1)
    house.flush()
    with pytest.raises(Stopped, match="reporting at this moment"):
        second.turns(1)
    house.clock.forward(3 * INTERVAL_S)
    with pytest.raises(Stopped, match="looks like a copy"):
        house.host("compute1", TestMachine("machine-2"), copy).turns(1)
    host.turns(1)


def test_a_copy_that_comes_first_does_not_keep_the_host_out(house: House) -> None:
    host = house.reporting("compute1")
    house.clock.forward(3 * INTERVAL_S)
    with pytest.raises(Stopped, match="looks like a copy"):
        house.host("compute1", TestMachine("machine-2"), MemoryStore(host.store.identity)).turns(1)
    house.reporting("compute1", store=host.store)
    assert record(house, "compute1").boot == 1


def test_a_quick_reboot_waits_until_the_older_boot_is_not_live_any_more(house: House) -> None:
    host = house.reporting("compute1")
    again = house.host("compute1", TestMachine(boot="boot-2"), host.store)
    house.clock.forward(again.agent.turn())
    again.turns(2)
    assert again.agent.reporting
    assert record(house, "compute1").boot == 2


def test_a_report_that_was_on_its_way_when_the_machine_died_keeps_nobody_out(house: House) -> None:
    host = house.reporting("compute1")
    rebooted = house.host("compute1", TestMachine(boot="boot-2"), host.store)
    waited = rebooted.agent.turn()
    house.clock.forward(waited / 2)
    host.turns(1)
    house.flush()
    house.clock.forward(waited / 2)
    house.clock.forward(rebooted.agent.turn())
    rebooted.turns(2)
    assert rebooted.agent.reporting


def test_a_machine_that_cannot_be_read_any_more_says_so(house: House) -> None:
    host = house.reporting("compute1")
    with pytest.raises(Stopped, match="start the agent as the user who enrolled it"):
        house.host("compute1", TestMachine(readable=False), host.store).turns(1)


def test_the_agent_of_a_deleted_host_ends_and_makes_nothing_anew(house: House) -> None:
    host = house.reporting("compute1")
    delete(house, "compute1")
    house.flush()
    with pytest.raises(Stopped, match="was deleted from this deployment") as caught:
        host.turns(1)
    assert caught.value.reason == "host-deleted"
    with pytest.raises(Stopped, match="was deleted from this deployment"):
        house.host("compute1", store=host.store).turns(1)
    house.flush()
    assert house.service("compute1") is None


def test_a_session_that_overlaps_a_deletion_makes_no_service(house: House) -> None:
    """The deletion ends between the session's commit and the making of the service row."""
    host = house.host("compute1")
    host.turns(1)
    assert host.store.identity is not None

    cell = house.storage.cells.all()[0]

    def unmap(rows: DirectoryRows) -> None:
        seen = rows.hosts.named("compute1")
        assert seen is not None
        assert rows.hosts.replace(seen, seen._replace(deleted_at=house.clock.now()))

    class Late:
        """The cell, before whose first write the host is deleted."""

        name = cell.name
        read = staticmethod(cell.read)

        def write(self, work: object) -> object:
            house.storage.directory.write(unmap)
            return cell.write(work)  # type: ignore[arg-type] # passed through

    class Cells:
        def named(self, name: str) -> Late:
            return Late()

        def all(self) -> list[Late]:
            return [Late()]

    house.deployment = house.deployment._replace(cells=Cells())  # type: ignore[arg-type] # as above
    _, house.app = house.worker()
    late = house.host("compute1", store=host.store)
    with pytest.raises(Stopped, match="was deleted"):
        late.turns(1)
    assert house.service("compute1") is None


def test_new_services_may_be_disabled_by_configuration(house: House) -> None:
    house.deployment = house.deployment._replace(enable_new_services=False)
    house.intake, house.app = house.worker()
    house.reporting("compute1")
    service = house.service("compute1")
    assert service is not None
    assert (service.disabled, service.disabled_reason) == (True, DISABLED_BY_CONFIGURATION)


def test_the_making_of_a_service_is_in_the_journal(house: House) -> None:
    house.reporting("compute1")

    def history(rows: CellRows) -> list[str]:
        return [change.event_type for change in rows.journal.history("compute1", 10)]

    assert house.storage.cells.all()[0].read(history) == ["service.create"]


def forced(service: Service | None) -> bool:
    assert service is not None
    return service.forced_down


def test_a_forced_down_host_is_told_goes_on_reporting_and_stays_down(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    host = house.reporting("compute1")
    for wanted, said in ((True, "was forced down"), (False, "is not forced down any more")):
        compute_services.update_on_host(
            house.storage.cells, house.storage.directory, ADMIN, "compute1", "nova-compute",
            compute_services.Wanted(forced_down=wanted), house.clock.now(),
        )  # fmt: skip
        house.intake.refresh()
        caplog.clear()
        host.turns(3)
        house.flush()
        assert [r.getMessage().count(said) for r in caplog.records] == [1]
        assert forced(house.service("compute1")) is wanted
        assert house.state("compute1") == ("down" if wanted else "up")


def test_each_session_says_whether_the_machine_may_sleep(house: House) -> None:
    host = house.reporting("compute1", sleeps=True)
    assert record(house, "compute1").sleeps is True
    for sleeps in (None, False, True):
        house.reporting("compute1", store=host.store, sleeps=sleeps)
        assert record(house, "compute1").sleeps is sleeps


def begin(host: Host, house: House, **said: object) -> None:
    """As some other agent would; what is not said, an older one does not know."""
    identity = host.store.identity
    assert identity is not None
    seen = record(house, "compute1")
    plain = {"machine_id": seen.machine_id, "boot_id": seen.boot_id, "agent_version": "0"}
    path = f"/agent/v1/hosts/{identity.id}/sessions"
    host.client.post(path, {"after": seen.session, **plain, **said}, identity.secret)


def test_an_agent_that_says_nothing_of_sleep_is_not_known_to_sleep(house: House) -> None:
    host = house.reporting("compute1", sleeps=True)
    begin(host, house)
    assert record(house, "compute1").sleeps is None


@pytest.mark.parametrize("sleeps", [1, "true", []])
def test_what_is_neither_yes_nor_no_begins_nothing(house: House, sleeps: object) -> None:
    host = house.reporting("compute1")
    with pytest.raises(Refused, match="its field 'sleeps' must be true or false"):
        begin(host, house, sleeps=sleeps)
    assert record(house, "compute1").session == 1


def test_an_answer_without_a_good_signature_ends_nothing(house: House) -> None:
    host: Host = house.reporting("compute1")
    delete(house, "compute1")
    house.flush()
    host.wire.tamper = lambda raw: raw._replace(mac="0" * 64)
    assert host.agent.turn() > 0
    assert not host.agent.reporting
    host.wire.tamper = lambda raw: raw._replace(status=409)
    assert host.agent.turn() > 0


def test_a_server_that_is_away_is_asked_again_and_said_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    host = house.reporting("compute1")
    host.wire.cut = True
    caplog.clear()
    waits = [host.agent.turn() for _ in range(20)]
    assert waits[0] <= 0.25
    assert 9.0 <= waits[-1] <= 10.0
    assert [r.getMessage() for r in caplog.records if "again" in r.getMessage()][1:] == []
    host.wire.cut = False
    host.turns(1)
    assert host.agent.reporting
    assert caplog.records[-1].getMessage() == "compute1: The server answers again."


def test_the_client_tells_refusals_from_silence(house: House) -> None:
    host = house.reporting("compute1")
    with pytest.raises(NotHeard):
        host.client.post("/agent/v1/nothing", {}, b"secret")
    with pytest.raises(Refused):
        host.client.post("/agent/v1/nothing", {}, b"secret", unsigned_refusals=True)
