"""`python -m benchmarks.bmcs DIRECTORY NAME...`: the BMCs of simulated hosts, all in one process.

Each listens on a loopback address of its own, over HTTPS, with a password; a power-off takes
effect after a second. The directory gets the server's fencing file. A line on standard input asks
for one on standard output: which hosts were switched off, and when.
"""

import json
import os
import secrets
import selectors
import sys
import threading
from pathlib import Path
from uuid import uuid4

from hostdown.drivers.system_clock import SystemClock
from hostdown.lab.keeper import bmc_certificate
from hostdown.lab.plan import BMC_PORT, HostPlan
from hostdown.lab.redfish import USER, Bmc, BmcServer

OFF_AFTER_S = 1.0
"""From the power-off to the first Off that is read."""

_RULE = """\
- match: {name}
  levels:
  - driver: redfish
    url: https://{address}:{port}
    user: {user}
    password_file: bmc-password
    ca_file: bmc.crt
    uuid: {uuid}
"""


class Switch:
    """`lab.redfish.Power` of a host that is only a word."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.offs: list[str] = []
        self._off_at: float | None = None

    @property
    def on(self) -> bool:
        return self._off_at is None or self._clock.monotonic() < self._off_at

    def power_on(self) -> None:
        self._off_at = None

    def power_off(self) -> None:
        self.offs.append(self._clock.now().isoformat())
        if self.on:
            self._off_at = self._clock.monotonic() + OFF_AFTER_S

    def reset(self) -> None:
        self.power_off()
        self.power_on()


def plans(names: list[str]) -> list[HostPlan]:
    """Addresses of one run, most likely of no other one."""
    net = 2 + secrets.randbelow(250)
    return [
        HostPlan(name, number, str(uuid4()), "", f"127.{net}.{number // 250}.{number % 250 + 1}")
        for number, name in enumerate(names)
    ]


def write_fencing(directory: Path, hosts: list[HostPlan]) -> None:
    """How each of them is fenced."""
    rules = (
        _RULE.format(
            name=each.name, address=each.bmc_address, port=BMC_PORT, user=USER, uuid=each.uuid
        )
        for each in hosts
    )
    (directory / "fencing.yaml").write_text("hosts:\n" + "".join(rules))


def main() -> None:
    """Until standard input ends."""
    directory, hosts = Path(sys.argv[1]), plans(sys.argv[2:])
    password = secrets.token_urlsafe(12)
    file = os.open(directory / "bmc-password", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(file, "w") as out:
        out.write(password)
    certificate = bmc_certificate(directory / "bmc.pem", hosts)
    switches = {host.name: Switch() for host in hosts}
    selector = selectors.DefaultSelector()
    for host in hosts:
        server = BmcServer(host, Bmc(host, switches[host.name]), password, certificate)
        selector.register(server, selectors.EVENT_READ, server)
    write_fencing(directory, hosts)
    threading.Thread(target=_serve, args=(selector,), daemon=True).start()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps({n: each.offs for n, each in switches.items() if each.offs}), flush=True)


def _serve(selector: selectors.BaseSelector) -> None:
    while True:
        for key, _ in selector.select():
            key.data.handle_request()


if __name__ == "__main__":
    main()
