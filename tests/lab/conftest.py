"""One lab for all tests that leave it as they found it: two hosts, whole and switched on."""

import shutil
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
def place(shared_lab: Bench, tmp_path: Path) -> Iterator[Bench]:
    """Where a test brings up a lab of its own; what QEMU can do is known there already."""
    with bench(tmp_path) as made:
        shutil.copytree(shared_lab.directory / "cache", tmp_path / "cache")
        yield made
    assert made.remains() == []
