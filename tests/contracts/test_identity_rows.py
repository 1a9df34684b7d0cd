"""Users, projects and role assignments, on every database."""

from threading import Barrier, Thread

import pytest

from hostdown.domain.errors import NameTaken
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.identity_ports import SYSTEM, Grant, Held, Project, User

PASSWORD_HASH = "stamp:$2b$04$hash"


def user(key: str, name: str, enabled: bool = True) -> User:
    return User(key, name, PASSWORD_HASH, enabled, None, {})


def project(key: str, name: str, enabled: bool = True) -> Project:
    return Project(key, name, enabled, f"stamp-{key}", {})


def filled(directory: Directory, *made: User | Project | Grant) -> None:
    """Write these rows."""

    def put(rows: DirectoryRows) -> None:
        for each in made:
            if isinstance(each, User):
                rows.identity.users.put(each)
            elif isinstance(each, Project):
                rows.identity.projects.put(each)
            else:
                held = rows.identity.grants.of(each.user_id, each.target)
                roles = (*held.roles, each.role) if held else (each.role,)
                rows.identity.grants.put(each.user_id, each.target, Held(roles, "s"))

    directory.write(put)


def test_users_and_projects_are_put_by_id_and_found_by_id_and_name(directory: Directory) -> None:
    zoe = user("1", "zoë")._replace(extra={"email": "zoe@example.org", "n": [1, None, "\0\u2028"]})
    adam = user("2", "adam", enabled=False)._replace(default_project_id="p")
    demo = project("p", "demo")._replace(extra={"description": "\U0001f600"})
    filled(directory, zoe, adam, demo)
    assert directory.read(lambda rows: rows.identity.users.all()) == [adam, zoe]
    assert directory.read(lambda rows: rows.identity.users.count()) == 2
    assert directory.read(lambda rows: rows.identity.projects.all()) == [demo]
    assert directory.read(lambda rows: rows.identity.users.get("1")) == zoe
    assert directory.read(lambda rows: rows.identity.users.named("zoë")) == zoe
    assert directory.read(lambda rows: rows.identity.projects.named("demo")) == demo
    renamed = zoe._replace(name="Adam", password_hash="other", default_project_id="p", extra={})
    filled(directory, renamed)
    assert directory.read(lambda rows: rows.identity.users.all()) == [renamed, adam]


@pytest.mark.parametrize("name", ["ADAM", "adam ", "ad", "", "adam\0", "x" * 1000])
def test_names_and_ids_are_compared_exactly(directory: Directory, name: str) -> None:
    filled(directory, user("adam", "adam"), project("adam", "adam"))
    for kind in ("users", "projects"):
        for look in ("get", "named"):
            found = directory.read(
                lambda rows, k=kind, w=look: getattr(getattr(rows.identity, k), w)(name)
            )
            assert found is None


def test_a_users_and_a_projects_name_are_theirs(directory: Directory) -> None:
    filled(directory, user("1", "a"), project("1", "a"))
    with pytest.raises(NameTaken, match="A user named 'a' exists already"):
        filled(directory, user("2", "a"))
    with pytest.raises(NameTaken, match="A project named 'a' exists already"):
        filled(directory, project("2", "a"))
    assert [row.id for row in directory.read(lambda rows: rows.identity.users.all())] == ["1"]


def test_roles_are_replaced_as_a_whole(directory: Directory) -> None:
    def put(target: str, *roles: str) -> None:
        held = Held(roles, f"s{len(roles)}")
        directory.write(lambda rows: rows.identity.grants.put("u", target, held))

    def held(target: str) -> Held | None:
        return directory.read(lambda rows: rows.identity.grants.of("u", target))

    put("p", "reader", "admin", "admin")
    put(SYSTEM, "member")
    assert held("p") == Held(("admin", "reader"), "s3")
    assert directory.read(lambda rows: rows.identity.grants.targets("u")) == {"p", SYSTEM}
    assert directory.read(lambda rows: rows.identity.grants.count()) == 3
    assert directory.read(lambda rows: rows.identity.grants.all()) == [
        Grant("u", "p", "admin"), Grant("u", "p", "reader"), Grant("u", SYSTEM, "member"),
    ]  # fmt: skip
    put("p")
    assert held("p") is None
    assert held(SYSTEM) == Held(("member",), "s1")


def test_what_is_removed_takes_its_roles_along(directory: Directory) -> None:
    ann = user("1", "ann")._replace(default_project_id="p")
    filled(
        directory, ann, user("2", "bob"), project("p", "p"), project("q", "q"),
        Grant("1", "p", "member"), Grant("1", "q", "member"), Grant("2", "p", "reader"),
        Grant("2", SYSTEM, "admin"),
    )  # fmt: skip
    directory.write(lambda rows: rows.identity.projects.remove("p"))
    assert directory.read(lambda rows: rows.identity.grants.all()) == [
        Grant("1", "q", "member"), Grant("2", SYSTEM, "admin"),
    ]  # fmt: skip
    kept = directory.read(lambda rows: rows.identity.users.get("1"))
    assert kept == ann._replace(default_project_id=None)
    directory.write(lambda rows: rows.identity.users.remove("1"))
    assert [row.id for row in directory.read(lambda rows: rows.identity.users.all())] == ["2"]
    assert directory.read(lambda rows: rows.identity.grants.all()) == [Grant("2", SYSTEM, "admin")]


@pytest.mark.parametrize(
    ("rows", "admins"),
    [
        ((user("1", "a"), Grant("1", SYSTEM, "admin")), 1),
        ((user("1", "a"), project("p", "p"), Grant("1", "p", "admin")), 1),
        ((user("1", "a"), project("p", "p"), Grant("1", "p", "manager")), 0),
        ((user("1", "a"), project("p", "p", enabled=False), Grant("1", "p", "admin")), 0),
        ((user("1", "a", enabled=False), Grant("1", SYSTEM, "admin")), 0),
        ((user("1", "a")._replace(password_hash="s:"), Grant("1", SYSTEM, "admin")), 0),
        ((Grant("1", SYSTEM, "admin"),), 0),
    ],
)  # fmt: skip
def test_an_admin_is_who_can_log_in_somewhere(
    directory: Directory, rows: tuple[User | Project | Grant, ...], admins: int
) -> None:
    filled(directory, *rows)
    assert directory.read(lambda rows: rows.identity.grants.admins()) == admins


def test_changes_take_turns_also_where_nobody_changed_anything_before(
    directory: Directory,
) -> None:
    """Each counts the users and adds one; out of turn, two would count the same."""
    writers = 4
    together = Barrier(writers)

    def add(rows: DirectoryRows) -> None:
        rows.identity.take_turn()
        number = rows.identity.users.count()
        rows.identity.users.put(user(str(number), f"user{number}"))

    def write() -> None:
        together.wait(timeout=30)
        directory.write(add)

    threads = [Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert directory.read(lambda rows: rows.identity.users.count()) == writers
