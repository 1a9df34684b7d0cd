"""Flavors made, changed and opened, and what that leaves behind, on every database."""

import pytest
from tests.contracts.aggregate_setting import CALLER, LATER, NOW
from tests.contracts.test_aggregate_journal import journal
from tests.contracts.test_aggregate_races import at_once, refused

from hostdown.domain.flavor_errors import (
    ExtraSpecNotFound,
    FlavorAccessExists,
    FlavorAccessNotFound,
    FlavorIdTaken,
    FlavorIsPublic,
    FlavorNameTaken,
    FlavorNotFound,
)
from hostdown.domain.model import Flavor
from hostdown.services import flavors
from hostdown.services.directory_ports import Directory
from hostdown.services.flavors import Change, Viewer
from hostdown.storage import DatabaseSettings, open_storage

ALL = Viewer("p1", sees_all=True)
BY = Change(CALLER, ALL, LATER)
THEIRS = Viewer("p2", sees_all=False)
SIZE = Flavor(
    0, "höchst-7", "ümlaut 7", 2**31 - 1, 2**31 - 1, 0, 0, 7, 0.1, False, False, "'\"\\%λ", {}
)
PAYLOAD = {
    "flavorid": "höchst-7", "name": "ümlaut 7", "root_gb": 0, "vcpus": 2**31 - 1,
    "ephemeral_gb": 0, "memory_mb": 2**31 - 1, "disabled": False, "rxtx_factor": 0.1,
    "extra_specs": {}, "projects": [], "swap": 7, "is_public": False, "vcpu_weight": 0,
    "description": "'\"\\%λ",
}  # fmt: skip


def made(directory: Directory, **facts: object) -> Flavor:
    wanted = SIZE._replace(**facts)  # type: ignore[arg-type] # mixed values
    return flavors.create(directory, CALLER, wanted, NOW)


def test_a_flavor_lives_and_is_told_of(directory: Directory, settings: DatabaseSettings) -> None:
    flavor = made(directory)
    assert flavor == SIZE._replace(id=flavor.id)
    assert flavors.find(directory, "höchst-7", ALL) == flavor
    after = flavors.describe(directory, BY, "höchst-7", None)
    assert after == flavor._replace(description=None)
    flavors.set_extra_specs(directory, BY, "höchst-7", {"a": "1", "λ": "\\"})
    after = flavors.set_extra_specs(directory, BY, "höchst-7", {"a": "2"})
    assert after.extra_specs == {"a": "2", "λ": "\\"}
    after = flavors.drop_extra_spec(directory, BY, "höchst-7", "λ")
    assert flavors.find(directory, "höchst-7", ALL) == after
    assert flavors.let_in(directory, BY, "höchst-7", "p2", public_too=False) == ["p2"]
    assert flavors.let_in(directory, BY, "höchst-7", "P2", public_too=False) == ["P2", "p2"]
    assert flavors.shut_out(directory, BY, "höchst-7", "P2") == ["p2"]
    assert flavors.projects(directory, "höchst-7", THEIRS) == ["p2"]
    flavors.delete(directory, BY, "höchst-7")
    recorded, told = journal(settings)
    assert {subject for subject, *_ in recorded} == {"höchst-7"}
    assert [tuple(each[1:]) for each in recorded[1:-1]] == [
        ("flavor.update", {"description": "'\"\\%λ"}, {"description": None}),
        ("flavor.update", {"extra_specs": {}}, {"extra_specs": {"a": "1", "λ": "\\"}}),
        (
            "flavor.update",
            {"extra_specs": {"a": "1", "λ": "\\"}},
            {"extra_specs": {"a": "2", "λ": "\\"}},
        ),
        ("flavor.update", {"extra_specs": {"a": "2", "λ": "\\"}}, {"extra_specs": {"a": "2"}}),
        ("flavor.update", {}, {"project": "p2"}),
        ("flavor.update", {}, {"project": "P2"}),
        ("flavor.update", {"project": "P2"}, {}),
    ]
    assert told[0] == ("flavor.create", PAYLOAD)
    assert [event for event, _ in told] == [str(each[1]) for each in recorded]
    last = {**PAYLOAD, "description": None, "extra_specs": {"a": "2"}, "projects": ["p2"]}
    assert told[-2] == ("flavor.update", last)
    assert told[-1] == ("flavor.delete", last)


def test_what_changes_nothing_or_is_refused_leaves_no_trace_of_a_flavor(
    directory: Directory, settings: DatabaseSettings
) -> None:
    made(directory)
    flavors.let_in(directory, BY, "höchst-7", "p2", public_too=False)
    before = journal(settings)
    flavors.describe(directory, BY, "höchst-7", SIZE.description)
    flavors.set_extra_specs(directory, BY, "höchst-7", {})
    with pytest.raises(FlavorIdTaken):
        made(directory, name="other")
    with pytest.raises(FlavorNameTaken):
        made(directory, flavorid="other")
    with pytest.raises(FlavorAccessExists):
        flavors.let_in(directory, BY, "höchst-7", "p2", public_too=False)
    with pytest.raises(FlavorAccessNotFound):
        flavors.shut_out(directory, BY, "höchst-7", "P2")
    with pytest.raises(ExtraSpecNotFound):
        flavors.drop_extra_spec(directory, BY, "höchst-7", "a")
    for flavorid in ("7", "HÖCHST-7", "a\0"):
        with pytest.raises(FlavorNotFound):
            flavors.delete(directory, BY, flavorid)
    assert journal(settings) == before


def test_only_who_was_let_in_sees_a_private_flavor(directory: Directory) -> None:
    private = made(directory)
    public = made(directory, flavorid="public", name="public", is_public=True)
    for viewer in (THEIRS, Viewer(None, sees_all=False), Viewer("a\0", sees_all=False)):
        with pytest.raises(FlavorNotFound):
            flavors.find(directory, "höchst-7", viewer)
        assert flavors.list_flavors(directory, flavors.Wanted(9), viewer) == [public]
    with pytest.raises(FlavorIsPublic):
        flavors.projects(directory, "public", ALL)
    flavors.let_in(directory, BY, "höchst-7", "p2", public_too=False)
    assert flavors.find(directory, "höchst-7", THEIRS) == private
    assert flavors.list_flavors(directory, flavors.Wanted(9), THEIRS) == [private, public]
    assert flavors.list_flavors(directory, flavors.Wanted(9), ALL) == [public]
    by_them = BY._replace(viewer=Viewer("p3", sees_all=False))
    with pytest.raises(FlavorNotFound):
        flavors.delete(directory, by_them, "höchst-7")


def test_two_who_change_a_flavor_at_once_both_have_their_way(settings: DatabaseSettings) -> None:
    servers = open_storage(settings), open_storage(settings)
    try:
        directory = servers[0].directory
        made(directory)
        for number in range(4):
            outcomes = at_once(
                servers,
                lambda d, n=number: flavors.set_extra_specs(d, BY, "höchst-7", {f"a{n}": "1"}),
                lambda d, n=number: flavors.set_extra_specs(d, BY, "höchst-7", {f"b{n}": "1"}),
            )
            assert refused(outcomes) == []
        assert len(flavors.find(directory, "höchst-7", ALL).extra_specs) == 8
        outcomes = at_once(
            servers,
            lambda d: made(d, flavorid="x", name="y"),
            lambda d: made(d, flavorid="z", name="y"),
        )
        assert refused(outcomes) == [FlavorNameTaken]
    finally:
        for storage in servers:
            storage.close()
