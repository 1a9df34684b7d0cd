"""Two machines that say they are one: the older boot is heard after the newer one began (D4)."""

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from tests.agent.house import INTERVAL_S, Host, House, MemoryStore, TestMachine
from tests.agent.test_sessions import record

from hostdown.agent.client import _Raw
from hostdown.agent.errors import Stopped
from hostdown.agent.ports import Identity
from hostdown.domain.errors import DirectoryUnavailable
from hostdown.domain.model import HostRecord
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.hosts import open_enrolment

SILENT_S = 2 * INTERVAL_S + 1
"""After so long another boot may begin."""


def clone(house: House, host: Host, silent_s: float = SILENT_S) -> Host:
    """A copy of the machine, which boots while the machine is not heard."""
    house.clock.forward(silent_s)
    copy = MemoryStore(host.store.identity)
    return house.reporting("compute1", machine=TestMachine(boot="boot-2"), store=copy)


def asked(house: House, host: Host, what: str, content: dict[str, object]) -> str:
    """The code of the refusal; "" if it is none."""
    identity = host.store.identity
    assert identity is not None
    path, body = f"/agent/v1/hosts/{identity.id}/{what}", orjson.dumps(content)
    headers = host.client._headers("POST", path, body, "n" * 16, identity.secret)
    return code(host.client.raw(path, body, headers))


def code(raw: _Raw) -> str:
    return orjson.loads(raw.body).get("error", {}).get("code", "")


def is_held(house: House) -> bool:
    return record(house, "compute1").forked_at is not None


SAID: dict[str, dict[str, object]] = {
    "assignments": {"session": 1, "known": 0},
    "outcomes": {"session": 1, "outcomes": []},
    "sessions": {
        "after": 1,
        "machine_id": "machine-of-compute1",
        "boot_id": "boot-1",
        "agent_version": "1",
    },
}


