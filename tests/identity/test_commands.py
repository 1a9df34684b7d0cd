"""`hostdown user` and `hostdown project` on a database of their own."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stores import sqlite_settings

from hostdown.cli.app import main
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services.stamps import hash_of
from hostdown.services.tokens import KEY_NAME
from hostdown.storage import DatabaseSettings, open_storage

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def database(tmp_path: Path) -> DatabaseSettings:
    return sqlite_settings(tmp_path)


@pytest.fixture
def run(
    tmp_path: Path,
    database: DatabaseSettings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    config = tmp_path / "hostdown.conf"
    config.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\n[directory]\nconnection = {database.directory_url}\n"
    )

    def go(*words: str, typed: str = "") -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        try:
            code = main([*words, "--config-file", str(config)])
        except SystemExit as error:
            code = int(str(error.code))
        return (code, *capsys.readouterr())

    return go


def right(database: DatabaseSettings, name: str, password: str) -> bool:
    storage = open_storage(database)
    try:
        users = {
            user.name: user for user in storage.directory.read(lambda r: r.identity.users.all())
        }
    finally:
        storage.close()
    return BcryptPasswords().matches(password, hash_of(users[name].password_hash))


def test_a_user_is_made_listed_disabled_and_given_another_password(
    run: Run, database: DatabaseSettings
) -> None:
    code, out, _ = run("project", "add", "demo", "-f", "json")
    assert (code, json.loads(out)["name"]) == (0, "demo")
    add = ("user", "add", "ann", "--project", "demo", "-f", "json")
    code, out, _ = run(*add, typed="correct horse\n")
    assert (code, json.loads(out)["roles"]) == (0, "member")
    assert "correct horse" not in out
    assert right(database, "ann", "correct horse")
    assert run("user", "disable", "ann")[0] == 0
    _, out, _ = run("user", "list", "-f", "json")
    (row,) = json.loads(out)
    assert (row["Name"], row["Enabled"], row["Roles"]) == ("ann", "no", "demo: member")
    assert run("user", "enable", "ann")[0] == 0
    code, out, _ = run("user", "set-password", "ann", "--generate")
    assert code == 0
    assert right(database, "ann", out.strip())


def test_roles_are_given_and_taken_in_projects_and_in_the_system(run: Run) -> None:
    run("project", "add", "demo")
    run("user", "add", "ann", "--project", "demo", "--generate")
    grant, revoke = ("user", "grant", "ann", "--role"), ("user", "revoke", "ann", "--role")
    assert run(*grant, "admin", "--system")[0] == 0
    assert run(*grant, "reader", "--project", "demo")[0] == 0
    (row,) = json.loads(run("user", "list", "-f", "json")[1])
    assert row["Roles"] == "(system): admin; demo: member, reader"
    code, _, err = run(*revoke, "admin", "--system")
    assert (code, "make somebody else an admin first" in err) == (1, True)
    assert run(*revoke, "member", "--project", "demo")[0] == 0
    (row,) = json.loads(run("user", "list", "-f", "json")[1])
    assert row["Roles"] == "(system): admin; demo: reader"
    assert run(*grant, "reader")[0] == 2


def test_the_signing_key_is_replaced(run: Run, database: DatabaseSettings) -> None:
    def key() -> bytes | None:
        storage = open_storage(database)
        try:
            return storage.directory.read(lambda rows: rows.keys.get(KEY_NAME))
        finally:
            storage.close()

    seen = set()
    for _ in range(2):
        assert run("identity", "rotate-key")[:2] == (0, "")
        seen.add(key())
    assert len(seen - {None}) == 2


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("user", "add", "ann", "--project", "nowhere"), "correct horse\n", "no project named"),
        (("user", "set-password", "ann"), "correct horse\n", "There is no user named 'ann'"),
        (("user", "set-password", "ann"), "", "no password on standard input"),
        (("user", "set-password", "ann"), "short\n", "at least 8 characters"),
        (("user", "set-password", "ann"), "x" * 73 + "\n", "at most 72 bytes"),
        (("project", "add", " "), "", "cannot be used"),
        (("project", "add", "safe\u202eelif"), "", "cannot be used"),
        (("user", "grant", "bob", "--role", "admin", "--system"), "", "no user named 'bob'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    run: Run, words: tuple[str, ...], typed: str, sentence: str
) -> None:
    code, out, err = run(*words, typed=typed)
    assert code != 0
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


def file_of(database: DatabaseSettings) -> Path:
    return Path(database.directory_url.removeprefix("sqlite:///"))


def test_a_database_without_a_schema_is_not_filled_behind_the_server_s_back(
    run: Run, database: DatabaseSettings
) -> None:
    file_of(database).write_bytes(b"")
    code, _, err = run("user", "list")
    assert code == 1
    assert "is empty; start 'hostdown serve' once" in err


@pytest.mark.parametrize("words", [("user", "list"), ("project", "add", "demo")])
def test_a_database_that_is_not_there_is_not_made(
    run: Run, database: DatabaseSettings, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file_of(database).unlink()
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert "there is no database yet; start 'hostdown serve' once" in err
    assert sorted(tmp_path.iterdir()) == before


def test_the_version_of_a_database_that_is_not_there_is_told_and_nothing_is_made(
    run: Run, database: DatabaseSettings, tmp_path: Path
) -> None:
    file_of(database).unlink()
    before = sorted(tmp_path.iterdir())
    code, out, _ = run("db", "version", "-f", "json")
    assert (code, {row["Revision"] for row in json.loads(out)}) == (0, {"(no database yet)"})
    assert sorted(tmp_path.iterdir()) == before
    assert run("db", "upgrade")[0] == 0
    assert "no database yet" not in run("db", "version")[1]


def test_the_note_about_clouds_yaml_goes_to_standard_error(run: Run, tmp_path: Path) -> None:
    run("project", "add", "demo")
    run("user", "add", "ann", "--project", "demo", "--generate")
    (tmp_path / "clouds.yaml").write_text("")
    _, out, err = run("user", "set-password", "ann", typed="correct horse\n")
    assert (out, "are not changed" in err) == ("", True)
