"""A host dies, and nobody types anything: noticed, fenced over Redfish, its servers elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.guests.disk import count, counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND, Setting
from tests.processes.harness import until

SETTLED_S = 120


class Failing(Setting):
    """A lab that recovers its hosts, with one counting server."""

    def recovery(self) -> dict[str, Any]:
        """The newest one; {} before there is one."""
        found = self.admin.ask("GET", "/agent/v1/recoveries")["recoveries"]
        return dict(found[0]) if found else {}

    def timeline(self) -> list[str]:
        number = self.recovery()["id"]
        shown = self.admin.ask("GET", f"/agent/v1/recoveries/{number}")["recovery"]
        return [each["what"] for each in shown["timeline"]]

    def delete(self) -> None:
        self.admin.ask("DELETE", f"/v2.1/servers/{self.uuid}")
        until_true(lambda: self.admin.host_status(self.uuid) == NOT_FOUND)


@pytest.fixture
def failing(place: Bench) -> Iterator[Failing]:
    place.up(3, "--recover")
    made = Failing(place)
    yield made
    made.delete()


def test_a_host_that_loses_power_is_fenced_and_its_server_counts_on_elsewhere(
    failing: Failing,
) -> None:
    dead = failing.host
    failing.lab.type("power", "off", dead)
    before = count(failing.disk(failing.uuid)).counter
    until_true(lambda: failing.recovery().get("stage") == "done")
    counted(failing.disk(failing.uuid), beyond=before)
    assert not twin_seen(failing.disk(failing.uuid))
    assert failing.shown()["OS-EXT-SRV-ATTR:host"] != dead
    assert failing.recovery()["host"] == dead
    assert failing.timeline() == [
        "Most observers find it silent.",
        "Fencing begins.",
        "A power-off is to be sent.",
        "It reads Off: what ran there is over.",
        "Its host is forced down.",
        "Servers to be brought back: 1.",
        "None of its servers is on its way.",
    ]
    failing.lab.type("power", "on", dead)
    found = f"/v2.1/os-migrations?instance_uuid={failing.uuid}"
    until_true(lambda: failing.admin.ask("GET", found)["migrations"][-1]["status"] == "completed")
    assert failing.lab.guests(dead) == []
    assert failing.lab.record(dead)["forced_down"]  # until a late power-off can be no more


@pytest.mark.long
def test_a_host_that_hangs_is_switched_off_although_it_lives(failing: Failing) -> None:
    dead, disk = failing.host, failing.disk(failing.uuid)
    failing.lab.type("cut", dead)
    before = count(disk).counter
    until_true(lambda: failing.recovery().get("stage") == "done")
    assert failing.lab.status()[dead]["Power"] == "off"
    counted(disk, beyond=before)
    assert not twin_seen(disk)
    failing.lab.type("cut", "--heal", dead)


@pytest.mark.long
def test_a_host_whose_bmc_is_of_another_machine_is_left_alone_and_told_of(
    failing: Failing,
) -> None:
    dead = failing.host
    failing.lab.type("fault", dead, "foreign")
    failing.lab.type("cut", dead)
    until_true(lambda: failing.recovery().get("held") == "failed")
    assert failing.lab.status()[dead]["Power"] == "on"
    assert len(failing.admin.ask("GET", "/v2.1/os-migrations")["migrations"]) == 0
    failing.lab.type("cut", "--heal", dead)
    until_true(lambda: failing.recovery().get("stage") == "cancelled")
    failing.lab.type("fault", dead, "none")


@pytest.mark.long
def test_the_flag_is_cleared_once_all_has_settled(failing: Failing) -> None:
    dead = failing.host
    failing.lab.type("power", "off", dead)
    until_true(lambda: failing.recovery().get("stage") == "done")
    failing.lab.type("power", "on", dead)
    until(lambda: failing.recovery()["stage"] == "returned", SETTLED_S)
    assert not failing.lab.record(dead)["forced_down"]
    failing.lab.until_state(dead, "up")
