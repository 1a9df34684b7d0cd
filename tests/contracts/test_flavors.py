"""Flavors, on every database."""

import pytest
from tests.contracts.databases import run

from hostdown.domain.model import Flavor
from hostdown.services.directory_ports import Directory
from hostdown.storage import DatabaseSettings
from hostdown.storage.directory_tables import flavors
from hostdown.storage.migrations.directory.versions.d0003_aggregates_and_flavors import FLAVORS

LARGE = {
    "id": 7,
    "flavorid": "höchst-7",
    "name": "ümlaut 7",
    "vcpus": 2**31 - 1,
    "memory_mb": 2**40,
    "root_gb": 2**41,
    "ephemeral_gb": 2**42,
    "swap_mb": 2**43,
    "rxtx_factor": 0.1,
    "is_public": False,
    "disabled": True,
    "description": "'\"\\%λ",
    "extra_specs": '{"hw:numa_nodes": "1", "\\"quoted\\"": "λ"}',
}
SMALL = {
    **LARGE,
    "id": 3,
    "flavorid": "HÖCHST-7",
    "name": "ÜMLAUT 7",
    "is_public": True,
    "disabled": False,
    "description": None,
    "extra_specs": "{}",
}


@pytest.fixture
def two(settings: DatabaseSettings, directory: Directory) -> Directory:
    run(settings.directory_url, flavors.insert().values([LARGE, SMALL]))
    return directory


def test_flavors_come_back_as_they_were_written(two: Directory) -> None:
    specs = {"hw:numa_nodes": "1", '"quoted"': "λ"}
    large = Flavor(**{**LARGE, "extra_specs": specs})  # type: ignore[arg-type] # mixed values
    small = Flavor(**{**SMALL, "extra_specs": {}})  # type: ignore[arg-type] # mixed values
    found = two.read(lambda rows: rows.flavors.all())
    assert found == [small, large]
    assert [(f.is_public is True, f.disabled is True) for f in found] == [
        (True, False),
        (False, True),
    ]
    assert two.read(lambda rows: rows.flavors.get("höchst-7")) == large
    assert two.read(lambda rows: rows.flavors.get("HÖCHST-7")) == small


@pytest.mark.parametrize("flavorid", ["7", "", "höchst-7 ", "Höchst-7", "a\0b"])
def test_a_flavor_that_is_not_there_is_none(two: Directory, flavorid: str) -> None:
    assert two.read(lambda rows: rows.flavors.get(flavorid)) is None


def test_a_new_deployment_has_the_sizes_that_everybody_knows() -> None:
    assert [row[1] for row in FLAVORS] == [
        "m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge",
    ]  # fmt: skip
