"""`hostdown host report-fault`, and what others said in `host show`."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, Fault
from tests.cli.test_hosts import HOST

PATH = "POST /events"
TAKEN = {
    "id": 7, "host": "compute1", "kind": "compute.host.down", "source": "operator", "times": 1,
    "meaning": "heard",
}  # fmt: skip
EVENT = {
    "id": 7, "kind": "compute.host.down", "source": "monitor_sample", "event_id": "e",
    "said_at": None, "first_at": "2026-01-02T03:04:05.000000",
    "last_at": "2026-01-02T03:05:05.000000", "times": 3, "user": "watcher", "user_id": "u",
    "request_id": "req-1", "details": {"cause": "ping"},
}  # fmt: skip


def test_what_is_seen_is_sent_as_doctors_event(openrc: Cloud, run: Run) -> None:
    openrc.bodies[PATH] = {"events": [TAKEN], "ignored": []}
    words = ("--kind", "down", "--reason", "its rack is dark", "-f", "json")
    ended = run("host", "report-fault", "compute1", *words)
    shown = json.loads(ended.out)
    assert (ended.code, shown["Kind"], shown["Meaning"]) == (0, "compute.host.down", "heard")
    assert "the host is heard" in shown["In Words"]
    (asked,) = [each for each in openrc.asked if each.path == "/events"]
    assert asked.body == {
        "type": "compute.host.down",
        "details": {"hostname": "compute1", "monitor": "operator", "reason": "its rack is dark"},
    }


@pytest.mark.parametrize("kind", ["down", "up", "degraded", "kdump"])
def test_every_kind_has_a_word_and_a_source_may_be_given(
    openrc: Cloud, run: Run, kind: str
) -> None:
    openrc.bodies[PATH] = {"events": [TAKEN], "ignored": []}
    run("host", "report-fault", "a", "--kind", kind, "--reason", "r", "--source", "ping.sh")
    asked = openrc.asked[-1].body
    assert (asked["type"], asked["details"]["monitor"]) == (f"compute.host.{kind}", "ping.sh")


def test_up_takes_back_what_the_source_said(openrc: Cloud, run: Run) -> None:
    up = {"kind": "compute.host.up", "meaning": "noted"}
    openrc.bodies[PATH] = {"events": [TAKEN | up], "ignored": []}
    ended = run("host", "report-fault", "a", "--kind", "up", "--reason", "r", "-f", "json")
    assert "said of the host before is taken back" in json.loads(ended.out)["In Words"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--kind", "down"),
        ("--kind", "odd", "--reason", "r"),
        ("--kind", "down", "--reason", " "),
    ],
)
def test_without_kind_and_reason_nothing_is_sent(
    openrc: Cloud, run: Run, words: tuple[str, ...]
) -> None:
    assert run("host", "report-fault", "compute1", *words).code == 2
    assert openrc.asked == []


def test_an_unknown_host_is_not_found(openrc: Cloud, run: Run) -> None:
    sentence = "Host 'nope' is not mapped to any cell"
    told = {"error": {"code": "host-not-mapped", "message": sentence}}
    openrc.faults["POST /events"] = Fault(404, told)
    ended = run("host", "report-fault", "nope", "--kind", "down", "--reason", "r")
    assert (ended.code, sentence in ended.err) == (3, True)


def test_an_answer_that_makes_no_sense_is_told(openrc: Cloud, run: Run) -> None:
    openrc.bodies[PATH] = {"events": []}
    ended = run("host", "report-fault", "a", "--kind", "down", "--reason", "r")
    assert (ended.code, "not with the event" in ended.err) == (1, True)


def test_show_tells_what_others_said(openrc: Cloud, run: Run) -> None:
    openrc.hosts["compute1"] = HOST | {"events": [EVENT]}
    shown = json.loads(run("host", "show", "compute1", "-f", "json").out)
    assert shown["Said By Others"] == [EVENT]
    assert (
        "2026-01-02T03:05:05.000000 monitor_sample: compute.host.down (3 x, sent by watcher, req-1)"
    ) in run("host", "show", "compute1").out
