"""Devices that each fence one machine: the fake one, and all real ones that can be run here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import urllib3
from tests.debian import need
from tests.fencing import network
from tests.fencing.network import PASSWORD, ROOT, bmcs_python, certificate, password_file
from tests.processes.harness import until

from hostdown.drivers.fencing.fake import FakeFault, FakeFencePath
from hostdown.drivers.fencing.fence_agent import AgentPath, Device
from hostdown.drivers.fencing.ipmi import Bmc as IpmiBmc
from hostdown.drivers.fencing.ipmi import IpmiPath
from hostdown.drivers.fencing.redfish import RedfishPath, Service
from hostdown.drivers.fencing.secret import Secret
from hostdown.lab.plan import BMC_PORT, HostPlan
from hostdown.lab.redfish import USER, Bmc, BmcServer
from hostdown.services.fence_ports import FencePath, Identity

UUID = "0d2b1f0a-6a0e-4b6e-9a51-5b1f5a6c7d8e"
OTHER_UUID = "1d2b1f0a-6a0e-4b6e-9a51-5b1f5a6c7d8e"
NOBODY = Identity(None, None)
TIMEOUT_S = 20.0


class Switch:
    """The power of a machine that is only a word."""

    def __init__(self) -> None:
        self.on = True
        self.pressed: list[str] = []

    def power_on(self) -> None:
        self.on = True

    def power_off(self) -> None:
        self.pressed.append("off")
        self.on = False

    def reset(self) -> None:
        self.pressed.append("reset")


class Fenced(NamedTuple):
    """A path to one machine that is on, what it tells of it, and the same with a wrong password."""

    path: FencePath
    identity: Identity
    mistaken: FencePath | None


class LabBmc(NamedTuple):
    """A BMC of the lab, and where it is."""

    bmc: Bmc
    switch: Switch
    url: str
    ca_file: Path
    address: str

    def path(self, secret: Secret, timeout_s: float = TIMEOUT_S) -> RedfishPath:
        return RedfishPath(Service(self.url, USER, ca_file=self.ca_file), secret, timeout_s)


@contextmanager
def lab_bmc(place: Path) -> Iterator[LabBmc]:
    at = network.address()
    plan, switch = HostPlan("lab1", 1, UUID, at, at), Switch()
    bmc = Bmc(plan, switch)
    crt, both = certificate(place, at)
    server = BmcServer(plan, bmc, PASSWORD, both)
    server.start()
    try:
        yield LabBmc(bmc, switch, f"https://{at}:{BMC_PORT}", crt, at)
    finally:
        server.close()


def right(place: Path) -> Secret:
    return Secret(password_file(place))


def wrong(place: Path) -> Secret:
    return Secret(password_file(place, "wrong"))


@contextmanager
def fake(place: Path) -> Iterator[Fenced]:
    identity = Identity(UUID, "LAB-1")
    mistaken = FakeFencePath(Switch(), identity, lambda _: None)
    mistaken.fault = FakeFault.REFUSES
    yield Fenced(FakeFencePath(Switch(), identity, lambda _: None), identity, mistaken)


@contextmanager
def redfish_of_the_lab(place: Path) -> Iterator[Fenced]:
    with lab_bmc(place) as lab:
        identity = Identity(UUID, "LAB-0D2B1F0A6A0E")
        yield Fenced(lab.path(right(place)), identity, lab.path(wrong(place)))


EMULATED = f"""
SUSHY_EMULATOR_LISTEN_IP = {{at!r}}
SUSHY_EMULATOR_LISTEN_PORT = 8000
SUSHY_EMULATOR_SSL_CERT = {{both!r}}
SUSHY_EMULATOR_SSL_KEY = {{both!r}}
SUSHY_EMULATOR_STATE_DIR = {{state!r}}
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_FAKE_SYSTEMS = [
    {{{{"uuid": each, "name": each[:1], "power_state": "On", "nics": []}}}}
    for each in ({UUID!r}, {OTHER_UUID!r})
]
"""


@contextmanager
def emulator(place: Path) -> Iterator[tuple[str, Path]]:
    """sushy-tools' with two systems: its URL, and the file of its authority."""
    python, at = bmcs_python(), network.address()
    crt, both = certificate(place, at)
    config = place / "emulator.conf"
    config.write_text(EMULATED.format(at=at, both=str(both), state=str(place)))
    url = f"https://{at}:8000"
    script = str(ROOT / "tests" / "fencing" / "emulator.py")
    with (
        network.program([python, script, str(config)], place / "emulator.log"),
        urllib3.PoolManager(ca_certs=str(crt)) as http,
    ):

        def answers() -> bool:
            try:
                return http.request("GET", f"{url}/redfish/v1", retries=False).status == 200
            except urllib3.exceptions.HTTPError:
                return False

        until(answers, 30)
        yield url, crt


@contextmanager
def redfish_of_sushy_tools(place: Path) -> Iterator[Fenced]:
    with emulator(place) as (url, crt):
        service = Service(url, USER, ca_file=crt, system=UUID)
        path = RedfishPath(service, right(place), TIMEOUT_S)
        yield Fenced(path, Identity(UUID, None), None)


@contextmanager
def ipmi_of_virtualbmc(place: Path) -> Iterator[Fenced]:
    need("ipmitool", "ipmitool")
    python, at = bmcs_python(), network.address()
    script = str(ROOT / "tests" / "fencing" / "virtual_bmc.py")
    words, log = [python, script, at, "6230", USER], place / "virtual_bmc.log"
    with network.program(words, log, PASSWORD) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n", log.read_text()
        bmc = IpmiBmc(at, USER, 6230)
        mistaken = IpmiPath(bmc, wrong(place), TIMEOUT_S)
        yield Fenced(IpmiPath(bmc, right(place), TIMEOUT_S), NOBODY, mistaken)


@contextmanager
def fence_dummy(place: Path) -> Iterator[Fenced]:
    need("fence_dummy", "fence-agents")
    state = place / "dummy"
    state.write_text("on")
    yield Fenced(
        AgentPath(Device("fence_dummy", {"status_file": str(state)}), {}, TIMEOUT_S), NOBODY, None
    )


def fence_redfish_on(lab: LabBmc, secret: Secret, **more: str) -> AgentPath:
    options = {
        "ip": lab.address,
        "ipport": str(BMC_PORT),
        "username": USER,
        "systems_uri": f"/redfish/v1/Systems/{UUID}",
        "ssl_insecure": "1",
        **more,
    }
    return AgentPath(Device("fence_redfish", options), {"password": secret}, TIMEOUT_S)


@contextmanager
def fence_redfish(place: Path) -> Iterator[Fenced]:
    need("fence_redfish", "fence-agents")
    with lab_bmc(place) as lab:
        yield Fenced(fence_redfish_on(lab, right(place)), NOBODY, None)
