"""`hostdown recovery list|show|hold|release|confirm-off`."""

import json
import subprocess
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
DISARMED = {
    "scope": "domain",
    "name": "rack1",
    "reason": "new switch",
    "until": "2026-03-01T14:00:00",
    "at": "2026-03-01T12:00:00",
    "user": "alice",
    "user_id": "u1",
    "request_id": "req-1",
}


@pytest.fixture
def failing(openrc: Cloud) -> Cloud:
    over = ONE | {"id": 6, "host": "compute2", "ended_at": "2026-03-01T11:00:00.000000"}
    openrc.bodies["GET /agent/v1/recoveries"] = {"recoveries": [ONE, over]}
    openrc.bodies["GET /agent/v1/disarmings"] = {"disarmings": [DISARMED]}
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


def test_what_has_parts_is_json_wherever_programs_read_texts(failing: Cloud, run: Run) -> None:
    odd = [{"at": "2026-03-01T12:00:01", "what": 'It says "$(id)" \\ `id`.', "details": {"b": [1]}}]
    failing.bodies["GET /agent/v1/recoveries/7"] = {"recovery": ONE | {"timeline": odd}}
    show = ("recovery", "show", "7", "-c", "Timeline", "-f")
    assert json.loads(run(*show, "value").out) == odd
    script = run(*show, "shell").out + 'printf %s "$timeline"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == odd
    assert "b [1]" in run("recovery", "show", "7").out


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


TOLD = "recovery of domain rack1 is disarmed by alice until 2026-03-01T14:00:00: new switch"


def test_who_lists_recoveries_is_told_where_there_are_none(failing: Cloud, run: Run) -> None:
    ended = run("recovery", "list", "-f", "json")
    assert ended.err == f"hostdown: {TOLD}\n"
    assert run("recovery", "disarmed", "-f", "value", "-c", "Name").out == "rack1\n"


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["--host", "a"], {"scope": "host", "name": "a", "seconds": None}),
        (["--domain", "rack1", "--for", "90"], {"scope": "domain", "name": "rack1", "seconds": 90}),
        (["--all", "--for", "90s"], {"scope": "all", "seconds": 90}),
        (["--all", "--for", "30m"], {"scope": "all", "seconds": 1800}),
        (["--all", "--for", "2h"], {"scope": "all", "seconds": 7200}),
        (["--all", "--for", "1d"], {"scope": "all", "seconds": 86400}),
    ],
)
def test_a_place_is_disarmed(
    failing: Cloud, run: Run, words: list[str], body: dict[str, object]
) -> None:
    failing.bodies["POST /agent/v1/disarmings"] = {"disarming": DISARMED}
    ended = run("recovery", "disarm", *words, "--reason", "new switch", "-f", "json")
    assert json.loads(ended.out)["Until"] == "2026-03-01T14:00:00"
    assert failing.asked[-1].body == body | {"reason": "new switch"}


@pytest.mark.parametrize(("was", "told"), [(True, "it is armed"), (False, "it was not disarmed")])
def test_a_place_is_armed_and_what_else_is_disarmed_told(
    failing: Cloud, run: Run, was: bool, told: str
) -> None:
    failing.bodies["POST /agent/v1/disarmings/arm"] = {"was_disarmed": was}
    ended = run("recovery", "arm", "--all")
    assert (ended.code, ended.err) == (0, f"hostdown: {told}\nhostdown: still, {TOLD}\n")


@pytest.mark.parametrize(
    "words",
    [
        ["arm"],
        ["arm", "--all", "--host", "a"],
        ["disarm", "--all"],
        ["disarm", "--reason", "x"],
        *(["disarm", "--all", "--reason", "x", "--for", each] for each in ("0", "x", "9w", "367d")),
    ],
)
def test_what_says_not_what_or_why_or_for_how_long_is_refused(
    failing: Cloud, run: Run, words: list[str]
) -> None:
    assert run("recovery", *words).code == 2
    assert failing.calls == []


@pytest.mark.parametrize("body", [[], {}, {"disarmings": 1, "disarming": [], "was_disarmed": 1}])
@pytest.mark.parametrize(
    "words", [["disarmed"], ["arm", "--all"], ["disarm", "--all", "--reason", "x"]]
)
def test_an_answer_that_says_nothing_of_it_is_told(
    openrc: Cloud, run: Run, words: list[str], body: object
) -> None:
    for path in ("GET /agent/v1/disarmings", "POST /agent/v1/disarmings"):
        openrc.bodies[path] = openrc.bodies[f"{path}/arm"] = body
    ended = run("recovery", *words)
    assert ended.code == 1
    assert "the server answered, but not with" in ended.err


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


def test_a_profile_has_both_of_doctor_s_numberings(openrc: Cloud, run: Run) -> None:
    points = [
        {"number": 3, "code": "T04", "name": "marked host down", "at": None, "since_ms": None},
        {"number": 9, "code": "T09", "name": "received alarm", "at": "x", "since_ms": 7.5},
    ]
    openrc.bodies["GET /agent/v1/recoveries/7/profile"] = {
        "profile": {"recovery": 7, "checkpoints": points, "receivers": 2, "received": 1}
    }
    done = run("recovery", "profile", "7", "-f", "json")
    first, second = json.loads(done.out)
    assert (first["No"], first["Code"], first["At"]) == (3, "T04", None)
    assert (second["Checkpoint"], second["After Verdict (ms)"]) == ("received alarm", 7.5)
    assert "receivers that had the verdict: 1 of 2" in done.err
