# ruff: noqa: RUF001 - letters that look alike are what these tests are about
"""Names are compared exactly, by code point, in any script, on every database."""

from datetime import datetime

import pytest

from hostdown.domain.model import HostRecord
from hostdown.services.cell_ports import Cell, Refusal
from hostdown.services.directory_ports import Directory

NOW = datetime(2026, 3, 1, 12)

ALIKE = [
    "compute1",
    "Compute1",
    "compute1 ",
    " compute1",
    "compute1\t",
    "cömpute1",
    "co\u0308mpute1",
    "ｃompute1",
    "compute1\u200b",
    "computе1",
    "straße",
    "strasse",
    "İ",
    "i",
    "I",
    "ı",
]
SCRIPTS = ["计算节点-一", "вузол", "κόμβος", "حاسوب", "ノード", "🖥️-1", "𝔥𝔬𝔰𝔱", "x" * 255, "🖥" * 255]


def host(name: str) -> HostRecord:
    key = name.encode().hex()[:36]
    return HostRecord(key, name, "cell1", b"", "", "", 0, 0, "", NOW, None)


def test_names_that_look_alike_are_different_hosts(cell: Cell, directory: Directory) -> None:
    for name in ALIKE:
        cell.write(lambda rows, n=name: rows.services.create(n, "nova-compute", NOW, None))
        directory.write(lambda rows, n=name: rows.hosts.add(host(n)))
    for name in ALIKE:
        services = cell.read(lambda rows, n=name: rows.services.find(n))
        assert [service.host for service in services] == [name]
        found = directory.read(lambda rows, n=name: rows.hosts.named(n))
        assert found is not None
        assert found.name == name
    assert cell.read(lambda rows: rows.services.find("COMPUTE1")) == []
    assert cell.read(lambda rows: rows.services.find("compute1", "Nova-compute")) == []
    assert directory.read(lambda rows: rows.hosts.named("COMPUTE1")) is None


def test_hosts_are_listed_by_code_point(directory: Directory) -> None:
    names = [*ALIKE, *SCRIPTS[:-2], "Z", "a", "_", "-"]
    for name in names:
        directory.write(lambda rows, n=name: rows.hosts.add(host(n)))
    listed = [record.name for record in directory.read(lambda rows: rows.hosts.all())]
    assert listed == sorted(names)


@pytest.mark.parametrize("name", SCRIPTS, ids=range(len(SCRIPTS)))
def test_names_of_any_script_and_length_come_back_as_they_were(
    cell: Cell, directory: Directory, name: str
) -> None:
    made = cell.write(lambda rows: rows.services.create(name, "nova-compute", NOW, name))
    assert (made.host, made.disabled_reason) == (name, name)
    assert cell.read(lambda rows: rows.services.find(name)) == [made]
    directory.write(lambda rows: rows.hosts.add(host(name)))
    assert directory.read(lambda rows: rows.hosts.named(name)) == host(name)
    refusal = Refusal(name, name, 1, NOW)
    cell.write(lambda rows: rows.reports.refusals([refusal]))
    assert cell.read(lambda rows: rows.reports.refused(name)) == [refusal]


@pytest.mark.parametrize("name", ["", "\0", "compute1\0", "'; DROP TABLE services; --", "%", "%s"])
def test_a_name_that_nobody_can_have_is_not_found(
    cell: Cell, directory: Directory, name: str
) -> None:
    cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    assert cell.read(lambda rows: rows.services.find(name)) == []
    assert cell.read(lambda rows: rows.services.find("compute1", name)) == []
    assert cell.read(lambda rows: rows.services.get(name)) is None
    assert directory.read(lambda rows: rows.hosts.named(name)) is None
    assert directory.read(lambda rows: rows.hosts.get(name)) is None
