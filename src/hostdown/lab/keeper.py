"""`python -m hostdown.lab.keeper DIRECTORY`: the process that a lab hangs on.

It has the hosts' power cords, serves their BMCs, runs the lab's own server and does what the
commands ask. When it ends, however it ends, the hosts lose their power and the server stops.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hostdown.lab.control import ControlServer
from hostdown.lab.errors import LabError
from hostdown.lab.fencing import write_fencing
from hostdown.lab.files import secret
from hostdown.lab.machine import Machine
from hostdown.lab.plan import SERVER_PORT, HostPlan, Plan, must_load, names
from hostdown.lab.programs import environment, run
from hostdown.lab.redfish import Bmc, BmcServer, Fault

SERVER_STOP_S = 15.0
"""What the lab's own server gets to stop before it is killed."""

_SERVER = """\
[DEFAULT]
host = controller
state_path = {directory}
report_interval = {interval:g}
service_down_time = {down_time:g}
cpu_allocation_ratio = 100
[server]
bind_host = {address}
bind_port = {port}
insecure = true
[agent]
enrolment_secret_file = {secret}
[fencing]
file = {fencing}
[recovery]
enabled = {recover}
"""


class Keeper:
    """Everything of a lab that runs."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stop = threading.Event()
        called = names(plan.directory)
        self._machines = {host.name: Machine(plan, host, called) for host in plan.hosts}
        self._bmcs = {h.name: Bmc(h, self._machines[h.name]) for h in plan.hosts}
        self._server: subprocess.Popen[bytes] | None = None
        self._wanted = threading.Event()

    def run(self) -> None:
        """Until `stop`."""
        directory = self._plan.directory
        password = secret(directory / "bmc-password")
        certificate = bmc_certificate(directory / "bmc.pem", self._plan.hosts)
        if self._plan.own_server:
            self._serve()
        control = ControlServer(directory, self._do)
        threading.Thread(target=control.serve_forever, name="control", daemon=True).start()
        bmcs = [BmcServer(h, self._bmcs[h.name], password, certificate) for h in self._plan.hosts]
        for bmc in bmcs:
            bmc.start()
        try:
            self._wait()
        finally:
            for machine in self._machines.values():
                with contextlib.suppress(LabError):
                    machine.power_off()
            for bmc in bmcs:
                bmc.close()
            self._end_server()
            control.server_close()

    def stop(self) -> None:
        """Safe in a signal handler: only the main thread waits for it, without a lock."""
        self._stop.set()

    def _wait(self) -> None:
        while not self._stop.wait(SIGNAL_LOOK_S):
            if self._wanted.is_set():
                self._wanted.clear()
                self._serve()

    def _do(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        match order["do"]:
            case "status":
                return {name: m.condition()._asdict() for name, m in self._machines.items()}
            case "serve":
                self._wanted.set()
            case "power-on":
                self._machine(order).power_on()
            case "power-off":
                self._machine(order).power_off()
            case "fault":
                self._bmcs[self._machine(order).host.name].fault = Fault(order["fault"])
            case "stop":
                self.stop()
            case other:
                raise LabError(f"The keeper does not know how to '{other}'.")
        return {}

    def _machine(self, order: Mapping[str, Any]) -> Machine:
        return self._machines[self._plan.host(order["host"]).name]

    def _serve(self) -> None:
        """Start the lab's own server, unless it runs.

        By the main thread: the server ends with the thread that started it.
        """
        if self._server is not None and self._server.poll() is None:
            return
        directory = self._plan.directory / "server"
        directory.mkdir(mode=0o700, exist_ok=True)
        config = directory / "hostdown.conf"
        config.write_text(
            _SERVER.format(
                directory=directory,
                interval=self._plan.report_interval_s,
                down_time=self._plan.service_down_time_s,
                address=self._plan.gateway,
                port=SERVER_PORT,
                secret=self._plan.secret_file,
                fencing=write_fencing(self._plan),
                recover=str(self._plan.recover).lower(),
            )
        )
        program = [sys.executable, "-m", "hostdown", "serve", "--config-file", str(config)]
        with (directory / "log").open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - our own program
                ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *program],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                cwd=directory,
                start_new_session=True,
            )

    def _end_server(self) -> None:
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(SERVER_STOP_S)
        except subprocess.TimeoutExpired:
            self._server.kill()


SIGNAL_LOOK_S = 0.5
"""How late the keeper may see a signal that another thread was given."""


def bmc_certificate(file: Path, hosts: Iterable[HostPlan]) -> Path:
    """Of all BMCs: key and certificate in one file, good for their addresses and no others."""
    if not file.exists():
        key = file.with_suffix(".key")
        addresses = ",".join(f"IP:{host.bmc_address}" for host in hosts)
        made = run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "3650", "-subj", "/CN=hostdown lab BMC", "-keyout", str(key)),
            *("-addext", f"subjectAltName={addresses}"),
        )
        file.with_suffix(".crt").write_text(made)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(key.read_text() + made)
        key.unlink()
    return file


def main() -> None:
    """Keep the lab of this directory."""
    keeper = Keeper(must_load(Path(sys.argv[1])))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: keeper.stop())
    keeper.run()


if __name__ == "__main__":
    main()
