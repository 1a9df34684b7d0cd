"""What an administrator hears when a host's fencing is tried without harm."""

import pytest
from tests.agent.house import House
from tests.agent.test_admin import ask
from tests.servers.recovering import Switch, identity

from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.drivers.fencing.fake import FakeFault, FakeFencePath, FakeFencePaths
from hostdown.services.fence_ports import FenceLevel
from hostdown.storage import Storage

PATH = "/hosts/compute1/fence-test"


class Fenced:
    """A house whose one host has a BMC and a watchdog."""

    def __init__(self, store: Storage) -> None:
        self.switch = Switch()
        self.bmc = FakeFencePath(self.switch, identity("compute1"), lambda _: None)
        first = FenceLevel(1, "fake", self.bmc, identity("compute1"))
        levels = {"compute1": [first, FenceLevel(2, "watchdog", None, None)]}
        self.paths = FakeFencePaths(levels)
        self.house = House(store, fences=self.paths)
        self.host = self.house.reporting("compute1")


@pytest.fixture
def fenced(store: Storage) -> Fenced:
    return Fenced(store)


def test_each_level_says_what_it_sees_and_nothing_is_switched(fenced: Fenced) -> None:
    first, second = ask(fenced.house, "POST", PATH).json["levels"]
    assert (first["level"], first["driver"], first["power"]) == (1, "fake", "on")
    assert (first["uuid"], first["problem"]) == ("uuid of compute1", None)
    assert (second["driver"], second["power"], second["problem"]) == ("watchdog", None, None)
    assert fenced.switch.on
    assert fenced.bmc.sent == 0


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (FakeFault.DEAD, "did not answer in time"),
        (FakeFault.REFUSES, "does not know this password"),
        (FakeFault.FOREIGN, "the fencing file says another one"),
    ],
)
def test_a_broken_path_is_told_before_it_is_needed(
    fenced: Fenced, fault: FakeFault, problem: str
) -> None:
    fenced.bmc.fault = fault
    assert problem in ask(fenced.house, "POST", PATH).json["levels"][0]["problem"]


def test_a_file_that_is_not_used_any_more_is_told(fenced: Fenced) -> None:
    assert ask(fenced.house, "POST", PATH).json["outdated"] is None
    fenced.paths.unread = "It is broken."
    assert ask(fenced.house, "POST", PATH).json["outdated"] == "It is broken."
    assert ask(fenced.house, "GET", "/fence-checks").json["outdated"] == "It is broken."
    plan = ask(fenced.house, "GET", "/hosts/compute1/recovery-plan").json["plan"]
    assert plan["warnings"][0] == "It is broken."


def test_a_host_that_may_sleep_is_told_of_before_its_off_is_needed(fenced: Fenced) -> None:
    fenced.house.reporting("compute1", store=fenced.host.store, sleeps=True)
    first, second = ask(fenced.house, "POST", PATH).json["levels"]
    assert (first["power"], first["problem"]) == ("on", MAY_SLEEP)
    assert second["problem"] is None


def test_a_host_that_nothing_can_fence_says_so(fenced: Fenced) -> None:
    fenced.paths.levels["compute1"] = [FenceLevel(1, "none", None, None)]
    (only,) = ask(fenced.house, "POST", PATH).json["levels"]
    assert only["problem"] == "nothing can fence it"


def test_one_that_the_file_forgets_or_nobody_knows_is_refused(fenced: Fenced) -> None:
    del fenced.paths.levels["compute1"]
    answer = ask(fenced.house, "POST", PATH)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "host-without-fencing")
    unknown = ask(fenced.house, "POST", "/hosts/nobody/fence-test")
    assert (unknown.status_code, unknown.json["error"]["code"]) == (404, "host-not-mapped")
