"""Roles bring others with them, as in Keystone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain import roles

known = st.lists(st.sampled_from([*roles.ALL, "auditor", "operator"]), max_size=8)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", ("admin", "manager", "member", "reader")),
        ("manager", ("manager", "member", "reader")),
        ("member", ("member", "reader")),
        ("reader", ("reader",)),
        ("service", ("service",)),
        ("auditor", ("auditor",)),
    ],
)
def test_a_role_brings_those_below_it(role: str, expected: tuple[str, ...]) -> None:
    assert roles.with_implied([role]) == expected


@given(given_roles=known)
def test_order_and_repetition_have_no_effect_and_nothing_is_lost(given_roles: list[str]) -> None:
    found = roles.with_implied(given_roles)
    assert set(given_roles) <= set(found)
    assert len(found) == len(set(found))
    assert found == roles.with_implied(reversed(given_roles)) == roles.with_implied(found)


@given(given_roles=known)
def test_nobody_becomes_admin_by_implication(given_roles: list[str]) -> None:
    assert ("admin" in roles.with_implied(given_roles)) is ("admin" in given_roles)


def test_role_ids_differ_and_look_like_keystones() -> None:
    ids = [roles.role_id(role) for role in roles.ALL]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
