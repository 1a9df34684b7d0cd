"""What a lab consists of: decided once by `lab up`, kept in a file, never changed after.

Names of what the lab makes outside its state directory follow from that directory's path alone, so
that they are known even where the file is lost.
"""

import hashlib
import json
import os
import uuid
from ipaddress import IPv4Network
from pathlib import Path
from typing import NamedTuple

from hostdown.lab.errors import LabError, NoLab

HOSTS_MAX = 100
"""Hosts of one lab: what fits into the last byte of an address, with a BMC for each."""

_FIRST_HOST = 11
_FIRST_BMC = 121
BMC_PORT = 8443
"""Where each BMC listens, on an address of its own."""
SERVER_PORT = 8774
"""Where the lab's own server listens: the Compute API's port."""

BRIDGES = "hdlab"
"""How the names of all labs' bridges begin."""

POOL = Path("/run/hostdown/instances")
"""Where each host sees the shared directory of instances."""
WATCHDOG = Path("/run/hostdown/watchdog")
"""The socket of a host's watchdog, as the host sees it."""
GUESTS_BRIDGE = "guests"
"""The bridge inside a host that its guests are on. Nothing else is: no address, no way out."""

LIBVIRT_URI = "qemu:///system"
"""How a host's agent reaches the host's own libvirt."""


class HostPlan(NamedTuple):
    """One virtual host; `uuid` is its firmware's, by which its BMC knows it."""

    name: str
    number: int
    uuid: str
    address: str
    bmc_address: str

    @property
    def machine_id(self) -> str:
        """The content of its /etc/machine-id."""
        return self.uuid.replace("-", "")

    @property
    def mac(self) -> str:
        """Of its link: the same at each boot."""
        return _mac(self.machine_id)

    @property
    def serial(self) -> str:
        """The firmware's serial number."""
        return f"LAB-{self.machine_id[:12].upper()}"


class Plan(NamedTuple):
    """One lab. `server_url` is the server that the agents report to, or several with commas between
    them; `own_server`: the lab's own.

    Intervals in seconds are those of the own server and of the agents.
    """

    directory: Path
    subnet: str
    hosts: tuple[HostPlan, ...]
    server_url: str
    own_server: bool
    secret_file: str
    ca_file: str | None
    hypervisor: str
    kvm: bool
    report_interval_s: float
    service_down_time_s: float
    recover: bool = False
    """Whether the own server fences hosts that fall silent and brings their servers back."""
    watchdog: bool = False
    """Whether hosts arm their watchdogs: one that reaches neither server nor pool is reset."""

    @property
    def gateway(self) -> str:
        """The address of this machine in the lab."""
        return str(IPv4Network(self.subnet)[1])

    def host(self, name: str) -> HostPlan:
        """Raises NoLab if there is no such host."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise NoLab(f"The lab in {self.directory} has no host '{name}'; 'hostdown lab status'.")


class Names(NamedTuple):
    """What the lab of one state directory is called outside of it; interfaces have 15 letters."""

    bridge: str
    table: str
    mac: str
    """The bridge's. Without one it would be that of a link, and change as hosts come and go."""

    def veth(self, number: int) -> str:
        """The bridge's end of a host's link."""
        return f"{self.bridge}-{number}"


def names(directory: Path) -> Names:
    """By the directory's real path."""
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()
    tag = digest[:6]
    return Names(bridge=f"{BRIDGES}{tag}", table=f"hostdown_lab_{tag}", mac=_mac(digest))


def _mac(digits: str) -> str:
    """An address of the range that anybody may use."""
    return ":".join(["02", *(digits[start : start + 2] for start in range(0, 10, 2))])


def hosts_in(subnet: str, prefix: str, count: int) -> tuple[HostPlan, ...]:
    """`count` hosts with new firmware; raises LabError."""
    if not 1 <= count <= HOSTS_MAX:
        raise LabError(f"A lab has 1 to {HOSTS_MAX} hosts, not {count}.")
    try:
        network = IPv4Network(subnet)
    except ValueError as error:
        raise LabError(f"'{subnet}' is not a subnet: {error}.") from error
    if network.prefixlen != 24:
        raise LabError(f"The subnet of a lab has a /24, as in 10.99.7.0/24; {subnet} has not.")
    return tuple(
        HostPlan(
            name=f"{prefix}{number}",
            number=number,
            uuid=str(uuid.uuid4()),
            address=str(network[_FIRST_HOST + number - 1]),
            bmc_address=str(network[_FIRST_BMC + number - 1]),
        )
        for number in range(1, count + 1)
    )


def save(plan: Plan) -> None:
    """Whole or not at all."""
    fields = plan._asdict() | {
        "directory": str(plan.directory),
        "hosts": [host._asdict() for host in plan.hosts],
    }
    temporary = plan.directory / "lab.json.new"
    temporary.write_text(json.dumps(fields, indent=1) + "\n")
    os.replace(temporary, plan.directory / "lab.json")


def load(directory: Path) -> Plan | None:
    """The plan of the lab in this directory; None if there is none. Raises LabError."""
    file = directory / "lab.json"
    try:
        fields = json.loads(file.read_bytes())
        hosts = tuple(HostPlan(**each) for each in fields["hosts"])
        return Plan(**fields | {"directory": directory, "hosts": hosts})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise LabError(
            f"{file} cannot be read as a lab ({error}); 'hostdown lab down' removes it."
        ) from error


def must_load(directory: Path) -> Plan:
    """As `load`; raises NoLab if there is none."""
    plan = load(directory)
    if plan is None:
        raise NoLab(f"There is no lab in {directory}; 'hostdown lab up' makes one.")
    return plan
