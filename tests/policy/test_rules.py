"""Every rule, whether or not a route asks it yet, at the policy port: caller by caller."""

from itertools import product

import pytest
from tests.api.world import novas_policy
from tests.policy.appendix_b import MINE, MYSELF, OTHERS, OWN, SOMEBODY, WHO_MAY, Target, may
from tests.policy.callers import ROLES, SCOPES, caller
from tests.policy.wrong_cells import Cell, compare

from hostdown.api.policy_rules import BASE
from hostdown.api.ports import Policy, PolicyForbids
from hostdown.domain.model import Caller

TARGETS = {
    "own": OWN,
    "own, of another user": Target(MINE, SOMEBODY),
    "of another project": Target(OTHERS, SOMEBODY),
    "own, in another project": Target(OTHERS, MYSELF),
}


def answer(policy: Policy, rule: str, who: Caller, target: Target) -> str:
    try:
        policy.check(rule, who, target._asdict())
    except PolicyForbids:
        return "no"
    return "yes"


@pytest.mark.parametrize("implied", [True, False], ids=["roles with implied ones", "bare roles"])
def test_every_rule_for_every_caller_and_every_target(implied: bool) -> None:
    cells = [
        Cell(f"{rule} {whose}", f"{role or 'no role'} ({scope})", expected, observed)
        for rule, (whose, target), role, scope in product(WHO_MAY, TARGETS.items(), ROLES, SCOPES)
        for who in [caller(role, scope, implied=implied)]
        for expected in ["yes" if may(rule, who, target) else "no"]
        for observed in [answer(novas_policy(), rule, who, target)]
    ]
    assert len(cells) == len(WHO_MAY) * 4 * 7 * 3
    compare(cells)


@pytest.mark.parametrize("role", ROLES)
def test_no_target_stands_for_what_the_caller_owns(role: str) -> None:
    who, policy = caller(role), novas_policy()
    cells = []
    for rule in WHO_MAY:
        try:
            policy.check(rule, who, {})
            observed = "yes"
        except PolicyForbids:
            observed = "no"
        cells.append(Cell(rule, role, "yes" if may(rule, who) else "no", observed))
    compare(cells)


def test_rules_to_refer_to_are_not_asked_for() -> None:
    """They know no scope, so a handler that asked one would let system-scoped tokens in."""
    assert {rule.name for rule in BASE}.isdisjoint(WHO_MAY)
