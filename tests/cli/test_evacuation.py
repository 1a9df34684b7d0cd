"""`hostdown host evacuate|release` against a server that answers as ours does."""

import json
from typing import Any

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import UUID, Cloud, fault

EVACUATE = f"/v2.1/os-services/{UUID}/evacuate"
ONE: dict[str, Any] = {
    "server": "00000000-0000-4000-8000-000000000001",
    "name": "web",
    "project_id": "p",
    "priority": 0,
    "migration": "00000000-0000-4000-8000-00000000000a",
    "destination": None,
    "error": None,
}


@pytest.fixture
def dying(openrc: Cloud) -> Cloud:
    openrc.bodies[f"POST {EVACUATE}"] = {"servers": [ONE]}
    return openrc


def migration(status: str) -> dict[str, Any]:
    return {"uuid": ONE["migration"], "status": status, "dest_compute": "compute2"}


def tells(cloud: Cloud, *events: dict[str, Any]) -> None:
    """What the history of the server says of its evacuation."""
    actions = f"/v2.1/servers/{ONE['server']}/os-instance-actions"
    action = {"action": "evacuate", "request_id": "req-1"}
    cloud.bodies[f"GET {actions}"] = {"instanceActions": [action]}
    cloud.bodies[f"GET {actions}/req-1"] = {"instanceAction": {"events": list(events)}}


def test_each_server_is_a_row(dying: Cloud, run: Run) -> None:
    ended = run("host", "evacuate", "compute1", "-f", "json")
    assert (ended.code, json.loads(ended.out)[0]["Status"]) == (0, "accepted")
    assert dying.asked[-1].body == {"dry_run": False}


def test_a_rehearsal_says_so_and_names_a_target(dying: Cloud, run: Run) -> None:
    facts = {"migration": None, "destination": "compute3", "warning": "Its disk is lost."}
    planned = ONE | facts
    dying.bodies[f"POST {EVACUATE}"] = {"servers": [planned]}
    ended = run("host", "evacuate", "--dry-run", "--target", "compute3", "compute1", "-f", "json")
    (row,) = json.loads(ended.out)
    assert (ended.code, row["Status"], row["Destination"]) == (0, "planned", "compute3")
    assert row["Reason"] == "Its disk is lost."
    assert dying.asked[-1].body == {"dry_run": True, "host": "compute3"}


def test_a_server_that_is_refused_makes_it_a_failure(dying: Cloud, run: Run) -> None:
    dying.bodies[f"POST {EVACUATE}"] = {
        "servers": [ONE, ONE | {"server": "s2", "migration": None, "error": "It is paused."}]
    }
    ended = run("host", "evacuate", "compute1", "-f", "json")
    assert (ended.code, json.loads(ended.out)[1]["Reason"]) == (1, "It is paused.")


