"""How the hosts of a lab are, for people and for scripts."""

from collections.abc import Sequence
from pathlib import Path

from hostdown.lab import network
from hostdown.lab.control import ask
from hostdown.lab.plan import BMC_PORT, must_load, names

COLUMNS = ("Host", "Power", "Address", "Agent PID", "Link", "BMC", "Boot")
LONG_COLUMNS = (*COLUMNS, "PID", "Boot ID", "System")
"""`PID` is the host's pid 1 as this machine counts, `System` its path on its BMC."""


def rows(directory: Path) -> list[Sequence[object]]:
    """One per host, in their order, with the values of LONG_COLUMNS; raises LabError."""
    plan = must_load(directory)
    found = ask(directory, "status")
    cuts = network.cuts(names(directory), plan.hosts)
    return [
        (
            host.name,
            "on" if found[host.name]["on"] else "off",
            host.address,
            found[host.name]["agent_pid"],
            str(cuts[host.name]),
            f"https://{host.bmc_address}:{BMC_PORT}",
            found[host.name]["boot"],
            found[host.name]["pid"],
            found[host.name]["boot_id"],
            f"/redfish/v1/Systems/{host.uuid}",
        )
        for host in plan.hosts
    ]
