"""`hostdown delivery list|dead|replay|drop`."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud

RECEIVER = {
    "channel": "webhook",
    "receiver": "pager",
    "waiting": 3,
    "since": "2026-03-01T12:00:00",
    "failure": "It answered 503.",
}
DEAD = {
    "id": "d1",
    "channel": "webhook",
    "receiver": "pager",
    "event_type": "compute.instance.update",
    "alarm_id": "a1",
    "lane": "host1",
    "created_at": "2026-03-01T12:00:00",
    "dead_at": "2026-03-02T12:00:00",
    "failure": "It answered 404.",
    "replay_at": None,
}
DEAD_LETTERS = "GET /agent/v1/dead-letters"
REPLAY = "POST /agent/v1/dead-letters/replay"
DROP = "POST /agent/v1/dead-letters/drop"
WHICH: list[tuple[list[str], dict[str, object]]] = [
    (["d1", "d2"], {"ids": ["d1", "d2"]}),
    (["--receiver", "pager"], {"receiver": "pager"}),
    (["--channel", "alarm"], {"channel": "alarm"}),
    (["--channel", "bus", "--receiver", "bus"], {"channel": "bus", "receiver": "bus"}),
    (["--all"], {"all": True}),
]


@pytest.fixture
def cloud(openrc: Cloud) -> Cloud:
    openrc.bodies["GET /agent/v1/deliveries"] = {"receivers": [RECEIVER]}
    openrc.bodies[DEAD_LETTERS] = {"dead_letters": [DEAD], "total": 1}
    openrc.bodies[REPLAY] = {"replayed": 1}
    openrc.bodies[DROP] = {"dropped": 1}
    return openrc


def test_each_receiver_that_something_waits_for_is_a_row(cloud: Cloud, run: Run) -> None:
    assert json.loads(run("delivery", "list", "-f", "json").out) == [
        {
            "Channel": "webhook",
            "Receiver": "pager",
            "Waiting": 3,
            "Since": "2026-03-01T12:00:00",
            "Last Failure": "It answered 503.",
        }
    ]


def test_each_dead_letter_is_a_row(cloud: Cloud, run: Run) -> None:
    done = run("delivery", "dead", "-f", "json")
    (row,) = json.loads(done.out)
    assert (row["ID"], row["Of"], row["Failure"]) == ("d1", "host1", "It answered 404.")
    assert (row["Event Type"], row["Alarm ID"]) == ("compute.instance.update", "a1")
    assert "are shown" not in done.err
    assert cloud.asked[-1].query == {}


def test_dead_letters_are_chosen_by_the_server(cloud: Cloud, run: Run) -> None:
    words = ["--channel", "webhook", "--receiver", "a b&c", "--limit", "7"]
    assert run("delivery", "dead", *words).code == 0
    assert cloud.asked[-1].query == {"channel": "webhook", "receiver": "a b&c", "limit": "7"}


def test_that_more_dead_letters_exist_than_are_shown_is_said(cloud: Cloud, run: Run) -> None:
    cloud.bodies[DEAD_LETTERS] = {"dead_letters": [DEAD] * 1_000, "total": 220_000}
    done = run("delivery", "dead", "-f", "json")
    assert len(json.loads(done.out)) == 1_000
    assert (
        "1,000 of 220,000 are shown, the newest: --limit, --channel and --receiver choose others"
    ) in done.err


@pytest.mark.parametrize("words", [["--channel", "pigeon"], ["--limit", "0"], ["--limit", "all"]])
def test_what_cannot_be_listed_is_a_slip_of_the_command_line(
    cloud: Cloud, run: Run, words: list[str]
) -> None:
    assert run("delivery", "dead", *words).code == 2
    assert cloud.asked == []


@pytest.mark.parametrize(("words", "body"), WHICH)
def test_dead_letters_are_sent_again(
    cloud: Cloud, run: Run, words: list[str], body: dict[str, object]
) -> None:
    cloud.bodies[REPLAY] = {"replayed": 220_000}
    done = run("delivery", "replay", *words)
    assert done.code == 0
    assert "220,000 dead letters are sent again" in done.err
    assert cloud.asked[-1].body == body


@pytest.mark.parametrize(("words", "body"), WHICH)
def test_dead_letters_are_dropped(
    cloud: Cloud, run: Run, words: list[str], body: dict[str, object]
) -> None:
    done = run("delivery", "drop", *words)
    assert done.code == 0
    assert "1 dead letters are dropped" in done.err
    assert (f"{cloud.asked[-1].method} {cloud.asked[-1].path}") == DROP
    assert cloud.asked[-1].body == body


@pytest.mark.parametrize("command", ["replay", "drop"])
@pytest.mark.parametrize(
    "words",
    [[], ["d1", "--all"], ["--all", "--receiver", "pager"], ["d1", "--channel", "bus"],
     ["--receiver", ""]],
)  # fmt: skip
def test_who_does_not_say_which_is_told_how(
    cloud: Cloud, run: Run, command: str, words: list[str]
) -> None:
    done = run("delivery", command, *words)
    assert done.code == 2
    assert "say which" in done.err
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("command", "answer"), [("replay", {"replayed": 0}), ("drop", {"dropped": 0})]
)
def test_who_names_no_dead_letter_is_told_so(
    cloud: Cloud, run: Run, command: str, answer: dict[str, object]
) -> None:
    cloud.bodies[f"POST /agent/v1/dead-letters/{command}"] = answer
    done = run("delivery", command, "--receiver", "pagre")
    assert done.code == 1
    assert "'hostdown delivery dead' lists them" in done.err


@pytest.mark.parametrize("command", ["dead", "replay --all", "drop --all"])
def test_an_answer_without_a_number_is_no_answer(cloud: Cloud, run: Run, command: str) -> None:
    for each in (DEAD_LETTERS, REPLAY, DROP):
        cloud.bodies[each] = {"dead_letters": []}
    done = run("delivery", *command.split())
    assert done.code == 1
    assert "not with how many" in done.err
