"""Migrations in a world, as if somebody had begun them."""

from tests.api.world import PROJECT, World
from tests.contracts.test_migrations import made

from hostdown.domain.migration import Migration, MigrationType, Status

LIVE: dict[str, object] = {"type": MigrationType.LIVE, "status": Status.RUNNING}


def move(world: World, **facts: object) -> Migration:
    """A migration that begins now: from host1, of nobody's server unless `instance` is given."""
    usual = {"source_host": "host1", "source_node": "node1", "user_id": "ann"}
    begun = {"project_id": PROJECT, "created_at": world.clock.at}
    one = made(**{**usual, **begun, **facts})
    added: Migration | None = world.cell.write(lambda rows: rows.migrations.add(one))
    assert added is not None
    return added
