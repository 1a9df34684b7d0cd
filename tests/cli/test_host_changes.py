"""`hostdown host set|reserve` and `hostdown host fence-status`."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud

PATH = "POST /agent/v1/hosts/compute1"


@pytest.mark.parametrize(
    ("words", "domain"),
    [(("--failure-domain", "rack7"), "rack7"), (("--no-failure-domain",), None)],
)
def test_a_host_is_put_into_a_failure_domain(
    openrc: Cloud, run: Run, words: tuple[str, ...], domain: str | None
) -> None:
    body = {"name": "compute1", "failure_domain": domain}
    openrc.bodies[f"{PATH}/failure-domain"] = {"host": body}
    ended = run("host", "set", *words, "compute1", "-f", "json")
    assert json.loads(ended.out) == {"Name": "compute1", "Failure Domain": domain}
    assert openrc.asked[-1].body == {"failure_domain": domain}


@pytest.mark.parametrize("word", ["on", "off"])
def test_a_host_is_reserved_or_no_more(openrc: Cloud, run: Run, word: str) -> None:
    kept = word == "on"
    openrc.bodies[f"{PATH}/reserve"] = {"host": {"name": "compute1", "reserved": kept}}
    ended = run("host", "reserve", "compute1", word, "-f", "json")
    assert json.loads(ended.out) == {"Name": "compute1", "Reserved": kept}
    assert openrc.asked[-1].body == {"reserved": kept}


@pytest.mark.parametrize(
    "words",
    [
        ("set", "compute1"),
        ("set", "--failure-domain", "a", "--no-failure-domain", "compute1"),
        ("reserve", "compute1", "perhaps"),
    ],
)
def test_what_makes_no_sense_is_refused(openrc: Cloud, run: Run, words: tuple[str, ...]) -> None:
    assert run("host", *words).code == 2


def test_an_answer_that_makes_no_sense_is_told(openrc: Cloud, run: Run) -> None:
    openrc.bodies[f"{PATH}/reserve"] = {}
    assert "not with a host" in run("host", "reserve", "compute1", "on").err


CHECKS = [
    {"host": "a", "checked_at": None, "broken": False, "failing_since": None, "problems": []},
    {
        "host": "b",
        "checked_at": "2026-03-01T12:00:00",
        "broken": True,
        "failing_since": "2026-03-01T11:00:00",
        "problems": ["Level 1 (redfish): It is dead.", "Level 2 (ipmi): So is this."],
    },
]


def test_whether_hosts_could_be_fenced_is_listed(openrc: Cloud, run: Run) -> None:
    openrc.bodies["GET /agent/v1/fence-checks"] = {"fence_checks": CHECKS}
    ended = run("host", "fence-status")
    assert ended.code == 1
    assert "Level 1 (redfish): It is dead." in ended.out
    only = run("host", "fence-status", "--broken", "-f", "json")
    assert [each["Host"] for each in json.loads(only.out)] == ["b"]
    openrc.bodies["GET /agent/v1/fence-checks"] = {"fence_checks": CHECKS[:1]}
    assert run("host", "fence-status").code == 0


def test_checks_that_make_no_sense_are_told(openrc: Cloud, run: Run) -> None:
    openrc.bodies["GET /agent/v1/fence-checks"] = {}
    assert "not with checks of fencing" in run("host", "fence-status").err
