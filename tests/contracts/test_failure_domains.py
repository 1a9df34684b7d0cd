"""The failure domains that operators put hosts into, on every database."""

from datetime import datetime

import pytest

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.model import Caller, HostRecord
from hostdown.domain.recovery_errors import FailureDomainInvalid
from hostdown.domain.zones import ZonePolicy
from hostdown.services.directory_ports import Directory
from hostdown.services.failure_domains import label
from hostdown.services.zone_map import ZoneMap

NOW = datetime(2026, 3, 1, 12)
ADMIN = Caller("a", "admin", "p", ("admin",), "req-1")


def enrolled(directory: Directory, name: str) -> None:
    record = HostRecord(f"id of {name}", name, "cell1", b"s", "m", "b", 1, 1, "1", NOW, None)
    directory.write(lambda rows: rows.hosts.add(record))


def known(directory: Directory) -> dict[str, str]:
    return directory.read(lambda rows: rows.failure_domains.all())


def test_a_host_has_one_the_newest_or_none(directory: Directory) -> None:
    for name in ("a", "A", "b"):
        enrolled(directory, name)
        label(directory, ADMIN, name, "rack 1", NOW)
    label(directory, ADMIN, "a", "Régal 'Ω'", NOW)
    assert known(directory) == {"a": "Régal 'Ω'", "A": "rack 1", "b": "rack 1"}
    label(directory, ADMIN, "b", None, NOW)
    label(directory, ADMIN, "b", None, NOW)
    assert known(directory) == {"a": "Régal 'Ω'", "A": "rack 1"}


def test_whoever_remembers_the_zones_sees_it(directory: Directory) -> None:
    zones = ZoneMap(directory, ZonePolicy())
    enrolled(directory, "a")
    assert dict(zones.current().domains) == {}
    label(directory, ADMIN, "a", "rack1", NOW)
    assert dict(zones.current().domains) == {"a": "rack1"}
    label(directory, ADMIN, "a", None, NOW)
    assert dict(zones.current().domains) == {}


def test_only_a_host_that_is_known_has_one_and_only_a_good_name_is_taken(
    directory: Directory,
) -> None:
    with pytest.raises(HostNotMapped):
        label(directory, ADMIN, "a", "rack1", NOW)
    enrolled(directory, "a")
    with pytest.raises(FailureDomainInvalid):
        label(directory, ADMIN, "a", "", NOW)
    assert known(directory) == {}
