"""Hosts that fall silent, return, or claim a name that is another's."""

import signal

from hostdown.cli.demo.stage import Stage


def test_a_killed_agent_goes_down_after_the_down_time_and_comes_back(stage: Stage) -> None:
    """Not before: until then its last report still counts."""
    limit, interval = stage.timing.service_down_time_s, stage.timing.report_interval_s
    stage.stop("compute3", signal.SIGKILL)
    took = stage.until("it is down", lambda: stage.state("compute3") == "down", limit + 10)
    assert took >= limit - interval - 1
    stage.start_host("compute3")
    stage.until("it is up", lambda: stage.state("compute3") == "up", 20)


def test_a_forced_down_host_goes_on_reporting_and_stays_down(stage: Stage) -> None:
    def last_seen() -> str:
        return str(stage.get("/agent/v1/hosts/compute1")["host"]["last_seen_up"])

    stage.change("compute1", forced_down=True)
    for _ in range(2):
        before = last_seen()
        stage.until("it reports again", lambda before=before: last_seen() != before, 10)
        assert stage.state("compute1") == "down"
    stage.change("compute1", forced_down=False)
    assert stage.state("compute1") == "up"


def test_a_second_agent_cannot_take_the_name_of_a_live_host(stage: Stage) -> None:
    stage.start_host("compute2", known_as="impostor")
    assert stage.wait_for_end("impostor", 20) != 0
    assert "compute2" in stage.log("impostor")
    assert stage.state("compute2") == "up"
