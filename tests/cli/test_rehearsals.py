"""`hostdown recovery plan` and `hostdown capacity`."""

import csv
import json
from typing import Any

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud

PLAN: dict[str, Any] = {
    "host": "compute1",
    "failure_domain": "rack7",
    "nothing": None,
    "hold_off_s": 3.0,
    "held": None,
    "levels": [
        {"level": 1, "driver": "redfish", "checked_at": "2026-03-01T12:00:00", "power": "on",
         "problem": None},
        {"level": 2, "driver": "ipmi", "checked_at": "2026-03-01T12:00:00", "power": None,
         "problem": "It is dead."},
        {"level": 3, "driver": "watchdog", "checked_at": None, "power": None, "problem": None},
    ],
    "no_levels": None,
    "servers": [
        {"server": "u1", "name": "web", "priority": 5, "destination": "compute2",
         "warning": "Take care.", "stays": None},
        {"server": "u2", "name": "db", "priority": 0, "destination": None, "warning": None,
         "stays": "Its owner brings it back."},
    ],
    "warnings": ["It has no watchdog.", "X6"],
}  # fmt: skip
CASE = {
    "lost": "compute1",
    "hosts": [f"compute{number}" for number in range(7)],
    "servers": 20,
    "memory_mb": 2048,
    "reserves": ["compute9"],
    "stay": 0,
    "reason": None,
}
ANSWER = {"fits": True, "meaning": "Each was.", "hosts": 9, "servers": 20, "tried": 9}


def test_a_plan_is_drawn(openrc: Cloud, run: Run) -> None:
    openrc.bodies["GET /agent/v1/hosts/compute1/recovery-plan"] = {"plan": PLAN}
    ended = run("recovery", "plan", "compute1")
    assert ended.code == 0
    for line in (
        "1 redfish: power on (2026-03-01T12:00:00)",
        "2 ipmi: It is dead. (2026-03-01T12:00:00)",
        "3 watchdog: not checked yet",
        "web (u1): to compute2",
        "  Take care.",
        "db (u2): stays. Its owner brings it back.",
        "It has no watchdog.",
    ):
        assert line in ended.out


def test_a_plan_is_json_for_programs(openrc: Cloud, run: Run) -> None:
    openrc.bodies["GET /agent/v1/hosts/compute1/recovery-plan"] = {"plan": PLAN}
    shown = json.loads(run("recovery", "plan", "compute1", "-f", "json").out)
    assert shown["Servers"] == PLAN["servers"]
    assert shown["Warnings"] == PLAN["warnings"]


@pytest.mark.parametrize(
    ("words", "query"),
    [((), "1"), (("--lose", "3"), "3"), (("--lose-domain",), "domain")],
)
def test_capacity_says_what_was_tried(
    openrc: Cloud, run: Run, words: tuple[str, ...], query: str
) -> None:
    openrc.bodies["GET /agent/v1/capacity"] = {"capacity": ANSWER | {"cases": [CASE]}}
    ended = run("capacity", *words)
    assert ended.code == 0
    assert openrc.asked[-1].query == {"lose": query}
    assert "There is room (losses tried: 9; hosts: 9; servers to bring back: 20)." in ended.err
    assert "and 2 more" in ended.out


def test_cells_with_parts_are_json_in_csv_and_value(openrc: Cloud, run: Run) -> None:
    openrc.bodies["GET /agent/v1/capacity"] = {"capacity": ANSWER | {"cases": [CASE]}}
    (row,) = csv.DictReader(run("capacity", "-f", "csv").out.splitlines(), escapechar="\\")
    assert json.loads(row["Hosts"]) == CASE["hosts"]
    assert json.loads(run("capacity", "-f", "value", "-c", "Hosts").out) == CASE["hosts"]


def test_no_room_is_a_failure(openrc: Cloud, run: Run) -> None:
    bad = CASE | {"stay": 3, "reason": "it has too little memory left (8 hosts)"}
    content = ANSWER | {"fits": False, "cases": [bad]}
    openrc.bodies["GET /agent/v1/capacity"] = {"capacity": content}
    ended = run("capacity", "-f", "json")
    assert ended.code == 1
    (row,) = json.loads(ended.out)
    assert (row["Without Room"], row["Hosts"]) == (3, CASE["hosts"])
    assert "There is not room for all" in ended.err


@pytest.mark.parametrize(
    "words", [("--lose", "0"), ("--lose", "1", "--lose-domain"), ("--lose", "abc")]
)
def test_what_makes_no_sense_is_refused(openrc: Cloud, run: Run, words: tuple[str, ...]) -> None:
    ended = run("capacity", *words)
    assert (ended.code, "invalid count" in ended.err) == (2, False)


@pytest.mark.parametrize(
    ("words", "path", "sentence"),
    [
        (("recovery", "plan", "a"), "/agent/v1/hosts/a/recovery-plan", "not with a plan"),
        (("capacity",), "/agent/v1/capacity", "not with what the cluster bears"),
    ],
)
def test_an_answer_that_makes_no_sense_is_told(
    openrc: Cloud, run: Run, words: tuple[str, ...], path: str, sentence: str
) -> None:
    openrc.bodies[f"GET {path}"] = {"capacity": {}}
    ended = run(*words)
    assert ended.code == 1
    assert sentence in ended.err