def test_it_waits_and_tells_how_far_it_has_come(
    dying: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    steps = iter(["accepted", "pre-migrating", "done"])
    dying.bodies["GET /v2.1/os-migrations"] = lambda: {"migrations": [migration(next(steps))]}
    ended = run("host", "evacuate", "--wait", "compute1", "-f", "json")
    (row,) = json.loads(ended.out)
    assert (ended.code, row["Status"], row["Destination"]) == (0, "done", "compute2")
    assert ended.err.splitlines()[-1] == "hostdown: 1 of 1 servers have moved, 0 failed"


LIVE = {"uuid": "l", "migration_type": "live-migration", "status": "running"}
REFUSED = ONE | {"migration": None, "error": "It is in task_state migrating."}


def test_one_that_migrates_live_is_asked_for_again_once_that_has_ended(
    dying: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    other = ONE | {"server": "00000000-0000-4000-8000-000000000002", "migration": "m2"}
    answers = iter([[other, REFUSED], [REFUSED], [ONE]])
    dying.bodies[f"POST {EVACUATE}"] = lambda: {"servers": next(answers)}
    done = [migration("done"), migration("done") | {"uuid": "m2"}]
    steps = iter([[LIVE], [LIVE], done])
    dying.bodies["GET /v2.1/os-migrations"] = lambda: {"migrations": next(steps)}
    ended = run("host", "evacuate", "--wait", "compute1", "-f", "json")
    assert (ended.code, [row["Status"] for row in json.loads(ended.out)]) == (0, ["done", "done"])
    told = "servers that migrate live from host compute1, or to it: 1; waiting"
    assert ended.err.count(told) == 1


def test_a_host_to_which_servers_are_on_their_way_is_not_said_to_be_empty(
    dying: Cloud, run: Run
) -> None:
    dying.bodies[f"POST {EVACUATE}"] = {"servers": []}
    dying.bodies["GET /v2.1/os-migrations"] = {"migrations": [LIVE]}
    assert "once more when that has ended" in run("host", "evacuate", "compute1").err


def test_a_server_that_did_not_get_there_says_why(dying: Cloud, run: Run) -> None:
    dying.bodies["GET /v2.1/os-migrations"] = {"migrations": [migration("failed")]}
    tells(dying, {"details": None}, {"details": "compute2: no room"})
    ended = run("host", "evacuate", "--wait", "compute1", "-f", "json")
    (row,) = json.loads(ended.out)
    assert (ended.code, row["Status"], row["Reason"]) == (1, "failed", "compute2: no room")


def test_waiting_has_an_end(dying: Cloud, run: Run) -> None:
    dying.bodies["GET /v2.1/os-migrations"] = {"migrations": [migration("accepted")]}
    tells(dying, {"details": "It is locked."})
    ended = run("host", "evacuate", "--wait", "--wait-timeout", "0.001", "compute1")
    assert ended.code == 1
    assert "still on their way" in ended.err
    assert ended.err.rstrip().endswith(f"Server {ONE['name']} waits: It is locked.")


def test_waiting_has_an_end_also_if_nobody_answers(dying: Cloud, run: Run) -> None:
    def falls_silent() -> dict[str, Any]:
        dying.faults["GET"] = fault(503, "serviceUnavailable", "It starts.")
        return {"migrations": [migration("accepted")]}

    dying.bodies["GET /v2.1/os-migrations"] = falls_silent
    ended = run("host", "evacuate", "--wait", "--wait-timeout", "0.6", "compute1")
    assert (ended.code, "still on their way" in ended.err) == (1, True)


def test_where_nothing_moves_nothing_is_waited_for(dying: Cloud, run: Run) -> None:
    dying.bodies[f"POST {EVACUATE}"] = {"servers": []}
    ended = run("host", "evacuate", "--wait", "compute1")
    assert (ended.code, "servers have moved" in ended.err) == (0, False)


@pytest.mark.parametrize("how", [(), ("--wait",), ("--dry-run",)])
def test_a_host_without_servers_is_told_to_people_and_is_an_empty_list_to_scripts(
    dying: Cloud, run: Run, how: tuple[str, ...]
) -> None:
    dying.bodies[f"POST {EVACUATE}"] = {"servers": []}
    ended = run("host", "evacuate", *how, "compute1", "-f", "json")
    assert (ended.code, json.loads(ended.out)) == (0, [])
    said = "hostdown: host compute1 has no servers; there is nothing to evacuate\n"
    assert ended.err == said


def test_an_empty_name_is_no_host(dying: Cloud, run: Run) -> None:
    for verb in ("evacuate", "release"):
        ended = run("host", verb, "")
        assert (ended.code, "the name of the host is empty" in ended.err) == (2, True)
    assert not any("/os-services/" in each.path for each in dying.asked)


def test_a_wrong_target_is_told_in_the_servers_words(dying: Cloud, run: Run) -> None:
    dying.faults["POST"] = fault(404, "itemNotFound", "Compute host nosuch not found.")
    ended = run("host", "evacuate", "--target", "nosuch", "compute1")
    assert (ended.code, "Compute host nosuch not found." in ended.err) == (3, True)


def test_it_waits_over_a_restart_of_the_server(
    dying: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    away = fault(503, "serviceUnavailable", "It starts.")._replace(times=2)
    steps = iter(["accepted", "done"])

    def moves() -> dict[str, Any]:
        dying.faults.setdefault("GET", away)
        return {"migrations": [migration(next(steps))]}

    dying.bodies["GET /v2.1/os-migrations"] = moves
    ended = run("host", "evacuate", "--wait", "compute1", "-f", "json")
    assert (ended.code, json.loads(ended.out)[0]["Status"]) == (0, "done")
    assert "). There is nothing to ask for again: the evacuation goes on once" in ended.err


def test_waiting_again_waits_for_what_is_on_its_way(
    dying: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    refused = ONE | {"migration": None, "error": "It is in task_state rebuilding."}
    dying.bodies[f"POST {EVACUATE}"] = {"servers": [refused]}
    steps = iter(["pre-migrating", "pre-migrating", "done"])
    of = {"instance_uuid": ONE["server"]}
    dying.bodies["GET /v2.1/os-migrations"] = lambda: {"migrations": [migration(next(steps)) | of]}
    ended = run("host", "evacuate", "--wait", "compute1", "-f", "json")
    (row,) = json.loads(ended.out)
    assert (ended.code, row["Status"], row["Reason"]) == (0, "done", None)


def test_another_compute_api_is_told_apart(openrc: Cloud, run: Run) -> None:
    ended = run("host", "evacuate", "compute1")
    assert ended.code == 1
    assert "nova host-evacuate" in ended.err


def test_a_host_that_nobody_knows(openrc: Cloud, run: Run) -> None:
    ended = run("host", "evacuate", "nowhere")
    assert (ended.code, "no nova-compute on host 'nowhere'" in ended.err) == (3, True)


def test_a_host_that_is_not_forced_down_is_told_to_be_none_to_release(
    openrc: Cloud, run: Run
) -> None:
    ended = run("host", "release", "compute1")
    assert (ended.code, "not forced down; there is nothing to release" in ended.err) == (0, True)
    assert [method for method, _ in openrc.calls] == ["GET"]


def test_release_waits_until_the_server_lets_it(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    openrc.services[0]["forced_down"] = True
    monkeypatch.setattr("hostdown.cli.evacuation.LOOK_EVERY_S", 0.001)
    sentence = "Unable to force up host compute1 as `done` evacuation migration records remain"
    openrc.faults["PUT"] = fault(400, "badRequest", sentence)._replace(times=2)
    openrc.bodies["GET /v2.1/os-migrations"] = {"migrations": [migration("done")]}
    ended = run("host", "release", "compute1")
    assert ended.code == 0
    assert "something of its servers (1); waiting" in ended.err
    assert openrc.asked[-1].body == {"forced_down": False}


def test_release_gives_up_with_what_to_look_at(openrc: Cloud, run: Run) -> None:
    openrc.services[0]["forced_down"] = True
    sentence = "Unable to force up host compute1 as `done` evacuation migration records remain"
    openrc.faults["PUT"] = fault(400, "badRequest", sentence)
    openrc.bodies["GET /v2.1/os-migrations"] = {"migrations": []}
    ended = run("host", "release", "--wait-timeout", "0.001", "compute1")
    assert (ended.code, "is its agent running" in ended.err) == (1, True)
