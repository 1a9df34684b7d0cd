"""A BMC answers as fence agents expect it, whatever becomes of its host."""

import base64
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from tests.debian import need
from tests.lab.bench import Bench

from hostdown.lab.errors import LabError
from hostdown.lab.plan import BMC_PORT, HostPlan
from hostdown.lab.redfish import BODY_BYTES_MAX, CONNECTIONS_MAX, USER, Bmc, Fault

ROOT = Path(__file__).resolve().parents[2]
CLIENT_TIMEOUT_S = 60
HOST = HostPlan("lab1", 1, "0d2b1f0a-6a0e-4b6e-9a51-5b1f5a6c7d8e", "10.99.3.11", "10.99.3.121")
RESET = f"/redfish/v1/Systems/{HOST.uuid}/Actions/ComputerSystem.Reset"


class Switch:
    """The power of a host that is only a word; `jammed` is one that does not come up."""

    def __init__(self, jammed: bool = False) -> None:
        self.on = True
        self.pressed: list[str] = []
        self._jammed = jammed

    def power_on(self) -> None:
        if self._jammed:
            raise LabError("It does not boot.")
        self._press("on", True)

    def power_off(self) -> None:
        self._press("off", False)

    def reset(self) -> None:
        self._press("reset", True)

    def _press(self, what: str, on: bool) -> None:
        self.pressed.append(what)
        self.on = on


def press(bmc: Bmc, kind: object) -> int:
    return bmc.post(RESET, json.dumps({"ResetType": kind}).encode()).status


@pytest.mark.parametrize(
    ("kind", "pressed"),
    [("On", "on"), ("ForceOff", "off"), ("GracefulShutdown", "off"), ("ForceRestart", "reset")],
)
def test_each_reset_type_presses_the_power_button(kind: str, pressed: str) -> None:
    switch = Switch()
    bmc = Bmc(HOST, switch)
    assert press(bmc, kind) == 204
    assert switch.pressed == [pressed]
    system = bmc.get(f"/redfish/v1/Systems/{HOST.uuid}").content
    assert system is not None
    assert system["PowerState"] == ("On" if switch.on else "Off")
    assert (system["UUID"], system["SerialNumber"]) == (HOST.uuid, HOST.serial)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (RESET, b"", 400),
        (RESET, b"[]", 400),
        (RESET, b'{"ResetType": ["On"]}', 400),
        (RESET, b'{"ResetType": "Nmi"}', 400),
        (RESET, b"\xff", 400),
        ("/redfish/v1/Systems", b"{}", 405),
        ("/redfish/v1/Chassis", b"{}", 404),
    ],
)
def test_what_is_not_understood_presses_nothing(path: str, body: bytes, status: int) -> None:
    switch = Switch()
    assert Bmc(HOST, switch).post(path, body).status == status
    assert switch.pressed == []


def test_a_host_that_does_not_boot_is_told() -> None:
    assert press(Bmc(HOST, Switch(jammed=True)), "On") == 500


def test_a_bmc_that_lies_says_yes_and_does_nothing() -> None:
    switch = Switch()
    bmc = Bmc(HOST, switch)
    bmc.fault = Fault.LIES
    assert press(bmc, "ForceOff") == 204
    assert (switch.on, switch.pressed) == (True, [])


def test_a_foreign_bmc_knows_another_machine() -> None:
    bmc = Bmc(HOST, Switch())
    bmc.fault = Fault.FOREIGN
    assert bmc.uuid != HOST.uuid
    assert bmc.get(f"/redfish/v1/Systems/{HOST.uuid}").status == 404
    assert bmc.get(f"/redfish/v1/Systems/{bmc.uuid}").status == 200


# ------------------------------------------------------------------------------ over the network


@pytest.fixture
def password(lab: Bench) -> str:
    file = lab.directory / "bmc-password"
    assert file.stat().st_mode & 0o777 == 0o600
    return file.read_text().strip()


@pytest.fixture
def http(lab: Bench) -> Iterator[urllib3.HTTPSConnectionPool]:
    """The BMC of lab1, without a login; its certificate is verified."""
    with urllib3.HTTPSConnectionPool(
        lab.plan.host("lab1").bmc_address,
        BMC_PORT,
        ca_certs=str(lab.directory / "bmc.crt"),
        cert_reqs=ssl.CERT_REQUIRED,
        retries=False,
        timeout=10,
    ) as pool:
        yield pool


