"""`hostdown host maintenance`, and which requests it makes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.command_line import Ended, Run
from tests.cli.fake_cloud import Cloud, Fault, fault
from tests.cli.fake_servers import made, uuid

from hostdown.cli.errors import Exit

LIST = "GET /v2.1/servers/detail"
HOST, TASK, STATE = "OS-EXT-SRV-ATTR:host", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state"
HISTORY = f"/v2.1/servers/{uuid(1)}/os-instance-actions"


@pytest.fixture
def cloud(openrc: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    openrc.faults["/action"] = Fault(202, None)
    is_seen(openrc)
    return openrc


def is_seen(cloud: Cloud, **changes: object) -> None:
    """What the host's agent reports."""
    seen = {"state": "up", "status": "enabled", "disabled_reason": None, "unreachable_at": None}
    cloud.bodies["GET /agent/v1/hosts/compute1"] = {"host": seen | changes}


def lists(cloud: Cloud, *looks: list[dict[str, Any]]) -> None:
    """What is on the host, look by look, the newest first; the last for ever."""
    answers: Iterator[list[dict[str, Any]]] = iter(looks[:-1])
    cloud.bodies[LIST] = lambda: {"servers": next(answers, looks[-1])}


def on(number: int, **changes: object) -> dict[str, Any]:
    return made(number, f"web{number}", **changes)


def goes(cloud: Cloud, number: int, host: str = "compute2") -> None:
    cloud.servers.append(on(number, **{HOST: host}))


def asked(cloud: Cloud) -> list[str]:
    return [each.path.split("/")[3] for each in cloud.asked if each.path.endswith("/action")]


def rows(ended: Ended) -> list[tuple[object, ...]]:
    return [(each["Name"], each["Status"], each["Reason"]) for each in json.loads(ended.out)]


