"""The fencing file of a lab, without one."""

from pathlib import Path

import pytest

from hostdown.drivers.fencing.fencing_file import FencingFile
from hostdown.lab.fencing import write_fencing
from hostdown.lab.plan import Plan, hosts_in


@pytest.mark.parametrize(
    ("watchdog", "drivers"), [(False, ["redfish"]), (True, ["redfish", "watchdog"])]
)
def test_it_names_the_watchdogs_that_hosts_arm(
    tmp_path: Path, watchdog: bool, drivers: list[str]
) -> None:
    hosts = hosts_in("10.99.3.0/24", "compute", 2)
    plan = Plan(
        tmp_path, "10.99.3.0/24", hosts, "", True, "", None, "fake", False, 1, 5, watchdog=watchdog
    )
    file = FencingFile(write_fencing(plan), {})
    for each in hosts:
        assert [level.driver for level in file.of(each.name)] == drivers