def login(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()}


def test_only_the_root_is_shown_without_the_password(
    http: urllib3.HTTPSConnectionPool, password: str
) -> None:
    assert http.request("GET", "/redfish/v1").status == 200
    for headers in ({}, login("wrong"), {"Authorization": "Bearer " + password}):
        assert http.request("GET", "/redfish/v1/Systems", headers=headers).status == 401
        assert http.request("POST", RESET, headers=headers, body="{}").status == 401
    found = http.request("GET", "/redfish/v1/Systems", headers=login(password))
    assert found.json()["Members@odata.count"] == 1


def test_a_body_that_is_too_long_is_refused_unread(
    http: urllib3.HTTPSConnectionPool, password: str
) -> None:
    body = b" " * (BODY_BYTES_MAX + 1)
    assert http.request("POST", RESET, headers=login(password), body=body).status == 413


def test_idle_connections_beyond_the_limit_are_closed(
    http: urllib3.HTTPSConnectionPool, lab: Bench
) -> None:
    import socket

    address = (lab.plan.host("lab2").bmc_address, BMC_PORT)
    held = [socket.create_connection(address, 10) for _ in range(CONNECTIONS_MAX)]
    try:
        with socket.create_connection(address, 10) as beyond:
            assert beyond.recv(1) == b""
        assert http.request("GET", "/redfish/v1").status == 200
    finally:
        for each in held:
            each.close()


def test_it_is_reached_when_its_host_is_cut_unless_it_is_cut_too(
    lab: Bench, http: urllib3.HTTPSConnectionPool
) -> None:
    lab.type("cut", "lab1")
    assert http.request("GET", "/redfish/v1").status == 200
    lab.type("cut", "lab1", "--bmc")
    assert lab.status()["lab1"]["Link"] == "cut, BMC cut"
    with pytest.raises(urllib3.exceptions.TimeoutError):
        http.request("GET", "/redfish/v1", timeout=0.5)
    lab.type("cut", "lab1", "--heal")
    assert http.request("GET", "/redfish/v1").status == 200


def test_a_dead_one_does_not_answer(lab: Bench, http: urllib3.HTTPSConnectionPool) -> None:
    lab.type("fault", "lab1", "dead")
    with pytest.raises(urllib3.exceptions.TimeoutError):
        http.request("GET", "/redfish/v1", timeout=0.5)
    lab.type("fault", "lab1", "none")
    assert http.request("GET", "/redfish/v1").status == 200


def fence(lab: Bench, host: HostPlan, password: str, action: str) -> int:
    program = need("fence_redfish", "fence-agents")
    options = {
        "action": action,
        "ip": host.bmc_address,
        "ipport": BMC_PORT,
        "username": USER,
        "password": password,
        "systems-uri": f"/redfish/v1/Systems/{host.uuid}",
        "ssl-insecure": 1,
        "power-wait": 0,
    }
    text = "".join(f"{name}={value}\n" for name, value in options.items())
    done = subprocess.run([program], input=text, text=True, timeout=CLIENT_TIMEOUT_S)
    return done.returncode


@pytest.mark.long
def test_debians_fence_redfish_switches_a_host(lab: Bench, password: str) -> None:
    host = lab.plan.host("lab1")
    before = lab.status()["lab1"]["Boot"]
    done = [fence(lab, host, password, each) for each in ("status", "off", "status", "on")]
    assert done == [0, 0, 2, 0]
    assert fence(lab, host, password, "reboot") == 0
    assert lab.status()["lab1"]["Boot"] == before + 2


def test_sushy_switches_a_host(lab: Bench, password: str) -> None:
    programs = Path(os.environ.get("HOSTDOWN_REDFISH", ROOT / ".venv-redfish" / "bin"))
    if not programs.is_dir():
        pytest.skip(f"{programs} is not there: 'make redfish' sets it up")
    host = lab.plan.host("lab2")
    before = lab.status()["lab2"]["Boot"]
    done = subprocess.run(
        [programs / "python", Path(__file__).with_name("sushy_script.py"), host.bmc_address],
        input=password,
        capture_output=True,
        text=True,
        timeout=CLIENT_TIMEOUT_S,
        env=os.environ | {"CERTIFICATE": str(lab.directory / "bmc.crt")},
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.split()
    assert told == [host.uuid, host.serial, "Virtual", "On", "Off", "On", "On"]
    assert lab.status()["lab2"]["Boot"] == before + 2