def test_servers_that_run_are_moved_the_most_urgent_first_and_stopped_ones_stay(
    cloud: Cloud, run: Run
) -> None:
    urgent = {"metadata": {"HA_Priority": "5"}}
    all_of_it = [on(4), on(3, **{STATE: "stopped"}), on(2), on(1, **urgent)]
    lists(cloud, all_of_it)
    ended = run("host", "maintenance", "compute1", "on", "-f", "json")
    assert ended.code == 0, ended.err
    assert asked(cloud) == [uuid(1), uuid(2), uuid(4)]
    first = next(each for each in cloud.asked if each.method == "PUT")
    assert (first.path, first.body) == (
        "/v2.1/os-hosts/compute1",
        {"maintenance_mode": "enable"},
    )
    moved = next(each for each in cloud.asked if each.path.endswith("/action"))
    assert moved.body == {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    listed = next(each for each in cloud.asked if each.path.endswith("/detail"))
    assert listed.query == {"all_tenants": "1", "host": "compute1"}
    assert rows(ended) == [
        ("web1", "accepted", None),
        ("web2", "accepted", None),
        ("web3", "stays", "It is stopped: nothing of it runs there."),
        ("web4", "accepted", None),
    ]


def test_who_waits_is_told_how_far_it_is_and_where_they_went(cloud: Cloud, run: Run) -> None:
    goes(cloud, 1)
    goes(cloud, 2, "compute3")
    moving = on(1, **{TASK: "migrating"})
    lists(cloud, [on(1), on(2)], [moving, on(2, **{TASK: "migrating"})], [moving], [])
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert ended.code == 0, ended.err
    shown = {each["Name"]: (each["Status"], each["Destination"]) for each in json.loads(ended.out)}
    assert shown == {"web1": ("moved", "compute2"), "web2": ("moved", "compute3")}
    told = ended.err.splitlines()
    assert told[0] == "hostdown: host compute1 gets no new servers, and is not recovered"
    assert [each.split(",")[0] for each in told[1:]] == [
        f"hostdown: {count} of 2 servers have moved" for count in (0, 1, 2)
    ]


def test_what_is_on_its_way_already_is_waited_for_and_not_asked_for_again(
    cloud: Cloud, run: Run
) -> None:
    goes(cloud, 1)
    lists(cloud, [on(1, **{TASK: "migrating"})], [])
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert (ended.code, rows(ended)) == (0, [("web1", "moved", None)])
    assert asked(cloud) == []


def test_one_with_which_something_else_goes_on_is_asked_for_after_that(
    cloud: Cloud, run: Run
) -> None:
    goes(cloud, 1)
    lists(cloud, [on(1, **{TASK: "rebooting"})], [on(1)], [])
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert (rows(ended), asked(cloud)) == ([("web1", "moved", None)], [uuid(1)])


def test_one_that_is_deleted_meanwhile_is_none_of_them(cloud: Cloud, run: Run) -> None:
    lists(cloud, [on(1)], [])
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert (ended.code, rows(ended)) == (0, [("web1", "deleted", None)])


def test_one_that_did_not_get_there_says_why_and_is_asked_once(cloud: Cloud, run: Run) -> None:
    action = {"action": "live-migration", "request_id": "req-1"}
    cloud.bodies[f"GET {HISTORY}"] = {"instanceActions": [action]}
    events = {"events": [{"details": "compute2: no room."}]}
    cloud.bodies[f"GET {HISTORY}/req-1"] = {"instanceAction": events}
    lists(cloud, [on(1)])
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert (ended.code, rows(ended)) == (1, [("web1", "failed", "compute2: no room.")])
    assert asked(cloud) == [uuid(1)]
    assert "0 are on their way, 0 stay, 1 cannot move" in ended.err


@pytest.mark.parametrize("wait", [[], ["--wait"]])
def test_one_that_is_refused_says_why_and_the_others_go(
    cloud: Cloud, run: Run, wait: list[str]
) -> None:
    goes(cloud, 1)
    sentence = "Cannot 'os-migrateLive' instance while it is in vm_state suspended"
    refused = fault(409, "conflictingRequest", sentence)
    cloud.faults = {f"{uuid(2)}/action": refused, **cloud.faults}
    lists(cloud, [on(2), on(1)], [on(2)])
    ended = run("host", "maintenance", "compute1", "on", *wait, "-f", "json")
    assert ended.code == 1
    assert rows(ended)[0][:2] == ("web1", "moved" if wait else "accepted")
    assert rows(ended)[1][:2] == ("web2", "refused")
    assert sentence in str(rows(ended)[1][2])


def test_waiting_has_an_end(cloud: Cloud, run: Run) -> None:
    lists(cloud, [on(1, **{TASK: "migrating"})])
    words = ("--wait", "--wait-timeout", "0.01", "-f", "json")
    ended = run("host", "maintenance", "compute1", "on", *words)
    assert (ended.code, rows(ended)) == (1, [("web1", "migrating", None)])


def test_it_waits_over_a_restart_of_the_server(cloud: Cloud, run: Run) -> None:
    goes(cloud, 1)

    def falls_silent() -> dict[str, Any]:
        cloud.faults.setdefault(
            LIST, fault(503, "serviceUnavailable", "It starts.")._replace(times=2)
        )
        return {"servers": next(answers, [])}

    answers: Iterator[list[dict[str, Any]]] = iter([[on(1)]])
    cloud.bodies[LIST] = falls_silent
    ended = run("host", "maintenance", "compute1", "on", "--wait", "-f", "json")
    assert (ended.code, rows(ended)) == (0, [("web1", "moved", None)])
    assert ended.err.count("this command keeps looking") == 1


def test_who_does_not_wait_is_told_that_nobody_answers(cloud: Cloud, run: Run) -> None:
    cloud.faults[LIST] = fault(503, "serviceUnavailable", "It starts.")
    assert run("host", "maintenance", "compute1", "on").code == Exit.NO_ANSWER


@pytest.mark.parametrize("wait", [[], ["--wait"]])
def test_a_host_without_servers_is_done(cloud: Cloud, run: Run, wait: list[str]) -> None:
    lists(cloud, [])
    ended = run("host", "maintenance", "compute1", "on", *wait, "-f", "json")
    assert (ended.code, rows(ended)) == (0, [])
    assert ended.err.endswith("hostdown: it has no servers\n")


def test_without_a_drain_servers_stay(cloud: Cloud, run: Run) -> None:
    ended = run("host", "maintenance", "compute1", "on", "--no-drain", "-f", "json")
    assert (ended.code, rows(ended)) == (0, [])
    assert [method for method, _ in cloud.calls] == ["PUT"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "host compute1 gets new servers again; none is moved back"),
        (
            {"status": "disabled", "disabled_reason": "fans"},
            "host compute1 is as it was before, disabled: fans",
        ),
        ({"state": "down"}, "host compute1 is down: from now on it is one that has failed"),
        (
            {"unreachable_at": "12:00"},
            "host compute1 is unreachable since 12:00: from now on it is one that has failed",
        ),
    ],
)
def test_its_end_undoes_just_that(
    cloud: Cloud, run: Run, change: dict[str, object], told: str
) -> None:
    is_seen(cloud, **change)
    ended = run("host", "maintenance", "compute1", "off", "-f", "json")
    assert (ended.code, ended.err, rows(ended)) == (0, f"hostdown: {told}\n", [])
    assert cloud.asked[-2].body == {"maintenance_mode": "disable"}
    assert [method for method, _ in cloud.calls] == ["PUT", "GET"]


@pytest.mark.parametrize(
    ("seen", "silence"),
    [({"unreachable_at": "12:00"}, "unreachable since 12:00"), ({"state": "down"}, "down")],
)
@pytest.mark.parametrize("wait", [[], ["--wait"]])
def test_from_a_silent_host_nothing_is_sent_on_its_way(
    cloud: Cloud, run: Run, seen: dict[str, object], silence: str, wait: list[str]
) -> None:
    is_seen(cloud, **seen)
    lists(cloud, [on(2, **{STATE: "stopped"}), on(1)])
    ended = run("host", "maintenance", "compute1", "on", *wait, "-f", "json")
    why = f"Its host is {silence}, and only a host that answers can hand over what it runs."
    assert (ended.code, asked(cloud)) == (1, [])
    assert rows(ended)[0] == ("web1", "refused", why)
    assert rows(ended)[1][1] == "stays"


@pytest.mark.parametrize("switch", ["on", "off"])
def test_a_host_that_nobody_knows_is_not_found(cloud: Cloud, run: Run, switch: str) -> None:
    ended = run("host", "maintenance", "nope", switch)
    assert (ended.code, asked(cloud)) == (Exit.NOT_FOUND, [])


def test_what_is_missing_is_named_as_the_usage_names_it(run: Run) -> None:
    ended = run("host", "maintenance", "compute1")
    assert (ended.code, "are required: {on,off}" in ended.err) == (Exit.USAGE, True)
