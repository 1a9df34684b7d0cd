"""Server groups and who is in them, on every database."""

from uuid import uuid4

import pytest
from tests.contracts.aggregate_setting import CALLER, LATER, NOW
from tests.contracts.test_aggregate_journal import journal
from tests.contracts.test_aggregate_races import at_once, refused

from hostdown.domain.quota_errors import TooManyServerGroups, TooManyServersInGroup
from hostdown.domain.quotas import UNLIMITED
from hostdown.domain.server_errors import GroupTakesNoRules, ServerGroupNotFound
from hostdown.domain.server_groups import GroupPolicy, ServerGroup
from hostdown.services import server_groups
from hostdown.services.directory_ports import Directory
from hostdown.services.server_groups import Wanted
from hostdown.storage import DatabaseSettings, open_storage

A, B = str(uuid4()), str(uuid4())


def made(
    directory: Directory, name: str = "Zürich", project: str = "p1", most: int = UNLIMITED
) -> ServerGroup:
    wanted = Wanted(name, project, GroupPolicy.ANTI_AFFINITY, 3)
    return server_groups.create(directory, CALLER, wanted, most, NOW)


def joined(
    directory: Directory, group: ServerGroup, server: str, most: int = UNLIMITED
) -> ServerGroup:
    return directory.write(
        lambda rows: server_groups.join(rows, CALLER, group.uuid, server, most, LATER)
    )


def test_a_group_lives_and_is_told_of(directory: Directory, settings: DatabaseSettings) -> None:
    first, second = made(directory), made(directory, "zürich", "P1")
    assert server_groups.show(directory, first.uuid) == first
    assert (first.policy is GroupPolicy.ANTI_AFFINITY, first.created_at) == (True, NOW)
    assert server_groups.list_groups(directory, None) == [first, second]
    assert server_groups.list_groups(directory, "P1") == [second]
    assert server_groups.list_groups(directory, "a\0") == []
    assert joined(directory, first, B).members == (B,)
    full = joined(directory, first, A)
    assert full == first._replace(members=(B, A))
    assert joined(directory, first, B) == full
    assert server_groups.list_groups(directory, None) == [full, second]
    assert directory.read(lambda rows: rows.server_group_members.group_of(A)) == full.uuid
    assert directory.read(lambda rows: rows.server_groups.get(first.uuid).members) == (B, A)
    assert directory.read(lambda rows: rows.server_group_members.groups_of([A, B, "c"])) == [
        full.uuid
    ]
    assert directory.read(lambda rows: rows.server_group_members.groups_of(["c"])) == []
    directory.write(lambda rows: server_groups.leave(rows, B))
    directory.write(lambda rows: server_groups.leave(rows, B))
    assert directory.read(lambda rows: rows.server_group_members.group_of(B)) is None
    server_groups.delete(directory, CALLER, first.uuid, LATER)
    assert directory.read(lambda rows: rows.server_group_members.group_of(A)) is None
    assert joined(directory, second, A).members == (A,)
    recorded, told = journal(settings)
    assert [tuple(each[1:]) for each in recorded if each[0] == first.uuid] == [
        ("server_group.create", {}, {
            "name": "Zürich", "policy": "anti-affinity", "rules": {"max_server_per_host": 3},
            "members": [],
        }),
        ("server_group.add_member", {}, {"member": B}),
        ("server_group.add_member", {}, {"member": A}),
        ("server_group.delete", {
            "name": "Zürich", "policy": "anti-affinity", "rules": {"max_server_per_host": 3},
            "members": [A],
        }, {}),
    ]  # fmt: skip
    payload = {
        "uuid": first.uuid, "name": "Zürich", "project_id": "p1", "user_id": "u1",
        "policies": ["anti-affinity"], "policy": "anti-affinity",
        "rules": {"max_server_per_host": "3"}, "members": [], "hosts": None,
    }  # fmt: skip
    assert told[0] == ("server_group.create", payload)
    assert told[3] == ("server_group.add_member", {**payload, "members": [B, A]})
    assert told[4] == ("server_group.delete", {**payload, "members": [A]})


def test_what_is_refused_leaves_no_trace_of_a_group(
    directory: Directory, settings: DatabaseSettings
) -> None:
    group = made(directory)
    joined(directory, group, A)
    before = journal(settings)
    with pytest.raises(TooManyServerGroups):
        made(directory, most=1)
    with pytest.raises(TooManyServersInGroup):
        joined(directory, group, B, most=1)
    assert joined(directory, group, A, most=1).members == (A,)
    wanted = Wanted("n", "p1", GroupPolicy.SOFT_ANTI_AFFINITY, 1)
    with pytest.raises(GroupTakesNoRules):
        server_groups.create(directory, CALLER, wanted, UNLIMITED, NOW)
    for uuid in (A, group.uuid.upper() + "x", "a\0", ""):
        with pytest.raises(ServerGroupNotFound):
            server_groups.delete(directory, CALLER, uuid, NOW)
    assert journal(settings) == before
    assert server_groups.count(directory, "p1") == 1


def test_the_last_place_is_given_once(settings: DatabaseSettings) -> None:
    servers = open_storage(settings), open_storage(settings)
    try:
        directory = servers[0].directory
        for number in range(3):
            outcomes = at_once(
                servers,
                lambda d, n=number: made(d, most=n + 1),
                lambda d, n=number: made(d, most=n + 1),
            )
            assert refused(outcomes) == [TooManyServerGroups]
        group = made(directory, "full")
        outcomes = at_once(
            servers,
            lambda d: joined(d, group, A, most=1),
            lambda d: joined(d, group, B, most=1),
        )
        assert refused(outcomes) == [TooManyServersInGroup]
    finally:
        for storage in servers:
            storage.close()
