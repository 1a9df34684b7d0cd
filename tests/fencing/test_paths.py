"""Redfish through its own process, and what others on this machine could see of any driver."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.debian import need
from tests.fencing import network
from tests.fencing.devices import UUID, LabBmc, lab_bmc, right
from tests.fencing.network import PASSWORD, black_hole
from tests.fencing.odd_bmc import SYSTEM, drips, odd_bmc
from tests.processes.harness import until

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing import redfish
from hostdown.drivers.fencing.bounded_program import MARK
from hostdown.drivers.fencing.fence_agent import AgentPath, Device
from hostdown.drivers.fencing.fencing_file import FencingFile
from hostdown.drivers.fencing.ipmi import Bmc, IpmiPath
from hostdown.drivers.fencing.redfish import RedfishPath, Service
from hostdown.drivers.system_clock import SystemClock
from hostdown.lab.redfish import USER, Fault
from hostdown.services.fence_ports import FencePath, Power

LATE_S = 2.0
HARDLY_LATER_S = 3.0
"""Of a busy machine."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[LabBmc]:
    pytest.importorskip("sushy", reason="sushy is not installed")
    with lab_bmc(tmp_path) as started:
        yield started


def test_a_bmc_that_lies_accepts_and_is_seen_on(lab: LabBmc, tmp_path: Path) -> None:
    path = lab.path(right(tmp_path))
    lab.bmc.fault = Fault.LIES
    path.cut()
    assert path.look().power is Power.ON
    assert lab.switch.pressed == []


def test_a_level_of_the_file_is_looked_at(lab: LabBmc, tmp_path: Path) -> None:
    level = {
        "driver": "redfish", "url": lab.url, "user": USER, "ca_file": lab.ca_file.name,
        "password_file": str(network.password_file(tmp_path)), "system": UUID,
    }  # fmt: skip
    file = tmp_path / "fencing.yaml"
    file.write_text(json.dumps({"hosts": [{"match": "lab*", "levels": [level]}]}))
    [only] = FencingFile(file).of("lab1")
    assert only.path is not None
    assert only.path.look().uuid == UUID


def test_a_foreign_bmc_is_known_by_what_it_is_cabled_to(lab: LabBmc, tmp_path: Path) -> None:
    lab.bmc.fault = Fault.FOREIGN
    assert lab.path(right(tmp_path)).look().uuid not in (None, UUID)


def late(path: FencePath) -> FenceFailed:
    """How it fails, after its time and hardly later."""
    clock = SystemClock()
    began_s = clock.monotonic()
    with pytest.raises(FenceFailed, match="did not answer in time") as failed:
        path.look()
    assert failed.value.retry
    assert path.timeout_s <= clock.monotonic() - began_s < path.timeout_s + HARDLY_LATER_S
    return failed.value


def test_bmcs_that_never_end_cost_no_more_than_the_time_out(lab: LabBmc, tmp_path: Path) -> None:
    """All at once, for each takes all of its time."""
    lab.bmc.fault = Fault.DEAD
    dead = lab.path(right(tmp_path), LATE_S)
    with odd_bmc(tmp_path) as slow, black_hole() as (at, port):
        slow.answers[SYSTEM] = drips
        hole, dripping = (
            RedfishPath(Service(url, "fencer", verify=False), right(tmp_path), LATE_S)
            for url in (f"https://{at}:{port}", slow.url)
        )
        failed: list[FenceFailed] = []
        threads = [
            threading.Thread(target=lambda path=path: failed.append(late(path)))
            for path in (dead, hole, dripping)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(LATE_S + 5)
    assert len(failed) == 3


def test_without_sushy_one_is_told_what_to_install() -> None:
    program = Path(redfish.__file__).with_name("redfish_program.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", program], input="{}", capture_output=True, text=True
    )
    assert "pip install 'hostdown[redfish]'" in done.stdout
    assert done.returncode == 0


def test_a_program_that_breaks_down_is_told_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import sys; sys.exit('Traceback: ' + sys.stdin.readline()[:200])")
    monkeypatch.setattr(redfish, "_PROGRAM", broken)
    path = RedfishPath(Service("https://192.0.2.1", "fencer"), right(tmp_path), 10.0)
    with pytest.raises(FenceFailed, match="broke down") as failed:
        path.look()
    assert "fencer" in failed.value.message
    assert PASSWORD not in failed.value.message


# ---------------------------------------------------------------------------- what others can see


class Process:
    """What /proc shows of one process of ours."""

    def __init__(self, place: Path) -> None:
        self.words = (place / "cmdline").read_bytes()
        self.variables = (place / "environ").read_bytes()


def processes(name: str) -> list[Process]:
    """Those that a driver started to run this program."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            process = Process(place)
        except OSError:
            continue
        if MARK.encode() in process.variables and name.encode() in process.words:
            found.append(process)
    return found


@contextmanager
def looking(path: FencePath) -> Iterator[None]:
    """While a device does not answer."""

    def look() -> None:
        with pytest.raises(FenceFailed):
            path.look()

    thread = threading.Thread(target=look)
    thread.start()
    yield
    thread.join(path.timeout_s + 5)


def test_no_password_is_seen_in_a_process_list(tmp_path: Path) -> None:
    """ipmitool takes it in its environment, which its user and root can read."""
    need("fence_redfish", "fence-agents")
    need("ipmitool", "ipmitool")
    secret = right(tmp_path)
    with ExitStack() as stack:
        at, port = stack.enter_context(black_hole())
        ipmi_at, ipmi_port = stack.enter_context(black_hole(socket.SOCK_DGRAM))
        options = {"ip": at, "ipport": str(port), "username": "a", "ssl_insecure": "1"}
        service = Service(f"https://{at}:{port}", "a", verify=False)
        for path in (
            RedfishPath(service, secret, LATE_S),
            AgentPath(Device("fence_redfish", options), {"password": secret}, LATE_S),
            IpmiPath(Bmc(ipmi_at, "a", ipmi_port), secret, LATE_S),
        ):
            stack.enter_context(looking(path))
        for driver in ("redfish_program", "fence_redfish", "ipmitool"):
            until(lambda name=driver: processes(name), LATE_S)
            for process in processes(driver):
                assert PASSWORD.encode() not in process.words
                assert (PASSWORD.encode() in process.variables) is (driver == "ipmitool")


def test_no_password_is_in_a_repr(tmp_path: Path) -> None:
    secret = right(tmp_path)
    for each in (
        secret,
        RedfishPath(Service("https://192.0.2.1", "a"), secret, 1.0),
        IpmiPath(Bmc("192.0.2.1", "a"), secret, 1.0),
        AgentPath(Device("fence_apc", {}), {"password": secret}, 1.0),
    ):
        assert str(network.password_file(tmp_path)) in repr(each)
        assert PASSWORD not in repr(each)
