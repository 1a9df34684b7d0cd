"""A morning with `openstack`: one process, every command typed into it, each answer looked at."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import CLIENT_TIMEOUT_S, HOSTS

Check = Callable[[Any], bool]
Row = dict[str, Any]


def lists(column: str, *values: object) -> Check:
    """A list that has at least these values in a column."""
    return lambda rows: set(values) <= {row[column] for row in rows}


def lists_only(column: str, *values: object) -> Check:
    return lambda rows: [row[column] for row in rows] == list(values)


def lacks(column: str, value: object) -> Check:
    return lambda rows: value not in {row[column] for row in rows}


def shows(**facts: object) -> Check:
    """One thing, or a list of one, with at least these facts; `__` in a name stands for a blank."""
    wanted = {name.replace("__", " "): value for name, value in facts.items()}

    def check(said: Any) -> bool:  # noqa: ANN401 - JSON
        record: Row = said[0] if isinstance(said, list) else said
        return wanted.items() <= record.items()

    return check


def nothing(said: object) -> bool:
    return said == []


def limits(rows: list[Row]) -> bool:
    known = {row["Name"]: row["Value"] for row in rows}
    return (known["max_total_cores"], known["total_cores_used"]) == (-1, 0)


SESSION: tuple[tuple[str, Check | None], ...] = (
    ("token issue", lambda token: len(token["id"]) > 100),
    ("catalog list", lists_only("Type", "compute", "identity", "image", "alarming")),
    ("endpoint list --service compute", lists("Interface", "public", "internal", "admin")),
    ("user list", lists("Name", "admin")),
    ("project list", lists("Name", "admin")),
    ("role list", lists("Name", "admin", "member", "reader")),
    ("versions show --service compute", lists("Max Microversion", "2.104")),
    ("compute service list", lists("Host", "controller", *HOSTS)),
    ("compute service set --disable --disable-reason fans compute1 nova-compute", None),
    (
        "compute service list --long --host compute1",
        shows(Status="disabled", State="up", Disabled__Reason="fans", Forced__Down=False),
    ),
    ("compute service set --enable compute1 nova-compute", None),
    ("hypervisor list", lists("Hypervisor Hostname", *HOSTS)),
    ("hypervisor show compute1", shows(state="up", status="enabled", service_host="compute1")),
    ("hypervisor stats show", lambda total: total["count"] >= 3 and total["vcpus"] >= 48),
    ("aggregate create --zone rack1 --property ssd=true fast", shows(name="fast")),
    ("aggregate add host fast compute1", shows(hosts=["compute1"], availability_zone="rack1")),
    ("aggregate set --property gpu=1 fast", None),
    ("aggregate unset --property ssd fast", None),
    ("aggregate show fast", shows(properties={"gpu": "1"}, hosts=["compute1"])),
    ("aggregate list --long", lists("Availability Zone", "rack1")),
    ("availability zone list --compute", lists("Zone Name", "internal", "nova", "rack1")),
    ("host list --zone rack1", lists_only("Host Name", "compute1")),
    ("host show compute1", lists("Project", "(total)", "(used_now)", "(used_max)")),
    ("host set --enable-maintenance compute1", None),
    (
        "compute service list --long --host compute1",
        shows(Status="disabled", Disabled__Reason="maintenance"),
    ),
    ("host set --enable --disable-maintenance compute1", None),
    ("compute service list --host compute1", shows(Status="enabled", State="up")),
    ("aggregate remove host fast compute1", shows(hosts=[])),
    ("aggregate delete fast", None),
    ("aggregate list", lacks("Name", "fast")),
    ("availability zone list", lacks("Zone Name", "rack1")),
    ("flavor list", lists_only("ID", "1", "2", "3", "4", "5")),
    ("flavor list --all --limit 2 --marker 3", lists("Name", "m1.large", "m1.xlarge")),
    ("flavor list --min-ram 8192", lists_only("Name", "m1.large", "m1.xlarge")),
    ("flavor show m1.small", shows(id="2", ram=2048, disk=20, vcpus=1, swap=0, properties={})),
    (
        "flavor create small --id s1 --ram 256 --disk 3 --vcpus 2 --private --description words "
        "--property hw:numa_nodes=1",
        shows(id="s1", ram=256, vcpus=2, properties={"hw:numa_nodes": "1"}, description="words"),
    ),
    ("flavor list", lacks("ID", "s1")),
    ("flavor list --private", lists_only("ID", "s1")),
    ("flavor set --property team=blue --description more --project admin small", None),
    ("flavor unset --property hw:numa_nodes s1", None),
    (
        "flavor show small",
        lambda flavor: (
            flavor["properties"] == {"team": "blue"}
            and flavor["description"] == "more"
            and len(flavor["access_project_ids"]) == 1
        ),
    ),
    ("flavor unset --project admin small", None),
    ("flavor show small", shows(access_project_ids=[])),
    ("flavor delete small", None),
    ("flavor list --all", lacks("ID", "s1")),
    (
        "server group create --policy anti-affinity --rule max_server_per_host=2 apart",
        shows(name="apart", policy="anti-affinity", members=[]),
    ),
    ("server group create --policy soft-affinity near", shows(policy="soft-affinity")),
    ("server group list --long", lists("Policy", "anti-affinity", "soft-affinity")),
    ("server group list --all-projects", lists_only("Name", "apart", "near")),
    ("server group show apart", shows(name="apart", rules={"max_server_per_host": 2})),
    ("server group delete apart near", None),
    ("limits show --absolute", limits),
    ("quota show", lambda rows: {"Resource": "cores", "Limit": -1} in rows),
    ("quota show --usage", lambda rows: rows[0].items() >= {"In Use": 0, "Limit": -1}.items()),
    ("extension list --compute", lists("Alias", "os-services", "os-aggregates", "os-hosts")),
    ("server list --all-projects", nothing),
    ("server list --host compute1 --status ERROR", nothing),
    ("server group list", nothing),
    ("server migration list", nothing),
    ("image list", nothing),
    ("keypair list", nothing),
    ("usage list", nothing),
    ("usage show", shows(Servers=None)),
)
"""What is typed, and what is seen; a command with None says nothing."""

MISSING = (
    ("server show nosuch", "No Server found for nosuch"),
    ("image show nosuch", "No Image found for nosuch"),
    ("flavor show nosuch", "No Flavor found for nosuch"),
    ("keypair show nosuch", "No Keypair found for nosuch"),
    ("hypervisor show nosuch", "No Hypervisor found for nosuch"),
    ("aggregate show nosuch", "No Aggregate found for nosuch"),
    ("server group show nosuch", "No ServerGroup found for nosuch"),
)
"""Names that nothing has, and what is said of them on standard error."""


def typed(stage: Stage, clients: Path, *commands: str) -> tuple[list[Any], str]:
    """The JSON documents that one process printed for these commands, and standard error."""
    done = subprocess.run(
        [clients / "openstack"],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        timeout=CLIENT_TIMEOUT_S,
        env=dict(stage.environment) | {"OS_CLOUD": "hostdown"},
        check=False,
    )
    documents, rest, decoder = [], done.stdout.strip(), json.JSONDecoder()
    while rest:
        document, end = decoder.raw_decode(rest)
        documents.append(document)
        rest = rest[end:].strip()
    return documents, done.stderr


def test_a_session_shows_what_a_user_looks_for(stage: Stage, clients: Path) -> None:
    words = [f"{words} -f json" if check else words for words, check in SESSION]
    said, complaints = typed(stage, clients, *words)
    known = ("deprecated", "consider using 'hypervisor")
    assert [line for line in complaints.splitlines() if not any(k in line for k in known)] == []
    checks = [(words, check) for words, check in SESSION if check]
    assert len(said) == len(checks)
    wrong = [
        (words, document)
        for (words, check), document in zip(checks, said, strict=True)
        if not check(document)
    ]
    assert wrong == []


@pytest.mark.long
def test_what_is_not_there_is_said_in_one_line(stage: Stage, clients: Path) -> None:
    said, complaints = typed(stage, clients, *(words for words, _ in MISSING))
    assert said == []
    assert [line for line in complaints.splitlines() if line] == [line for _, line in MISSING]


@pytest.mark.long
def test_what_cannot_be_done_does_not_look_done(stage: Stage, clients: Path) -> None:
    said, complaints = typed(stage, clients, "quota set --cores 5 admin", "quota show -f json")
    assert {"Resource": "cores", "Limit": -1} in said[0]
    assert "set in section [quota]" in complaints
