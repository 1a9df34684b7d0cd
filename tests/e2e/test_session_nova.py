"""A morning with `nova`: every command a process of its own, each answer looked at."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import CLIENT_TIMEOUT_S, HOSTS, Client
from .test_nova import rows

Check = Callable[[str], bool]


def lists(column: str, *values: str) -> Check:
    """A table that has at least these values in a column."""
    return lambda printed: set(values) <= {row[column] for row in rows(printed)}


def lists_only(column: str, *values: str) -> Check:
    return lambda printed: [row[column] for row in rows(printed)] == list(values)


def tells(column: str = "Property", **facts: str) -> Check:
    """A table of names and values that has at least these."""
    value = "Value" if column == "Property" else "Limit"
    return lambda printed: (
        facts.items() <= {row[column]: row[value] for row in rows(printed)}.items()
    )


def nothing(printed: str) -> bool:
    return rows(printed) == []


def says(*words: str) -> Check:
    return lambda printed: all(word in printed for word in words)


def limits(printed: str) -> bool:
    """Two tables, of which only the second has rows."""
    cells = [[cell.strip() for cell in line.split("|")] for line in printed.splitlines()]
    return ["", "Cores", "0", "-1", ""] in cells


OLD = "--os-compute-api-version 2.52"

SESSION: tuple[tuple[str, Check], ...] = (
    ("service-list", lists("Host", "controller", *HOSTS)),
    (f"{OLD} service-disable --reason fans compute1", lists("Disabled Reason", "fans")),
    ("service-list --host compute1", lists_only("Status", "disabled")),
    (f"{OLD} service-enable compute1", lists_only("Status", "enabled")),
    ("hypervisor-list --matching compute2", lists_only("Hypervisor hostname", "compute2")),
    (f"{OLD} hypervisor-show compute1", tells(state="up", vcpus="16", service_host="compute1")),
    (f"{OLD} hypervisor-uptime compute1", tells(hypervisor_hostname="compute1", state="up")),
    (f"{OLD} hypervisor-stats", tells(running_vms="0", vcpus_used="0")),
    ("hypervisor-servers compute1", nothing),
    ("aggregate-create fast rack1", lists_only("Name", "fast")),
    ("aggregate-add-host fast compute1", lists_only("Hosts", "'compute1'")),
    ("aggregate-set-metadata fast ssd=true", says("'availability_zone=rack1', 'ssd=true'")),
    ("aggregate-update fast --name faster", lists_only("Name", "faster")),
    ("aggregate-show faster", lists_only("Availability Zone", "rack1")),
    ("availability-zone-list", says("internal", "rack1", "|- compute1", "enabled :-)")),
    ("aggregate-remove-host faster compute1", lists_only("Hosts", "")),
    ("aggregate-delete faster", says("has been successfully deleted")),
    (
        "flavor-list",
        lists_only("Name", "m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge"),
    ),
    ("flavor-show m1.small", tells(id="2", ram="2048", disk="20", extra_specs="{}")),
    (
        "flavor-create --is-public false --swap 7 --description words small s1 256 3 2",
        lists_only("Swap", "7"),
    ),
    ("flavor-key s1 set hw:numa_nodes=1 team=blue", nothing),
    ("flavor-key s1 unset team", nothing),
    ("flavor-update s1 more", lists_only("Description", "more")),
    ("flavor-access-add s1 p1", lists_only("Tenant_ID", "p1")),
    ("flavor-access-list --flavor s1", lists_only("Tenant_ID", "p1")),
    ("flavor-access-remove s1 p1", nothing),
    ("flavor-show small", tells(id="s1", extra_specs='{"hw:numa_nodes": "1"}')),
    ("flavor-delete small", nothing),
    ("limits", limits),
    ("quota-show", tells("Quota", cores="-1", instances="-1", ram="-1")),
    ("quota-class-show default", tells("Quota", cores="-1", server_groups="-1")),
    ("list --all-tenants", nothing),
    ("server-group-list", nothing),
    ("keypair-list", nothing),
    ("migration-list", nothing),
    ("usage", says("None")),
    ("usage-list", nothing),
    ("version-list", says("CURRENT", "2.104")),
)
"""What is typed, and what is seen."""


@pytest.mark.long
def test_a_session_shows_what_a_user_looks_for(stage: Stage, clients: Path) -> None:
    openrc = str(stage.directory / "openrc")
    wrong = []
    for words, check in SESSION:
        done = subprocess.run(
            ["sh", "-c", '. "$0" && exec "$@"', openrc, clients / "nova", *words.split()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CLIENT_TIMEOUT_S,
            env=stage.environment,
            check=False,
        )
        complaints = done.stderr.strip()
        if done.returncode != 0 or not check(done.stdout) or "\n" in complaints:
            wrong.append((words, done.returncode, done.stdout, complaints))
    assert wrong == []


def test_a_server_group_comes_and_goes(nova: Client) -> None:
    made = nova("server-group-create", "--rule", "max_server_per_host=2", "apart", "anti-affinity")
    (group,) = rows(made)
    assert (group["Name"], group["Policy"]) == ("apart", "anti-affinity")
    assert group["Id"] in nova("server-group-list", "--all-projects")
    assert rows(nova("server-group-get", group["Id"]))[0]["Id"] == group["Id"]
    assert "deleted" in nova("server-group-delete", group["Id"])
    assert rows(nova("server-group-list")) == []
