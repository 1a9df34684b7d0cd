"""Whether a BMC is of the machine that an agent runs on."""

import pytest

from hostdown.domain.machine import FIRMWARE, is_machine, machine_id

UUID = "50960220-53cf-476a-8a43-74b2dc5ec977"
KNOWN = machine_id(FIRMWARE, [UUID, "SN1"])


@pytest.mark.parametrize(
    ("uuid", "serial", "same"),
    [
        (UUID, "SN1", True),
        (UUID.upper(), "SN1", True),
        ("20029650-cf53-6a47-8a43-74b2dc5ec977", "SN1", True),  # the other byte order
        (UUID, "SN2", False),
        (UUID.replace("5", "6"), "SN1", False),
        (None, "SN1", False),
        (UUID, None, False),
        ("no uuid", "SN1", False),
    ],
)
def test_uuid_and_serial_number_make_it(uuid: str | None, serial: str | None, same: bool) -> None:
    assert is_machine(KNOWN, uuid, serial) is same


def test_an_id_of_another_source_is_of_no_firmware() -> None:
    assert not is_machine(machine_id("machine-id", [UUID, "SN1"]), UUID, "SN1")
