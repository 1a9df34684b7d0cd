"""Alarms by aodhclient 3.12.0, unmodified: every command that it adds to `openstack`, typed in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import CLIENT_TIMEOUT_S, Client, run
from .typing_in import Terminal
from .typing_in import terminal as typed

UUID = "0b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00"
QUERY = f"traits.instance_id=string::{UUID};traits.state=string::error"


@pytest.fixture(scope="module")
def terminal(
    stage: Stage, clients: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """`openstack`, in which all these commands are typed."""
    complaints = tmp_path_factory.mktemp("openstack") / "stderr"
    environment = {**stage.environment, "OS_CLOUD": "hostdown"}
    with typed(clients / "openstack", environment, complaints, CLIENT_TIMEOUT_S) as made:
        yield made


@pytest.fixture(scope="module")
def openstack(terminal: Terminal) -> Client:
    """One command; it complains of nothing."""

    def work(*words: str) -> str:
        said = terminal.type(*words)
        assert said.complaint == ""
        return said.out

    return work


@pytest.fixture(scope="module")
def alarm(openstack: Client) -> Client:
    """`openstack alarm …`, as JSON."""
    return lambda *words: json.loads(openstack("alarm", *words, "-f", "json"))


def refused(terminal: Terminal, *words: str) -> str:
    """What a command complains of that fails."""
    said = terminal.type(*words)
    assert said.out == ""
    return said.complaint


def made(alarm: Client, name: str, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = alarm("create", "--type", "event", "--name", name, *words)
    return found


def test_the_client_makes_shows_changes_and_deletes_an_alarm(
    alarm: Client, openstack: Client
) -> None:
    first = made(
        alarm, "web1", "--event-type", "compute.instance.update", "--query", QUERY,
        "--alarm-action", "http://standby.example.org/switch", "--alarm-action",
        "https://standby.example.org/", "--severity", "critical", "--description", "of web1",
    )  # fmt: skip
    assert (first["name"], first["state"], first["severity"], first["event_type"]) == (
        "web1",
        "insufficient data",
        "critical",
        "compute.instance.update",
    )
    assert first["query"] == f"traits.instance_id = {UUID} AND\ntraits.state = error"
    assert alarm("show", first["alarm_id"]) == alarm("show", "web1") == first
    changed = alarm(
        "update", "web1", "--type", "event", "--name", "web2", "--enabled", "False",
        "--repeat-actions", "True", "--query", "traits.memory_mb>=integer::512", "--ok-action", "http://standby.example.org/ok",
        "--alarm-action=",
    )  # fmt: skip
    assert (changed["name"], changed["enabled"], changed["repeat_actions"]) == ("web2", False, True)
    assert changed["query"] == "traits.memory_mb >= 512"
    assert (changed["alarm_actions"], len(changed["ok_actions"])) == ([], 1)
    assert changed["description"] == "of web1"
    assert alarm("update", first["alarm_id"], "--severity", "low")["severity"] == "low"
    openstack("alarm", "delete", "web2")
    assert "web2" not in openstack("alarm", "list", "-f", "value", "-c", "name").split()


def test_the_client_gets_and_sets_states_and_reads_histories(
    alarm: Client, openstack: Client
) -> None:
    first = made(alarm, "history1")
    assert alarm("state", "get", "history1") == {"state": "insufficient data"}
    assert alarm("state", "set", first["alarm_id"], "--state", "ok") == {"state": "ok"}
    assert alarm("state", "get", first["alarm_id"]) == {"state": "ok"}
    shown = json.loads(openstack("alarm-history", "show", first["alarm_id"], "-f", "json"))
    assert [each["type"] for each in shown] == ["state transition", "creation"]
    page = json.loads(
        openstack(
            "alarm-history",
            "show",
            first["alarm_id"],
            "--limit",
            "1",
            "--sort",
            "timestamp:asc",
            "--marker",
            shown[1]["event_id"],
            "-f",
            "json",
        )
    )
    assert page == [shown[0]]
    openstack("alarm", "delete", "--name", "history1")
    query = f'type="deletion" and alarm_id="{first["alarm_id"]}"'
    (last,) = json.loads(openstack("alarm-history", "search", "--query", query, "-f", "json"))
    assert json.loads(last["detail"]) == {"state": "ok"}
    assert len(json.loads(openstack("alarm-history", "search", "-f", "json"))) >= 1


def test_the_client_lists_by_filters_and_queries_and_in_pages(
    alarm: Client, openstack: Client
) -> None:
    for name, severity in (("list1", "low"), ("list2", "critical"), ("list3", "critical")):
        made(alarm, name, "--severity", severity)

    def names(*words: str) -> list[str]:
        return [each["name"] for each in alarm("list", *words) if each["name"].startswith("list")]

    assert names("--sort", "name:asc") == ["list1", "list2", "list3"]
    assert names("--filter", "severity=critical", "--sort", "name:desc") == ["list3", "list2"]
    assert names("--filter", "name=list1", "--filter", "state=insufficient data") == ["list1"]
    assert len(names("--filter", "all_projects=true")) == 3
    assert names("--query", 'severity="critical" and not name="list3"') == ["list2"]
    assert names("--query", 'name="list1" or name="list2"') == ["list2", "list1"]
    (page,) = alarm("list", "--limit", "1", "--sort", "name:asc", "--filter", "name=list1")
    rest = names("--marker", page["alarm_id"], "--sort", "name:asc")
    assert rest == ["list2", "list3"]
    for name in ("list1", "list2", "list3"):
        openstack("alarm", "delete", name)


def test_the_client_shows_and_sets_quotas_and_what_there_is(
    terminal: Terminal, alarm: Client, openstack: Client
) -> None:
    assert alarm("quota", "show") == {"alarms": 5000}
    assert alarm("quota", "set", "p1", "--alarm", "3") == {"alarms": 3}
    assert alarm("quota", "show", "--project", "p1") == {"alarms": 3}
    capabilities = json.loads(openstack("alarming", "capabilities", "list", "-f", "json"))
    assert capabilities["api"]["alarms:query:complex"] is True
    said = refused(terminal, "alarm", "metrics")
    assert said.startswith("metrics endpoint is disabled (HTTP 403)")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["create", "--type", "threshold", "--name", "x", "-m", "cpu", "--threshold", "5"],
            "Alarms of type threshold are not supported here",
        ),
        (
            ["create", "--type", "event", "--name", "x", "--alarm-action", "http://127.0.0.1/"],
            "Unable to call action http://127.0.0.1/: 127.0.0.1 is not a public address",
        ),
        (
            ["create", "--type", "event", "--name", "x", "--alarm-action", "trust+http://a/"],
            "Unsupported action trust+http://a/",
        ),
        (
            ["create", "--type", "event", "--name", "x", "--time-constraint",
             "name=n;start=0 1 * * *;duration=5"],
            "time_constraints are not supported",
        ),
        (["show", "nothing"], "Alarm nothing not found"),
        (["state", "get", UUID], f"Alarm {UUID} not found"),
        (["list", "--filter", "colour=red"], "Invalid input for field/attribute field."),
    ],
)  # fmt: skip
def test_the_client_shows_the_sentence_of_what_is_refused(
    terminal: Terminal, words: list[str], sentence: str
) -> None:
    assert refused(terminal, "alarm", *words).startswith(sentence)


def test_a_command_that_is_refused_fails(stage: Stage, clients: Path) -> None:
    """For scripts, which look at nothing else."""
    words = ("--os-cloud", "hostdown", "alarm", "show", "nothing")
    assert run(stage, clients / "openstack", *words, status=1) == ""
