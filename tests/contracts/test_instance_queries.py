"""How instances are looked for: statements are made once for a shape, and by an index."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from tests.contracts.test_instances import NOW, SECOND, add, find, instance
from tests.stores import sqlite_settings

from hostdown.services.cell_ports import Cell
from hostdown.services.instance_ports import InstanceQuery, Sort
from hostdown.storage import schema
from hostdown.storage.instance_queries import params_of, shape_of, statement_of
from hostdown.storage.sql import Compiler

NEWEST_FIRST = (Sort("created_at", True), Sort("id", True), Sort("uuid", False))
AFTER = instance()._replace(id=7)
PLACES = {sort.column: getattr(AFTER, sort.column) for sort in NEWEST_FIRST}


def test_queries_of_one_shape_have_one_statement() -> None:
    first = InstanceQuery(equal=[("host", ["a"])], order=NEWEST_FIRST, after=AFTER, limit=5)
    second = first._replace(equal=[("host", ["b"])], after=instance(), limit=6)
    third = first._replace(equal=[("host", ["a", "b"])])
    assert shape_of(first) == shape_of(second) != shape_of(third)
    assert params_of(first, PLACES).keys() == params_of(second, PLACES).keys()
    for query in (first, third, InstanceQuery(deleted=None, changed_since=NOW, limit=0)):
        compiled = statement_of(shape_of(query)).compile(dialect=sqlite.dialect())
        after = PLACES if query.after else {}
        assert compiled.params.keys() == params_of(query, after).keys()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (InstanceQuery(equal=[("project_id", ["p"])], limit=1000), "instances_project"),
        (InstanceQuery(equal=[("project_id", ["p"])], after=AFTER), "instances_project"),
        (InstanceQuery(limit=1000), "instances_created_at"),
        (InstanceQuery(after=AFTER, limit=1000), "instances_created_at"),
        (InstanceQuery(equal=[("host", ["h"])], limit=1000), "instances_host"),
        (InstanceQuery(equal=[("project_id", ["p"]), ("host", ["h"])]), "instances_host"),
    ],
)
def test_the_usual_lists_are_found_by_an_index(
    tmp_path: Path, query: InstanceQuery, index: str
) -> None:
    schema.ensure(sqlite_settings(tmp_path))
    query = query._replace(order=NEWEST_FIRST)
    text = Compiler(sqlite.dialect(paramstyle="named")).text(statement_of(shape_of(query)))
    (file,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(file) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {text}", params_of(query, {**PLACES, "created_at": str(NOW)})
        ).fetchall()
    connection.close()
    steps = [row[3] for row in plan]
    assert steps[0].startswith(f"SEARCH instances USING INDEX {index} (")
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_a_page_begins_behind_a_row_in_every_order(cell: Cell) -> None:
    for number in range(6):
        add(cell, name=f"n{number % 2}", host=None if number % 3 else "h")
    for descending in (False, True):
        order = (Sort("host", descending), Sort("name", not descending), Sort("id", descending))
        everything = find(cell, order=order)
        assert len(everything) == 6
        for place, after in enumerate(everything):
            assert find(cell, order=order, after=after) == everything[place + 1 :]
            assert find(cell, order=order, after=after, limit=1) == everything[place + 1 :][:1]


def test_what_was_alive_within_a_period_is_found_deleted_or_not(cell: Cell) -> None:
    lives = {
        "never started": (None, None),
        "ended before": (NOW - 9 * SECOND, NOW),
        "ended in it": (NOW - 9 * SECOND, NOW + SECOND),
        "lives": (NOW - 9 * SECOND, None),
        "started in it": (NOW + SECOND, NOW + 9 * SECOND),
        "started after": (NOW + 5 * SECOND, None),
    }
    for name, (launched, ended) in lives.items():
        add(cell, name=name, launched_at=launched, terminated_at=ended, deleted=ended is not None)
    found = find(cell, deleted=None, alive=(NOW, NOW + 5 * SECOND))
    assert {each.name for each in found} == {"ended in it", "lives", "started in it"}
