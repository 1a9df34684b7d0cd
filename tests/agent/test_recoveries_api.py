"""What administrators see of recoveries, and may say to them, over HTTP."""

from datetime import timedelta

import pytest
from tests.agent.house import House
from tests.agent.test_admin import ask

from hostdown.domain.deliveries import Telling
from hostdown.domain.recovery import Held, Stage
from hostdown.services.recovery_ports import SILENT_SINCE, Entry, Recovery
from hostdown.services.recovery_steps import begun

WORDS = ["hold", "release", "confirm-off"]
PATHS = [("GET", ""), ("GET", "/1"), *(("POST", f"/1/{word}") for word in WORDS)]


def failed(house: House, stage: Stage = Stage.HELD, held: Held | None = Held.GATE) -> Recovery:
    """A recovery of a host that reported."""
    house.reporting("compute1")
    cell, now = house.storage.cells.all()[0], house.clock.now()
    record = house.storage.directory.read(lambda rows: rows.hosts.named("compute1"))
    assert record is not None
    made = begun(record, "nova", now, now)._replace(stage=stage, held=held)
    kept = cell.write(lambda rows: rows.recoveries.add(made))
    assert kept is not None
    cell.write(lambda rows: rows.timelines.add(kept.id, Entry(now, "It is silent.", {"boot": 1})))
    return kept


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_an_administrator_may(house: House, method: str, path: str) -> None:
    failed(house)
    assert ask(house, method, f"/recoveries{path}", headers={}).status_code == 401
    bob = ask(house, method, f"/recoveries{path}", headers={"X-Auth-Token": "bob"})
    assert (bob.status_code, bob.json["error"]["code"]) == (403, "policy-forbids")


def test_they_are_listed_and_shown(house: House) -> None:
    assert ask(house, "GET", "/recoveries").json == {"recoveries": []}
    made = failed(house)
    (listed,) = ask(house, "GET", "/recoveries").json["recoveries"]
    assert (listed["id"], listed["host"], listed["stage"]) == (made.id, "compute1", "held")
    shown = ask(house, "GET", f"/recoveries/{made.id}").json["recovery"]
    (line,) = shown.pop("timeline")
    assert (shown, line["what"], line["details"]) == (listed, "It is silent.", {"boot": 1})


def test_all_its_times_have_one_form(house: House) -> None:
    """Those of evidence, too; what others say is not ours."""
    made = failed(house)
    (cell,) = house.storage.cells.all()
    at = house.clock.now() + timedelta(seconds=1)
    details = {"cut_at": at, "said_at": "at dawn", "waited_s": 3}
    entry = Entry(at, "It is off.", details)
    cell.write(lambda rows: rows.timelines.add(made.id, entry))
    shown = ask(house, "GET", f"/recoveries/{made.id}").json["recovery"]["timeline"][-1]
    assert shown["at"] == at.isoformat()
    assert shown["details"] == details | {"cut_at": shown["at"]}


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", "9" * 18, "9" * 30, "%31"])
def test_one_that_nobody_knows_is_not_found(house: House, number: str) -> None:
    known = failed(house).id == 1 and number == "%31"
    answer = ask(house, "GET", f"/recoveries/{number}")
    assert answer.status_code == (200 if known else 404)
    if not known:
        assert answer.json["error"]["code"] == "recovery-unknown"


def test_release_lifts_the_gate_and_is_told_with_who_did_it(house: House) -> None:
    made = failed(house)
    said = ask(house, "POST", f"/recoveries/{made.id}/release").json["recovery"]
    assert (said["stage"], said["held"], said["reason"]) == ("held", None, "admin releases it.")
    shown = ask(house, "GET", f"/recoveries/{made.id}").json["recovery"]
    assert shown["timeline"][-1]["details"]["user"] == "admin"


def test_hold_stops_one_that_waits_and_release_undoes_it(house: House) -> None:
    made = failed(house, Stage.HOLDING_OFF, None)
    said = ask(house, "POST", f"/recoveries/{made.id}/hold").json["recovery"]
    assert (said["stage"], said["held"]) == ("held", "operator")
    assert ask(house, "POST", f"/recoveries/{made.id}/release").json["recovery"]["held"] is None


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        (Stage.FENCING, "hold"),
        (Stage.HOLDING_OFF, "release"),
        (Stage.FENCING, "release"),
        (Stage.DONE, "confirm-off"),
    ],
)
def test_what_is_not_for_its_stage_is_refused(house: House, stage: Stage, word: str) -> None:
    made = failed(house, stage, None)
    answer = ask(house, "POST", f"/recoveries/{made.id}/{word}")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "recovery-has-gone-on")
    assert f"Recovery {made.id} of host compute1 is {stage}" in answer.json["error"]["message"]


def test_a_word_that_it_is_off_forces_the_host_down_in_the_operator_s_name(house: House) -> None:
    made = failed(house)
    said = ask(house, "POST", f"/recoveries/{made.id}/confirm-off").json["recovery"]
    assert (said["stage"], said["forced"]) == ("evacuating", False)
    host = ask(house, "GET", "/hosts/compute1").json["host"]
    assert host["forced_down"] is True
    assert host["changes"][0]["user"] == "admin"


def test_a_profile_tells_how_long_each_step_took(house: House) -> None:
    made = failed(house)
    (cell,) = house.storage.cells.all()
    at = made.silent_at
    told = Telling(
        "e1", "compute1", "host.unreachable", at, at + timedelta(milliseconds=4), 3, 2,
        at + timedelta(milliseconds=6), at + timedelta(milliseconds=9),
    )  # fmt: skip
    house.storage.directory.write(lambda rows: rows.tellings.add([told]))
    lines = [
        Entry(at, "It is silent.", {SILENT_SINCE: at - timedelta(milliseconds=800)}),
        Entry(
            at + timedelta(seconds=5),
            "It is forced down, or a person said that it is off.",
            {"stage": "evacuating"},
        ),
        Entry(at + timedelta(seconds=6), "Again.", {"stage": "evacuating"}),
    ]
    for line in lines:
        cell.write(lambda rows, line=line: rows.timelines.add(made.id, line))
    profile = ask(house, "GET", f"/recoveries/{made.id}/profile").json["profile"]
    assert (profile["host"], profile["receivers"], profile["received"]) == ("compute1", 3, 2)
    assert [each["since_ms"] for each in profile["checkpoints"]] == [
        -800, 0, 0, 5000, 0, 4, 4, 4, 4, 9, None,
    ]  # fmt: skip


def test_a_profile_of_what_nobody_was_told_has_less(house: House) -> None:
    made = failed(house)
    profile = ask(house, "GET", f"/recoveries/{made.id}/profile").json["profile"]
    assert (profile["receivers"], profile["first_at"]) == (0, None)
    known = [each["number"] for each in profile["checkpoints"] if each["at"] is not None]
    assert known == [1, 2, 4]
    assert ask(house, "GET", "/recoveries/99/profile").status_code == 404
