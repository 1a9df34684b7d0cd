"""Creating, checking and upgrading the schemas, on every database."""

import os
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from tests.contracts.databases import KINDS, WAYS, empty_settings, run

from hostdown.domain.errors import SchemaUnknown
from hostdown.storage import DatabaseSettings, cell_tables, directory_tables, open_storage, schema
from hostdown.storage.exclusive import exclusive
from hostdown.storage.migrations import VERSION_TABLES
from hostdown.storage.settings import database_url


@pytest.fixture(params=WAYS)
def empty(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    kind, layout = request.param
    with empty_settings(kind, layout) as settings:
        yield settings


@pytest.fixture(params=KINDS)
def apart(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """Two empty databases: for rules that sharing one cannot break."""
    with empty_settings(request.param, "two") as settings:
        yield settings


def urls(settings: DatabaseSettings) -> dict[str, str]:
    return {"directory": settings.directory_url, "cell": settings.cell_url}


def table_names(url: str) -> list[str]:
    found = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        "mariadb": "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = DATABASE() ORDER BY 1",
    }[database_url(url).get_backend_name()]
    return [str(name) for (name,) in run(url, text(found))]


def test_an_empty_database_gets_the_newest_schema(empty: DatabaseSettings) -> None:
    assert [found.found for found in schema.version(empty)] == [None, None]
    schema.ensure(empty)
    schema.ensure(empty)
    for found in schema.version(empty):
        assert found.found == found.newest
    storage = open_storage(empty)
    assert storage.directory.read(lambda rows: rows.hosts.all()) == []
    storage.close()


def test_the_migrations_make_the_tables_that_the_statements_use(apart: DatabaseSettings) -> None:
    schema.ensure(apart)
    for name, metadata in (
        ("directory", directory_tables.metadata),
        ("cell", cell_tables.metadata),
    ):
        with exclusive(database_url(urls(apart)[name]), apart) as connection:
            ours = {*metadata.tables, VERSION_TABLES[name]}
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "version_table": VERSION_TABLES[name],
                    "include_name": lambda n, kind, _, o=ours: kind != "table" or n in o,
                },
            )
            assert compare_metadata(context, metadata) == []


def _start(settings: DatabaseSettings) -> None:
    schema.ensure(settings)


def test_servers_that_start_at_once_on_an_empty_database_all_succeed(
    empty: DatabaseSettings,
) -> None:
    servers = [get_context("fork").Process(target=_start, args=(empty,)) for _ in range(3)]
    for server in servers:
        server.start()
    for server in servers:
        server.join(timeout=60)
    assert [server.exitcode for server in servers] == [0, 0, 0]
    assert [found.found for found in schema.version(empty)] == [
        found.newest for found in schema.version(empty)
    ]


@pytest.mark.parametrize("where", ["directory", "cell"])
def test_another_programs_database_is_refused_and_left_alone(
    apart: DatabaseSettings, where: str
) -> None:
    url = urls(apart)[where]
    run(
        url,
        text("CREATE TABLE alembic_version (version_num VARCHAR(32))"),
        text("CREATE TABLE services (id INTEGER, topic VARCHAR(9))"),
        text("INSERT INTO alembic_version VALUES ('960aac0e09ea')"),
    )
    before = table_names(url)
    for action in (schema.ensure, schema.upgrade, schema.version):
        with pytest.raises(SchemaUnknown, match=r"another program \(alembic_version, services\)"):
            action(apart)
    assert table_names(url) == before
    assert run(url, text("SELECT version_num FROM alembic_version")) == [("960aac0e09ea",)]


@pytest.mark.parametrize("name", ["directory", "cell"])
def test_files_of_a_history_are_named_by_their_revisions_and_no_two_have_one(name: str) -> None:
    """What is newest is known without loading them all."""
    with create_engine("sqlite://").connect() as connection:
        scripts = ScriptDirectory.from_config(schema.history(name, connection))
    settings = DatabaseSettings(
        directory_url="sqlite:////nowhere/a.sqlite", cell_url="sqlite:////nowhere/b.sqlite"
    )
    newest = {found.schema: found.newest for found in schema.version(settings)}
    assert newest[name] == scripts.get_current_head()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def make_first(settings: DatabaseSettings) -> None:
    """Both schemas at their first revision, with a row from then."""
    for name, url in urls(settings).items():
        with exclusive(database_url(url), settings) as connection:
            command.upgrade(schema.history(name, connection), f"{name[0]}0001")
    columns = "uuid, host, {0}binary{0}, disabled, forced_down, created_at"
    quote = "`" if settings.cell_url.startswith("mariadb") else '"'
    values = "'u1', 'compute1', 'nova-compute', false, true, '2026-03-01 12:00:00.000000'"
    run(
        settings.cell_url,
        text(f"INSERT INTO services ({columns.format(quote)}) VALUES ({values})"),  # noqa: S608 - constants
    )


def test_an_older_schema_is_refused_until_it_is_upgraded(empty: DatabaseSettings) -> None:
    make_first(empty)
    with pytest.raises(SchemaUnknown, match=r"at revision 'd0001'.*run 'hostdown db upgrade'"):
        schema.ensure(empty)
    assert [found.found for found in schema.version(empty)] == ["d0001", "c0001"]
    schema.upgrade(empty)
    schema.ensure(empty)
    storage = open_storage(empty)
    (service,) = storage.cells.all()[0].read(lambda rows: rows.services.find("compute1"))
    assert service.forced_down
    changed, _ = storage.cells.all()[0].read(lambda rows: rows.services.changed_since(0))
    assert [row.service for row in changed] == [service]
    storage.close()


def test_a_newer_schema_is_refused_with_what_to_do(apart: DatabaseSettings) -> None:
    schema.ensure(apart)
    for name, url in urls(apart).items():
        run(url, text(f"UPDATE {VERSION_TABLES[name]} SET version_num = 'x9999'"))  # noqa: S608 - constants
    for action in (schema.ensure, schema.upgrade):
        with pytest.raises(
            SchemaUnknown, match=r"'x9999'.*install the version that made it, or a newer one"
        ):
            action(apart)
    assert [found.found for found in schema.version(apart)] == ["x9999", "x9999"]


def test_a_creation_that_was_interrupted_is_told(apart: DatabaseSettings) -> None:
    schema.ensure(apart)
    run(apart.cell_url, text(f"DELETE FROM {VERSION_TABLES['cell']}"))  # noqa: S608 - constants
    with pytest.raises(SchemaUnknown, match="interrupted; give it an empty database"):
        schema.ensure(apart)


def test_no_message_shows_a_password() -> None:
    settings = DatabaseSettings("postgresql://u:s3cret@h/d", "postgresql://u:s3cret@h/d")
    assert "s3cret" not in repr(settings)
    for url in ("postgresql//u:s3cret@h", "oracle://u:s3cret@h/d"):
        with pytest.raises(ValueError, match=r".") as caught:
            database_url(url)
        assert "s3cret" not in str(caught.value)


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/hostdown 100%.sqlite"
    schema.ensure(DatabaseSettings(url, url))
    made = list((tmp_path / "new").iterdir())
    assert made
    assert {oct(os.stat(path).st_mode & 0o777) for path in made} == {"0o600"}
    assert oct(os.stat(tmp_path / "new").st_mode & 0o777) == "0o700"
