"""When a libvirt that is connected counts as one that hangs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.agent.worker_bed import BedClock

from hostdown.domain.guest_errors import HypervisorSilent

pytest.importorskip("libvirt", reason="libvirt-python was not built: make venv says why")

from hostdown.drivers.libvirt_host import HANGS_AFTER_S, GuestKind, LibvirtHypervisor, Place


class SlowLink:
    """A connection whose answers come too late, when the test wants it so."""

    def __init__(self) -> None:
        self.slow = False
        self.reason: str | None = ""

    def call(self, work: Callable[..., object], limit_s: float | None = None) -> object:
        if self.slow or self.reason:
            raise HypervisorSilent(reason="no answer in 1.5 s")
        import libvirt

        connection = libvirt.open("test:///default")
        try:
            return work(connection)
        finally:
            connection.close()

    def lost(self) -> str | None:
        return self.reason


def test_one_late_answer_is_no_hang_and_no_answer_for_long_is(tmp_path: Path) -> None:
    link, clock = SlowLink(), BedClock()
    parts: tuple[Any, ...] = (link, None, GuestKind("test:///default", "auto"))
    hypervisor = LibvirtHypervisor(*parts, Place(tmp_path, "127.0.0.1", None), clock)
    known = hypervisor.resources()
    assert hypervisor.silence() == ""
    link.slow = True
    assert hypervisor.resources() == known
    assert hypervisor.silence() == ""
    clock.forward(HANGS_AFTER_S)
    assert hypervisor.silence() == "Connection to libvirt lost: it hangs"
    link.slow = False
    hypervisor.resources()
    assert hypervisor.silence() == ""


@pytest.mark.parametrize("reason", ["Connection to libvirt lost: it closed the connection", None])
def test_what_the_connection_says_goes_first(tmp_path: Path, reason: str | None) -> None:
    link = SlowLink()
    parts: tuple[Any, ...] = (link, None, GuestKind("test:///default", "auto"))
    hypervisor = LibvirtHypervisor(*parts, Place(tmp_path, "127.0.0.1", None), BedClock())
    link.reason = reason
    assert hypervisor.silence() == reason
