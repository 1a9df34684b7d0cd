"""`hostdown recovery list|show|hold|release|confirm-off`."""

import json
from typing import Any

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, fault

ONE: dict[str, Any] = {
    "id": 7,
    "host": "compute1",
    "host_id": "8c5e5d1e-6b3b-4e5e-9a5f-2f1d8f0f7a11",
    "boot": 3,
    "domain": "nova",
    "stage": "held",
    "held": "gate",
    "reason": "1 of the 3 hosts of domain nova were fenced within 10 minutes; 1 may be.",
    "silent_at": "2026-03-01T12:00:00.000000",
    "begun_at": "2026-03-01T12:00:01.000000",
    "attempted_at": None,
    "sent_at": None,
    "ended_at": None,
    "level": 0,
    "proof": None,
    "forced": False,
}
TIMELINE = [
    {"at": "2026-03-01T12:00:01.000000", "what": "It is silent.", "details": {"boot": 3}},
    {"at": "2026-03-01T12:00:04.000000", "what": "It is held.", "details": {}},
]


@pytest.fixture
def failing(openrc: Cloud) -> Cloud:
    over = ONE | {"id": 6, "host": "compute2", "ended_at": "2026-03-01T11:00:00.000000"}
    openrc.bodies["GET /agent/v1/recoveries"] = {"recoveries": [ONE, over]}
    openrc.bodies["GET /agent/v1/recoveries/7"] = {"recovery": ONE | {"timeline": TIMELINE}}
    return openrc


def test_each_is_a_row(failing: Cloud, run: Run) -> None:
    rows = json.loads(run("recovery", "list", "-f", "json").out)
    assert [(row["ID"], row["Host"], row["Stage"], row["Held By"]) for row in rows] == [
        (7, "compute1", "held", "gate"),
        (6, "compute2", "held", "gate"),
    ]


@pytest.mark.parametrize(
    ("words", "ids"), [(("--host", "compute2"), [6]), (("--open",), [7]), (("--long",), [7, 6])]
)
def test_a_list_is_narrowed(
    failing: Cloud, run: Run, words: tuple[str, ...], ids: list[int]
) -> None:
    rows = json.loads(run("recovery", "list", *words, "-f", "json").out)
    assert [row["ID"] for row in rows] == ids


def test_one_is_shown_with_what_was_decided_and_seen(failing: Cloud, run: Run) -> None:
    shown = json.loads(run("recovery", "show", "7", "-f", "json").out)
    assert (shown["Host"], shown["Timeline"]) == ("compute1", TIMELINE)
    drawn = run("recovery", "show", "7").out
    assert "12:00:01.000000    +0.00 s  It is silent." in drawn
    assert "boot 3" in drawn
    assert "12:00:04.000000    +3.00 s  It is held." in drawn


@pytest.mark.parametrize("word", ["hold", "release", "confirm-off"])
def test_a_word_is_said_to_one(failing: Cloud, run: Run, word: str) -> None:
    failing.bodies[f"POST /agent/v1/recoveries/7/{word}"] = {"recovery": ONE | {"stage": "fencing"}}
    shown = json.loads(run("recovery", word, "7", "-f", "json").out)
    assert (shown["ID"], shown["Stage"]) == (7, "fencing")


def test_what_is_refused_is_told_in_the_server_s_words(failing: Cloud, run: Run) -> None:
    sentence = "Recovery 7 of host compute1 is fencing: only one that waits can be held."
    failing.faults["POST /agent/v1/recoveries/7/hold"] = fault(409, "error", sentence)
    ended = run("recovery", "hold", "7")
    assert ended.code != 0
    assert sentence in ended.err


@pytest.mark.parametrize("number", ["0", "-1", "x", ""])
def test_what_is_no_number_is_refused(failing: Cloud, run: Run, number: str) -> None:
    assert run("recovery", "show", number).code == 2


@pytest.mark.parametrize("body", [[], {}, {"recoveries": 1}, {"recovery": []}])
def test_an_answer_that_makes_no_sense_is_told(openrc: Cloud, run: Run, body: object) -> None:
    openrc.bodies["GET /agent/v1/recoveries"] = openrc.bodies["GET /agent/v1/recoveries/7"] = body
    for words in (("list",), ("show", "7")):
        ended = run("recovery", *words)
        assert ended.code == 1
        assert "the server answered, but not with" in ended.err
