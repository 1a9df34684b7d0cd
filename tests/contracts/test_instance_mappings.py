"""Which cell has which instance, on every database."""

from datetime import datetime, timedelta
from uuid import uuid4

from tests.contracts.test_instances import FLAVOR

from hostdown.services.directory_ports import Directory
from hostdown.services.instance_mapping_ports import Asked, InstanceMapping

NOW = datetime(2026, 3, 1, 12, 0, 0, 1)


def add(
    directory: Directory,
    cell: str,
    project_id: str = "p",
    age_s: int = 0,
    asked: Asked | None = None,
) -> InstanceMapping:
    at = NOW - timedelta(seconds=age_s)
    made = InstanceMapping(str(uuid4()), cell, project_id, at, asked=asked)
    directory.write(lambda rows: rows.instance_mappings.add(made))
    return made


def get(directory: Directory, uuid: str, deleted: bool = False) -> InstanceMapping | None:
    return directory.read(lambda rows: rows.instance_mappings.get(uuid, deleted))


def test_a_mapping_comes_back_as_it_was_written(directory: Directory) -> None:
    made = add(directory, "cell1")
    assert get(directory, made.uuid) == made
    asked = Asked("u", None, "", FLAVOR, None)
    for each in (asked, asked._replace(zone="z", image_id="i", group="g")):
        full = add(directory, "cell1", asked=each)
        assert (get(directory, full.uuid), full.asked) == (full, each)
    assert get(directory, str(uuid4())) is None
    assert get(directory, "\0") is None


def test_those_of_a_cell_and_of_a_project_come_newest_first(directory: Directory) -> None:
    older = add(directory, "cell1", age_s=1)
    newer = add(directory, "cell1", project_id="q")
    elsewhere = add(directory, "cell2", age_s=2)

    def both(name: str) -> list[InstanceMapping]:
        return [*directory.read(lambda rows: rows.instance_mappings.of_cell(name))]

    assert both("cell1") == [newer, older]
    assert both("cell3") == []
    of_project = directory.read(lambda rows: rows.instance_mappings.of_project("p"))
    assert of_project == [older, elsewhere]


def test_a_deleted_one_is_only_found_by_who_asks_for_it(directory: Directory) -> None:
    made = add(directory, "cell1")

    def delete(uuid: str) -> bool:
        return directory.write(lambda rows: rows.instance_mappings.deleted(uuid))

    assert [delete(made.uuid), delete(made.uuid), delete(str(uuid4()))] == [True, False, False]
    assert get(directory, made.uuid) is None
    assert get(directory, made.uuid, deleted=True) == made._replace(deleted=True)
    assert directory.read(lambda rows: rows.instance_mappings.of_cell("cell1")) == []
    assert directory.read(lambda rows: rows.instance_mappings.of_project("p")) == []


def test_those_of_a_cell_can_be_looked_at_bit_by_bit(directory: Directory) -> None:
    made = sorted(add(directory, "cell1").uuid for _ in range(5))
    add(directory, "cell2")
    gone = made.pop(2)
    directory.write(lambda rows: rows.instance_mappings.deleted(gone))

    def behind(uuid: str, limit: int = 3) -> list[str]:
        page = directory.read(lambda rows: rows.instance_mappings.behind("cell1", uuid, limit))
        return [each.uuid for each in page]

    assert behind("") == made[:3]
    assert behind(made[2]) == made[3:]
    assert behind(made[3]) == []
