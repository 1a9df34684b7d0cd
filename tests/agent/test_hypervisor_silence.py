"""A hypervisor that dies disables its host's service, and one that is back enables it again."""

from datetime import timedelta

from tests.agent.house import ADMIN, INTERVAL_S, SECRET, Host, House

from hostdown.agent.host import HostAgent
from hostdown.agent.settings import AgentSettings
from hostdown.agent.surroundings import Surroundings
from hostdown.domain.model import COMPUTE
from hostdown.drivers.fake_guests import FakeGuests
from hostdown.drivers.fake_hypervisor import FakeHypervisor
from hostdown.services.compute_services import Wanted, update_on_host

LOST = "Connection to libvirt lost: it hangs"


class Sick:
    """A reporting host whose hypervisor falls silent when told to."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.host: Host = house.reporting("compute1")
        self.guests = FakeGuests(house.clock)
        parts = (self.host.client, self.host.store, self.host.machine)
        around = Surroundings(*parts, FakeHypervisor("compute1", self.guests), house.clock)
        settings = AgentSettings("compute1", timedelta(seconds=INTERVAL_S), "0.1", SECRET)
        house.clock.forward(2 * INTERVAL_S)
        self.agent = HostAgent(settings, around)
        self.agent.turn()

    def report(self, silence: str | None) -> tuple[bool, str | None]:
        """One report later: whether the service is disabled, and why."""
        self.guests.trouble.silent = silence
        self.agent.turn()
        assert self.agent.reporting
        self.house.flush()
        service = self.house.service("compute1")
        assert service is not None
        return service.disabled, service.disabled_reason

    def operator(self, disabled: bool, reason: str | None = None) -> None:
        wanted = Wanted(disabled=disabled, disabled_reason=reason)
        deployment = self.house.deployment
        update_on_host(
            deployment.cells,
            deployment.directory,
            ADMIN,
            "compute1",
            COMPUTE,
            wanted,
            self.house.clock.now(),
        )
        self.house.intake.refresh()

    def history(self) -> list[tuple[str | None, object]]:
        cell = self.house.storage.cells.all()[0]
        changes = cell.read(lambda rows: rows.journal.history("compute1", 10))
        updates = [each for each in changes if each.event_type == "service.update"]
        return [(each.caller.user_name, each.after["disabled"]) for each in reversed(updates)]


def test_silence_disables_and_an_answer_enables(house: House) -> None:
    sick = Sick(house)
    assert sick.report(None) == (False, None)
    assert sick.report(LOST) == (True, f"AUTO: {LOST}")
    assert sick.report("Failed to connect to libvirt: no") == (True, f"AUTO: {LOST}")
    assert house.state("compute1") == "up"
    assert sick.report(None) == (False, None)
    agent = "agent of compute1"
    assert sick.history() == [(agent, True), (agent, False)]


def test_what_an_operator_disabled_is_never_enabled_nor_renamed(house: House) -> None:
    sick = Sick(house)
    sick.operator(True, "broken fan")
    assert sick.report(LOST) == (True, "broken fan")
    assert sick.report(None) == (True, "broken fan")


def test_an_operator_takes_an_automatic_reason_over(house: House) -> None:
    sick = Sick(house)
    assert sick.report(LOST) == (True, f"AUTO: {LOST}")
    sick.operator(True, "somebody looks into it")
    assert sick.report(None) == (True, "somebody looks into it")


def test_an_operator_who_is_faster_than_the_batch_is_not_overwritten(house: House) -> None:
    sick = Sick(house)
    sick.guests.trouble.silent = LOST
    sick.agent.turn()  # kept in memory, with the service as it was
    sick.operator(True, "broken fan")
    house.flush()
    service = house.service("compute1")
    assert service is not None
    assert service.disabled_reason == "broken fan"


def test_a_report_says_nothing_of_instances_while_the_hypervisor_is_silent(house: House) -> None:
    sick = Sick(house)
    sick.report(LOST)
    assert b'"instances":null' in sick.host.wire.sent[-1][1]
    assert sick.agent.outdated is False
    sick.guests.trouble.silent = None
    assert sick.agent.outdated is True


def test_a_service_that_was_deleted_before_the_batch_is_written_stays_deleted(house: House) -> None:
    sick = Sick(house)
    sick.guests.trouble.silent = LOST
    sick.agent.turn()
    service, cell = house.service("compute1"), house.storage.cells.all()[0]
    assert service is not None
    cell.write(lambda rows: rows.services.delete(service, house.clock.now()))
    house.flush()
    assert house.service("compute1") is None
