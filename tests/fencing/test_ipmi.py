"""What ipmitool says, and BMCs that do not answer it."""

import socket
from pathlib import Path

import pytest
from tests.debian import need
from tests.fencing.devices import UUID, right
from tests.fencing.network import black_hole, password_file

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.ipmi import Bmc, IpmiPath
from hostdown.drivers.fencing.secret import Secret
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.fence_ports import Power, Seen

TOOL = """#!/bin/sh
echo "$*" >>{place}/words
case "$*" in
*"power off") {off} ;;
*"power status") {status} ;;
*guid) {guid} ;;
esac
"""
REFUSES = "echo 'Set Chassis Power Control to Down/Off failed: {}' >&2; exit 1"
GUID = "echo 'System GUID  : {}'; echo 'GUID Encoding: SMBIOS'"


def path(place: Path, status: str, off: str = "exit 1", guid: str = "exit 1") -> IpmiPath:
    """By a program that says what ipmitool says."""
    tool = place / "ipmitool"
    tool.write_text(TOOL.format(place=place, status=status, off=off, guid=guid))
    tool.chmod(0o755)
    return IpmiPath(Bmc("192.0.2.1", "fencer"), right(place), 10.0, str(tool))


@pytest.mark.parametrize(
    ("guid", "uuid"),
    [
        (GUID.format(UUID.upper()), UUID),
        (GUID.format("00000000-0000-0000-0000-000000000000"), None),
        ("echo 'IPMI command failed: Invalid command' >&2; exit 1", None),
        ("true", None),
    ],
)
def test_a_bmc_that_can_tells_which_machine_it_is_in(
    tmp_path: Path, guid: str, uuid: str | None
) -> None:
    said = path(tmp_path, "echo 'Chassis Power is on'", guid=guid)
    assert said.look() == Seen(Power.ON, uuid, None)


def test_a_refused_power_off_is_no_error_only_of_what_is_off(tmp_path: Path) -> None:
    refuses = REFUSES.format("Command not supported in present state")
    path(tmp_path, "echo 'Chassis Power is off'", refuses).cut()
    with pytest.raises(FenceFailed, match="Command not supported in present state"):
        path(tmp_path, "echo 'Chassis Power is on'", refuses).cut()
    with pytest.raises(FenceFailed, match="does not let 'fencer' do that") as failed:
        path(tmp_path, "true", REFUSES.format("Insufficient privilege level")).cut()
    assert not failed.value.retry


@pytest.mark.parametrize(
    "said", ["true", "echo 'Chassis Power is '", "echo 'Chassis Power is offf'"]
)
def test_only_off_is_off(tmp_path: Path, said: str) -> None:
    with pytest.raises(FenceFailed):
        path(tmp_path, said).look()


def test_a_password_is_no_word_of_a_command(tmp_path: Path) -> None:
    path(tmp_path, "echo 'Chassis Power is on'", "true").look()
    words = (tmp_path / "words").read_text()
    assert "-I lanplus -N 1 -R 1 -E" in words
    assert right(tmp_path).read() not in words


def test_a_password_that_ipmi_has_no_room_for_is_told(tmp_path: Path) -> None:
    long = Secret(password_file(tmp_path, "x" * 21))
    with pytest.raises(FenceFailed, match="20 bytes at most") as failed:
        IpmiPath(Bmc("192.0.2.1", "fencer"), long, 10.0).look()
    assert not failed.value.retry
    assert "xxx" not in str(failed.value)


def test_a_black_hole_costs_no_more_than_the_time_out(tmp_path: Path) -> None:
    need("ipmitool", "ipmitool")
    clock = SystemClock()
    with black_hole(socket.SOCK_DGRAM) as (at, port):
        hole = IpmiPath(Bmc(at, "fencer", port), right(tmp_path), 0.5)
        for call in (hole.look, hole.cut):
            began_s = clock.monotonic()
            with pytest.raises(FenceFailed, match=at) as failed:
                call()
            assert failed.value.retry
            assert clock.monotonic() - began_s < 4.0
