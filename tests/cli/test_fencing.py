"""`hostdown host fence-test`."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud

PATH = "POST /agent/v1/hosts/compute1/fence-test"
GOOD = {
    "level": 1,
    "driver": "redfish",
    "power": "on",
    "uuid": "50960220-53cf-476a-8a43-74b2dc5ec977",
    "serial": "SN1",
    "problem": None,
}


def test_each_level_is_a_row(openrc: Cloud, run: Run) -> None:
    openrc.bodies[PATH] = {"levels": [GOOD]}
    ended = run("host", "fence-test", "compute1", "-f", "json")
    (row,) = json.loads(ended.out)
    assert (ended.code, row["Driver"], row["Power"], row["Problem"]) == (0, "redfish", "on", None)


@pytest.mark.parametrize("levels", [[], [GOOD, GOOD | {"level": 2, "problem": "It is dead."}]])
def test_what_would_not_do_makes_it_a_failure(
    openrc: Cloud, run: Run, levels: list[dict[str, object]]
) -> None:
    openrc.bodies[PATH] = {"levels": levels}
    ended = run("host", "fence-test", "compute1", "-f", "json")
    assert (ended.code, len(json.loads(ended.out))) == (1, len(levels))


def test_levels_of_a_file_that_is_not_used_any_more_are_a_failure(openrc: Cloud, run: Run) -> None:
    openrc.bodies[PATH] = {"levels": [GOOD], "outdated": "The file is broken."}
    ended = run("host", "fence-test", "compute1", "-f", "json")
    assert (ended.code, len(json.loads(ended.out))) == (1, 1)
    assert "The file is broken." in ended.err
    openrc.bodies["GET /agent/v1/fence-checks"] = {"fence_checks": [], "outdated": "It is broken."}
    ended = run("host", "fence-status")
    assert (ended.code, "It is broken." in ended.err) == (1, True)


def test_an_answer_that_makes_no_sense_is_told(openrc: Cloud, run: Run) -> None:
    openrc.bodies[PATH] = {}
    ended = run("host", "fence-test", "compute1")
    assert ended.code == 1
    assert "not with a list of levels" in ended.err
