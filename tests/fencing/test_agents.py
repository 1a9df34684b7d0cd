"""Fence agents: several outlets, options that do not fit, devices that do nothing."""

from pathlib import Path

import pytest
from tests.debian import need
from tests.fencing.devices import fence_redfish_on, lab_bmc, right, wrong
from tests.fencing.network import PASSWORD, ROOT, black_hole, password_file

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.fence_agent import AgentPath, Device
from hostdown.drivers.fencing.secret import Secret
from hostdown.drivers.system_clock import SystemClock
from hostdown.lab.redfish import Fault
from hostdown.services.fence_ports import Power

OUTLETS = str(ROOT / "tests" / "fencing" / "outlets_agent.py")
TIMEOUT_S = 20.0


class Pdu:
    """Two outlets, which feed one machine."""

    def __init__(self, place: Path) -> None:
        need("fence_dummy", "fence-agents")
        self._files = {plug: place / plug for plug in ("a1", "b1")}
        for each in self._files.values():
            each.write_text("on")
        options = {"ip": str(place), "username": "fencer", "power_timeout": "1"}
        self.device = Device(OUTLETS, options, ("a1", "b1"))
        self.path = AgentPath(self.device, {"password": right(place)}, TIMEOUT_S)

    def set(self, plug: str, text: str) -> None:
        self._files[plug].write_text(text)

    def stick(self, plug: str) -> None:
        self._files[plug].with_suffix(".stuck").touch()

    @property
    def outlets(self) -> dict[str, str]:
        return {plug: file.read_text() for plug, file in self._files.items()}


@pytest.fixture
def pdu(tmp_path: Path) -> Pdu:
    return Pdu(tmp_path)


def test_a_machine_is_off_once_every_outlet_is(pdu: Pdu) -> None:
    """Race 20, psu-one-of-two."""
    for off, power in (("a1", Power.ON), ("b1", Power.OFF)):
        pdu.set(off, "off")
        assert pdu.path.look() == (power, None, None)


def test_a_cut_is_sent_to_every_outlet_also_if_one_fails(pdu: Pdu) -> None:
    pdu.set("a1", "broken")
    with pytest.raises(FenceFailed, match="Unable to obtain correct plug status") as failed:
        pdu.path.cut()
    assert failed.value.retry
    assert pdu.outlets == {"a1": "broken", "b1": "off"}
    with pytest.raises(FenceFailed):
        pdu.path.look()


def test_an_outlet_that_takes_it_and_stays_on_has_accepted_it(pdu: Pdu) -> None:
    pdu.stick("a1")
    pdu.path.cut()
    assert pdu.outlets == {"a1": "on", "b1": "off"}
    assert pdu.path.look().power is Power.ON


def test_a_password_that_an_agent_repeats_is_struck_out(pdu: Pdu, tmp_path: Path) -> None:
    with pytest.raises(FenceFailed, match=r"login to fencing device with \*\*\*") as failed:
        AgentPath(pdu.device, {"password": wrong(tmp_path)}, TIMEOUT_S).look()
    assert "wrong" not in str(failed.value)


def test_an_option_that_the_agent_does_not_have_is_not_ignored(tmp_path: Path) -> None:
    """It may be the one that says which outlet."""
    need("fence_dummy", "fence-agents")
    options = {"status_file": str(tmp_path / "state")}
    for device in (
        Device("fence_dummy", {**options, "outlet": "3"}),
        Device("fence_dummy", options, ("3",)),
    ):
        with pytest.raises(FenceFailed, match="fence_dummy has no option") as failed:
            AgentPath(device, {}, TIMEOUT_S).cut()
        assert not failed.value.retry
    with pytest.raises(FenceFailed, match="no option 'password'") as failed:
        AgentPath(Device("fence_dummy", options), {"password": right(tmp_path)}, TIMEOUT_S).look()
    assert PASSWORD not in str(failed.value)


def test_an_agent_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FenceFailed, match=r"'fence_nothing' \(Debian: fence-agents\)") as failed:
        AgentPath(Device("fence_nothing", {}), {}, TIMEOUT_S).look()
    assert not failed.value.retry


@pytest.mark.parametrize("value", ['"quoted"', " spaced ", "a=b", "#", "'"])
def test_values_reach_an_agent_as_they_are(tmp_path: Path, value: str) -> None:
    need("fence_dummy", "fence-agents")
    state = tmp_path / value
    state.write_text("on")
    device = Device("fence_dummy", {"status_file": str(tmp_path / value)})
    assert AgentPath(device, {}, TIMEOUT_S).look().power is Power.ON


def test_a_bmc_that_lies_has_accepted_and_is_seen_on(tmp_path: Path) -> None:
    need("fence_redfish", "fence-agents")
    with lab_bmc(tmp_path) as lab:
        lab.bmc.fault = Fault.LIES
        path = fence_redfish_on(lab, right(tmp_path), power_timeout="1")
        path.monitor()
        path.cut()
        assert path.look().power is Power.ON


def test_a_black_hole_costs_no_more_than_the_time_out(tmp_path: Path) -> None:
    """The agent itself would wait for TCP's minutes."""
    need("fence_redfish", "fence-agents")
    clock = SystemClock()
    with black_hole() as (at, port):
        options = {"ip": at, "ipport": str(port), "username": "a", "ssl_insecure": "1"}
        path = AgentPath(Device("fence_redfish", options), {"password": right(tmp_path)}, 0.5)
        began_s = clock.monotonic()
        with pytest.raises(FenceFailed, match="fence_redfish did not answer in time") as failed:
            path.look()
    assert failed.value.retry
    assert clock.monotonic() - began_s < 4.0


def test_options_that_nobody_may_see_are_read_where_they_are_kept(tmp_path: Path) -> None:
    need("fence_dummy", "fence-agents")
    (tmp_path / "state").write_text("on")
    secret = Secret(password_file(tmp_path, str(tmp_path / "state")))
    path = AgentPath(Device("fence_dummy", {}), {"status_file": secret}, TIMEOUT_S)
    assert path.look().power is Power.ON
