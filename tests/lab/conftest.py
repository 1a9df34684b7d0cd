"""One lab for all tests that leave it as they found it: two hosts, whole and switched on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.bench import Bench, bench, need_everything

HOSTS = ("lab1", "lab2")


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    need_everything()
    with bench(tmp_path_factory.mktemp("lab")) as made:
        made.up(len(HOSTS))
        yield made
    assert made.remains() == []


@pytest.fixture
def lab(shared_lab: Bench) -> Iterator[Bench]:
    yield shared_lab
    left = {name: (row["Power"], row["Link"]) for name, row in shared_lab.status().items()}
    assert left == dict.fromkeys(HOSTS, ("on", "whole"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Bench]:
    """Where a test brings up a lab of its own; libvirt has been asked there what QEMU can do."""
    need_everything()
    with bench(tmp_path / "state") as made:
        yield made
    assert made.remains() == []
