"""Which of Tempest's tests run, and how their results are put together."""

import pytest
from tools.judge import report, selection
from tools.judge.tempest import Result, results

SERVICES = "tempest.api.compute.admin.test_services.ServicesAdminTestJSON.test_list_services"
CREATE = "tempest.api.compute.servers.test_create_server.ServersTestJSON.test_host_name"
VOLUMES = "tempest.api.volume.test_volumes_list.VolumesListTestJSON.test_volume_list"
PAIRS = [("tempest.api.compute.servers.(?!test_availability_zone)", "needs a server")]


def test_every_pattern_has_a_reason() -> None:
    pairs = selection.read(selection.LEFT_OUT.read_text())
    assert len(pairs) > 10
    assert all(reason for _, reason in pairs)
    assert len(dict(pairs)) == len(pairs)


def test_a_pattern_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="no reason stands before"):
        selection.read("# a comment\ntempest.api.compute.servers\n")


def test_all_of_the_compute_api_runs_but_what_is_left_out() -> None:
    chosen = selection.select([f"{SERVICES}[id-1,smoke]", CREATE, VOLUMES], PAIRS)
    assert chosen == ([f"{SERVICES}[id-1,smoke]"], {"needs a server": [CREATE]})


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (("tempest.api.compute.gone", "gone"), "no test is named like this"),
        (("tempest.api.compute.servers.test_create", "again"), "left out twice"),
    ],
)
def test_a_line_that_became_untrue_is_refused(more: tuple[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        selection.select([SERVICES, CREATE], [*PAIRS, more])


def test_a_dot_is_a_dot() -> None:
    with pytest.raises(ValueError, match="no test is named like this"):
        selection.select(["tempest.api.compute.test_x"], [("tempest.api.compute.test.x", "why")])


def test_what_befell_a_class_befell_its_tests_and_silence_is_a_failure() -> None:
    first, second, third = "a.Of.test_1", "a.Of.test_2", "b.Other.test_3"
    told = [
        Result(f"{first}[id-1]", "success", ""),
        Result("setUpClass (a.Of)", "skip", "not here"),
    ]
    found = results([f"{first}[id-1]", f"{second}[id-2]", third], told)
    assert found == [
        Result(first, "success", ""),
        Result(second, "skip", "not here"),
        Result(third, "absent", "it did not run"),
    ]
    assert not report.good(found)
    assert report.good(found[:2])
    lines = list(report.tempest(selection.Selection([], {"why": [CREATE]}), found))
    assert lines[0] == "  passed 1, failed 1, skipped 1, left out 1"
    assert f"  FAILED {third}" in lines
    assert lines[-2:] == ["  skipped: not here", f"    {second}"]
