"""`hostdown delivery list|dead|replay`."""

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
    "lane": "host1",
    "created_at": "2026-03-01T12:00:00",
    "dead_at": "2026-03-02T12:00:00",
    "failure": "It answered 404.",
    "replay_at": None,
}
REPLAY = "POST /agent/v1/dead-letters/replay"


@pytest.fixture
def cloud(openrc: Cloud) -> Cloud:
    openrc.bodies["GET /agent/v1/deliveries"] = {"receivers": [RECEIVER]}
    openrc.bodies["GET /agent/v1/dead-letters"] = {"dead_letters": [DEAD]}
    openrc.bodies[REPLAY] = {"replayed": 1}
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
    (row,) = json.loads(run("delivery", "dead", "-f", "json").out)
    assert (row["ID"], row["Of"], row["Failure"]) == ("d1", "host1", "It answered 404.")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["d1", "d2"], {"ids": ["d1", "d2"]}),
        (["--receiver", "pager"], {"receiver": "pager"}),
        (["--all"], {"all": True}),
    ],
)
def test_dead_letters_are_sent_again(
    cloud: Cloud, run: Run, words: list[str], body: dict[str, object]
) -> None:
    done = run("delivery", "replay", *words)
    assert "1 dead letters are sent again" in done.err
    assert cloud.asked[-1].body == body


@pytest.mark.parametrize("words", [[], ["d1", "--all"], ["--all", "--receiver", "pager"]])
def test_who_does_not_say_which_is_told_how(cloud: Cloud, run: Run, words: list[str]) -> None:
    done = run("delivery", "replay", *words)
    assert done.code == 1
    assert "say which" in done.err


def test_who_names_no_dead_letter_is_told_so(cloud: Cloud, run: Run) -> None:
    cloud.bodies[REPLAY] = {"replayed": 0}
    done = run("delivery", "replay", "--receiver", "pagre")
    assert done.code == 1
    assert "'hostdown delivery dead' lists them" in done.err
