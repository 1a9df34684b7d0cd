"""What hosts hold for servers that are on their way, on every database."""

from itertools import product

from tests.contracts.test_instances import FLAVOR, add
from tests.contracts.test_migrations import put, replace

from hostdown.domain.migration import ENDED, Migration, MigrationType, Status
from hostdown.domain.model import Flavor
from hostdown.services.cell_ports import Cell
from hostdown.services.migration_ports import Promised

BIG = FLAVOR._replace(id=2, vcpus=4, memory_mb=2048, root_gb=20)


def promised(cell: Cell) -> list[Promised]:
    return cell.read(lambda rows: rows.migrations.promised())


def size(host: str, *flavors: Flavor) -> Promised:
    sizes = [(each.vcpus, each.memory_mb, each.root_gb) for each in flavors]
    return Promised(host, len(flavors), *(sum(each) for each in zip(*sizes, strict=True)))


def moving(cell: Cell, where: str, **facts: object) -> Migration:
    """A server that is there, with a move of it."""
    server = add(cell, host=where, flavor=facts.pop("flavor", FLAVOR))
    return put(cell, **{"instance": server.uuid, "source_host": "a", **facts})


def test_a_destination_is_promised_what_comes(cell: Cell) -> None:
    moving(cell, "a", dest_host="b", status=Status.PRE_MIGRATING)
    moving(cell, "a", dest_host="b", status=Status.PRE_MIGRATING, flavor=BIG)
    resize = {"type": MigrationType.RESIZE, "old_flavor": FLAVOR, "new_flavor": BIG}
    moving(cell, "a", dest_host="c", status=Status.MIGRATING, **resize)
    moving(cell, "a", dest_host=None)
    assert promised(cell) == [size("b", FLAVOR, BIG), size("c", BIG)]


def test_a_finished_resize_holds_what_the_server_had_where_it_was(cell: Cell) -> None:
    resize = {"type": MigrationType.RESIZE, "old_flavor": FLAVOR, "new_flavor": BIG}
    one = moving(cell, "b", dest_host="b", status=Status.FINISHED, flavor=BIG, **resize)
    cold = {"type": MigrationType.MIGRATION, "status": Status.FINISHED}
    moving(cell, "b", dest_host="b", **cold)
    assert promised(cell) == [size("a", FLAVOR, FLAVOR)]
    assert replace(cell, one, status=Status.CONFIRMED) is not None
    assert promised(cell) == [size("a", FLAVOR)]


def test_nothing_is_promised_to_what_has_ended_or_goes_nowhere_else(cell: Cell) -> None:
    for status, where in product(ENDED, "ab"):
        moving(cell, where, dest_host="b", status=status)
    moving(cell, "a", dest_host="a", status=Status.PRE_MIGRATING)
    gone = moving(cell, "a", dest_host="b", status=Status.PRE_MIGRATING)
    assert promised(cell) == [size("b", FLAVOR)]
    assert replace(cell, gone, deleted=True) is not None
    assert promised(cell) == []
