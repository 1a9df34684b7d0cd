"""Machines of a real Nova's hosts: each with an agent that only watches, a boot id, and a BMC.

A machine is a mount namespace in which files say which one it is, and which boot. Its BMC is the
lab's; what that switches off is killed. Takes root.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from tests.fencing.network import PASSWORD, address, certificate, password_file
from tests.processes.harness import Server
from tools.nova import HOSTS, Nova

from hostdown.lab.plan import BMC_PORT, HostPlan
from hostdown.lab.redfish import USER, Bmc, BmcServer

END_S = 20.0
FENCING = """\
  - match: {name}
    levels:
      - driver: redfish
        url: https://{address}:{port}
        user: {user}
        password_file: {password}
        ca_file: {authority}
        uuid: {uuid}
        timeout: 5
"""
SEEN_AS = {
    "machine-id": "/etc/machine-id",
    "boot-id": "/proc/sys/kernel/random/boot_id",
    "uuid": "/sys/class/dmi/id/product_uuid",
    "serial": "/sys/class/dmi/id/product_serial",
}
"""Where a program finds what a file of the machine says, on machines that have such a file."""
ONE_AT_A_TIME = threading.Lock()
"""Nova's processes have one parent, which is told by lines."""


class Machine:
    """`lab.redfish.Power` of one host; it is on, and its compute service was started before."""

    def __init__(self, nova: Nova, plan: HostPlan, directory: Path, server: Server) -> None:
        self._nova = nova
        self._plan = plan
        self._directory = directory
        self._server = server
        self._agent: subprocess.Popen[bytes] | None = None
        self._computes = True
        self.on = True
        self.bmc = Bmc(plan, self)
        directory.mkdir()
        for name, text in (
            ("machine-id", plan.machine_id), ("uuid", plan.uuid), ("serial", plan.serial),
            ("agent.conf", self._configuration()),
        ):  # fmt: skip
            (directory / name).write_text(f"{text}\n")

    def _configuration(self) -> str:
        secret = self._server.directory / "state" / "enrolment-secret"
        return (
            f"[DEFAULT]\nhost = {self._plan.name}\nstate_path = {self._directory}\n"
            f"[agent]\nhypervisor = none\nserver_url = {self._server.url}\n"
            f"enrolment_secret_file = {secret}\n"
        )

    def power_on(self) -> None:
        """It boots: its agent first, then its compute service (docs/howto/beside-nova.md)."""
        with ONE_AT_A_TIME:
            self.on = True
            self._start_agent()
            if not self._computes:
                self._nova.start_host(self._plan.name)
            self._computes = True

    def power_off(self) -> None:
        with ONE_AT_A_TIME:
            self.on = False
            self._kill()

    def reset(self) -> None:
        self.power_off()
        self.power_on()

    def crash(self) -> None:
        """Nothing runs there any more, and it is not off."""
        with ONE_AT_A_TIME:
            self._kill()

    def serve(self) -> None:
        """Its compute service runs, whatever else does."""
        with ONE_AT_A_TIME:
            if not self._computes:
                self._nova.start_host(self._plan.name)
            self._computes = True

    def end(self) -> None:
        """Its compute service is the Nova's, and goes on."""
        if self._agent is not None:
            self._agent.kill()
            self._agent.wait(END_S)

    def _start_agent(self) -> None:
        (self._directory / "boot-id").write_text(f"{uuid4()}\n")
        binds = [
            f"mount --bind {self._directory / name} {path}"
            for name, path in SEEN_AS.items()
            if os.path.exists(path)
        ]
        agent = f"exec {sys.executable} -m hostdown agent --config-file agent.conf"
        with (self._directory / "agent.log").open("ab") as log:
            self._agent = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount",
                 "sh", "-ec", " && ".join([*binds, agent])],
                cwd=self._directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _kill(self) -> None:
        self.end()
        self._agent = None
        if self._computes:
            self._nova.kill_host(self._plan.name)
        self._computes = False


@contextmanager
def machines(nova: Nova, server: Server, fencing: Path) -> Iterator[dict[str, Machine]]:
    """Those of all hosts, on and watched; `fencing`: the file that says how they are fenced."""
    if os.geteuid() != 0:
        pytest.skip("machines with boot ids of their own take root")
    directory = fencing.parent
    password = password_file(directory)
    rules, made = [], {}
    with ExitStack() as stack:
        for number, name in enumerate(HOSTS, 1):
            plan = HostPlan(name, number, str(uuid4()), "127.0.0.1", address())
            authority, certificate_and_key = certificate(directory, plan.bmc_address)
            machine = made[name] = Machine(nova, plan, directory / name, server)
            stack.callback(machine.end)
            bmc = BmcServer(plan, machine.bmc, PASSWORD, certificate_and_key)
            bmc.start()
            stack.callback(bmc.close)
            machine.power_on()
            facts = {"password": password, "authority": authority, "port": BMC_PORT, "user": USER}
            rules.append(
                FENCING.format(name=name, address=plan.bmc_address, uuid=plan.uuid, **facts)
            )
        fencing.write_text("hosts:\n" + "".join(rules))
        yield made