def test_both_are_held_once_the_older_one_reports_and_neither_ends(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    host = house.reporting("compute1")
    copy = clone(house, host)
    house.clock.forward(1.1)
    host.turns(1)
    house.flush()
    copy.turns(1)
    assert is_held(house)
    assert not host.agent.reporting
    assert not copy.agent.reporting
    assert "so two machines have its identity. Stop the copy; then run" in caplog.text
    assert house.refused()["host-forked"] == 2
    host.turns(2)


@pytest.mark.parametrize("what", SAID)
def test_whatever_the_older_boot_says_shows_it(house: House, what: str) -> None:
    host = house.reporting("compute1")
    copy = clone(house, host)
    house.clock.forward(1.1)
    assert asked(house, host, what, SAID[what]) == "host-forked"
    house.intake.refresh()
    assert {asked(house, copy, each, SAID[each]) for each in SAID} == {"host-forked"}


def test_an_agent_that_is_started_anew_shows_it_too(house: House) -> None:
    host = house.reporting("compute1")
    clone(house, host)
    house.clock.forward(1.1)
    house.host("compute1", store=host.store).turns(2)
    assert is_held(house)


def test_within_a_second_it_is_only_refused_and_asks_again(house: House) -> None:
    host = house.reporting("compute1")
    copy = clone(house, host)
    assert {asked(house, host, each, SAID[each]) for each in SAID} == {"boot-over"}
    host.turns(1)
    assert not is_held(house)
    copy.turns(1)
    assert copy.agent.reporting
    house.clock.forward(1.1)
    host.turns(1)
    assert is_held(house)


@pytest.mark.parametrize("what", ["report", "sessions"])
def test_what_was_sent_before_a_reboot_and_comes_late_holds_nobody(house: House, what: str) -> None:
    host = house.reporting("compute1")
    late = next(each for each in reversed(host.wire.sent) if each[0].endswith(what))
    rebooted = clone(house, host)
    house.clock.forward(5)
    assert code(host.client.raw(*late)) == "boot-over"
    rebooted.turns(1)
    assert rebooted.agent.reporting
    assert not is_held(house)


def test_reboots_and_new_agents_are_no_forks(house: House) -> None:
    host = house.reporting("compute1")
    for boot in ("boot-1", "boot-1", "boot-2", "boot-2", "boot-3"):
        house.clock.forward(SILENT_S)
        house.worker()
        machine = TestMachine(boot=boot)
        host = house.reporting("compute1", machine=machine, store=host.store)
    found = house.storage.directory.read(lambda rows: rows.boots.of(record(house, "compute1").id))
    assert [(each.number, each.boot_id, each.session) for each in found] == [
        (1, "boot-1", 1),
        (2, "boot-2", 4),
        (3, "boot-3", 6),
    ]
    assert not is_held(house)


def test_an_older_agent_of_the_same_boot_is_no_fork(house: House) -> None:
    host = house.reporting("compute1")
    house.reporting("compute1", store=host.store)
    house.clock.forward(5)
    with pytest.raises(Stopped, match="Session 1 of host 'compute1' ended"):
        host.turns(1)
    assert not is_held(house)


def test_an_older_boot_among_several_is_one(house: House) -> None:
    host = house.reporting("compute1")
    copy = clone(house, host)
    house.clock.forward(SILENT_S)
    house.reporting("compute1", machine=TestMachine(boot="boot-3"), store=copy.store)
    assert asked(house, host, "assignments", SAID["assignments"]) == "host-forked"


def test_a_host_of_before_boots_were_remembered_is_known_by_its_next_one(house: House) -> None:
    known = HostRecord(
        "8c5e5d1e-6b3b-4e5e-9a5f-2f1d8f0f7a11",
        "compute1",
        house.deployment.new_hosts_cell,
        b"s" * 32,
        "machine-of-compute1",
        "boot-1",
        4,
        7,
        "0.1",
        house.clock.now(),
        None,
    )
    house.storage.directory.write(lambda rows: rows.hosts.add(known))
    store = MemoryStore(Identity(known.id, "compute1", known.secret, "firmware", 7))
    host = house.reporting("compute1", store=store)
    clone(house, host)
    house.clock.forward(1.1)
    assert asked(house, host, "sessions", {**SAID["sessions"], "after": 9}) == "host-forked"


def test_a_directory_that_fails_is_asked_again(house: House) -> None:
    """What is withdrawn in the cell is withdrawn once."""
    host = house.reporting("compute1")
    clone(house, host)
    house.clock.forward(1.1)
    house.deployment = house.deployment._replace(
        directory=Away(house.storage.directory)  # type: ignore[arg-type] # it has what is needed
    )
    _, app = house.worker()
    host.client._app.app = app
    assert asked(house, host, "assignments", SAID["assignments"]) == "directory-unavailable"
    assert not is_held(house)
    assert asked(house, host, "assignments", SAID["assignments"]) == "host-forked"
    cell = house.storage.cells.all()[0]
    history = cell.read(lambda rows: rows.journal.history("compute1", 10))
    assert [each.event_type for each in history] == ["host.forked", "service.create"]


class Away:
    """A directory whose first write fails."""

    def __init__(self, directory: Directory) -> None:
        self.read = directory.read
        self._directory = directory
        self._is_away = True

    def write(self, work: Callable[[DirectoryRows], object]) -> object:
        if self._is_away:
            self._is_away = False
            raise DirectoryUnavailable(retry_after_s=5)
        return self._directory.write(work)


def test_the_right_machine_is_enrolled_anew(house: House) -> None:
    host = house.reporting("compute1")
    copy = clone(house, host)
    house.clock.forward(1.1)
    host.turns(1)
    house.clock.forward(SILENT_S)
    opened = open_enrolment(house.deployment, "compute1", True, house.clock.now())
    house.reporting("compute1", secret=opened.secret)
    assert not is_held(house)
    assert record(house, "compute1").boot == 3
    house.flush()
    with pytest.raises(Stopped, match="was deleted from this deployment"):
        copy.turns(1)


def test_an_administrator_sees_since_when(house: House) -> None:
    host = house.reporting("compute1")
    clone(house, host)
    began = house.clock.now()
    house.clock.forward(1.1)
    host.turns(1)
    found = record(house, "compute1").forked_at
    assert found == began + timedelta(seconds=1.1)
    answer = host.client._app.simulate_get(
        "/agent/v1/hosts/compute1", headers={"X-Auth-Token": "admin"}
    )
    shown = answer.json["host"]
    assert shown["forked_at"] == found.isoformat()
    assert shown["changes"][0]["after"]["identity"] == "forked"
