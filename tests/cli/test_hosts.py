"""`hostdown host list|show|enroll`."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, fault

HOST = {
    "id": "8c5e5d1e-6b3b-4e5e-9a5f-2f1d8f0f7a11",
    "name": "compute1",
    "cell": "cell1",
    "state": "up",
    "status": "enabled",
    "disabled_reason": None,
    "forced_down": False,
    "last_seen_up": "2026-01-02T03:04:05.678901",
    "unreachable_at": None,
    "domain": "rack1",
    "recovery": "disarmed",
    "reserved": False,
    "disarmed": [
        {"scope": "all", "name": "", "until": None, "reason": "storage", "user": "alice"},
    ],
    "boot": 1,
    "session": 2,
    "agent_version": "0.1.0",
    "machine_id": "m",
    "enrolled_at": "2026-01-01T00:00:00.000000",
    "forked_at": None,
    "sleeps": False,
}
REFUSED = [{"reason": "too old", "times": 3, "last_at": "2026-01-02T03:04:05.000000"}]
CHANGES = [
    {
        "at": "2026-01-02T03:04:06.000000",
        "user": "admin",
        "request_id": "req-1",
        "event_type": "service.update",
        "before": {"disabled": False, "disabled_reason": None},
        "after": {"disabled": True, "disabled_reason": "fan"},
    },
    {
        "at": "2026-01-02T03:04:05.000000",
        "user": "admin",
        "request_id": "req-0",
        "event_type": "service.create",
        "before": {},
        "after": {"disabled": False},
    },
]


UNKNOWN = [
    {
        "uuid": "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1",
        "generation": 2,
        "boot": 1,
        "power_state": 1,
        "since": "2026-01-02T03:04:05.678901",
    }
]


def test_list_shows_each_host(openrc: Cloud, run: Run) -> None:
    openrc.hosts["compute1"] = HOST
    (row,) = json.loads(run("host", "list", "-f", "json").out)
    assert row == {
        "Name": "compute1",
        "State": "up",
        "Status": "enabled",
        "Forced Down": False,
        "Last Seen Up": "2026-01-02T03:04:05.678901",
        "Cell": "cell1",
        "Unreachable Since": None,
        "Recovery": "disarmed",
        "Reserved": False,
    }
    (row,) = json.loads(run("host", "list", "--long", "-f", "json").out)
    assert (row["Session"], row["Agent Version"]) == (2, "0.1.0")


def test_show_keeps_refusals_and_changes_as_they_are_for_programs(openrc: Cloud, run: Run) -> None:
    openrc.hosts["compute1"] = HOST | {"refused": REFUSED, "changes": CHANGES}
    shown = json.loads(run("host", "show", "compute1", "-f", "json").out)
    assert (shown["Refused Reports"], shown["Last Changes"]) == (REFUSED, CHANGES)
    assert (shown["Name"], shown["Forced Down"]) == ("compute1", False)


def test_show_tells_people_of_refusals_and_changes_a_line_each(openrc: Cloud, run: Run) -> None:
    openrc.hosts["compute1"] = HOST | {
        "refused": REFUSED,
        "changes": CHANGES,
        "unknown_servers": UNKNOWN,
    }
    table = run("host", "show", "compute1").out
    assert "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1, generation 2, since 2026-01-02T03:04" in table
    assert "3 x too old, last 2026-01-02T03:04:05.000000" in table
    assert (
        "2026-01-02T03:04:06.000000 admin: disabled False -> True, disabled_reason - -> fan "
        "(service.update, req-1)"
    ) in table
    assert "admin: disabled False (service.create, req-0)" in table
    assert "recovery of all hosts is disarmed by alice: storage" in table


def test_show_says_what_resets_the_host(openrc: Cloud, run: Run) -> None:
    told = {
        "armed_at": "2026-01-02T03:04:05.678901",
        "self_fence_after_ms": 2000,
        "reset_ms": 2500,
        "pools": ["pool-1"],
    }
    openrc.hosts["compute1"] = HOST | {"watchdog": told}
    openrc.hosts["compute2"] = HOST | {"watchdog": told | {"armed_at": None, "pools": []}}
    shown = json.loads(run("host", "show", "compute1", "-f", "json").out)
    assert shown["Watchdog"] == told
    table = run("host", "show", "compute1").out
    assert "armed since 2026-01-02T03:04:05" in table
    assert "reset 2.5 s after its credit of 2 s is over" in table
    assert "credit by servers and pool-1" in table
    other = run("host", "show", "compute2").out
    assert "not armed" in other
    assert "credit by servers and no pool" in other


@pytest.mark.parametrize("sleeps", [True, False, None])
def test_show_warns_of_a_host_that_may_sleep(openrc: Cloud, run: Run, sleeps: bool | None) -> None:
    openrc.hosts["compute1"] = HOST | {"sleeps": sleeps}
    shown = run("host", "show", "compute1", "-f", "json")
    assert json.loads(shown.out)["May Sleep"] is sleeps
    assert ("WARNING: Its agent said that the machine may sleep" in shown.err) is (sleeps is True)


def test_a_name_in_any_script_reaches_the_server_whole(openrc: Cloud, run: Run) -> None:
    name = "вычислитель 計算?"
    openrc.hosts[name] = HOST | {"name": name}
    assert name in run("host", "show", name).out


@pytest.mark.parametrize("name", ["", "a/b", " a", "a" * 256])
@pytest.mark.parametrize(
    "command", ["host show", "host enroll", "host fence-test", "recovery plan"]
)
def test_what_cannot_be_a_hosts_name_is_not_sent(
    openrc: Cloud, run: Run, command: str, name: str
) -> None:
    ended = run(*command.split(), name)
    assert ended.code == 2
    assert "A host's name has 1 to 255 characters, none of them a slash" in ended.err
    assert openrc.asked == []


@pytest.mark.parametrize(("name", "warned"), [("node-1.rack_2", False), ("計算", True)])
def test_enroll_warns_of_a_name_that_old_requests_cannot_say(
    openrc: Cloud, run: Run, name: str, warned: bool
) -> None:
    ended = run("host", "enroll", name)
    assert ended.code == 0
    assert ("the documented force-down will not reach it" in ended.err) is warned


def test_an_unknown_host_is_not_found(openrc: Cloud, run: Run) -> None:
    ended = run("host", "show", "nope")
    assert ended.code == 3
    assert "Host 'nope' is not mapped to any cell" in ended.err


def test_enroll_shows_the_secret(openrc: Cloud, run: Run) -> None:
    ended = run("host", "enroll", "compute9", "-f", "value", "-c", "secret")
    assert (ended.code, ended.out) == (0, "s3cret\n")
    assert openrc.asked[-1].body == {}
    run("host", "enroll", "--replace", "compute9")
    assert openrc.asked[-1].body == {"replace": True}


def test_a_name_that_is_taken_is_explained_by_the_server(openrc: Cloud, run: Run) -> None:
    openrc.faults["enrolment"] = fault(409, "error", "The name is taken; use --replace.")
    ended = run("host", "enroll", "compute1")
    assert ended.code == 1
    assert "use --replace" in ended.err


def test_another_compute_api_has_no_hosts(openrc: Cloud, run: Run) -> None:
    openrc.faults["/agent"] = fault(404, "choices", "")
    ended = run("host", "list")
    assert ended.code == 1
    assert "is not a hostdown server" in ended.err
