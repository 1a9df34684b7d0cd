"""What a file sets under an older name counts for every rule that replaces it, as in Nova."""

import json
from pathlib import Path

import pytest
from tests.policy.appendix_b import OLDER_NAMES, WHO_MAY
from tests.policy.callers import caller

from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.api.policy_rules import api_rules
from hostdown.api.ports import PolicyForbids

HEIRS = {
    old: [prefix + name for name in names.split()] for old, (prefix, names) in OLDER_NAMES.items()
}
PAIRS = [(old, heir) for old, heirs in HEIRS.items() for heir in heirs]


def may(tmp_path: Path, rules: dict[str, str], role: str) -> set[str]:
    """The rules that let the role through."""
    path = tmp_path / "policy.yaml"
    path.write_text(json.dumps(rules))
    policy, who, allowed = NovaPolicy(PolicySettings(path)), caller(role), set()
    for rule in WHO_MAY:
        try:
            policy.check(rule, who, {})
        except PolicyForbids:
            continue
        allowed.add(rule)
    return allowed


def test_the_table_has_the_contract_s_older_names() -> None:
    assert {(rule.replaces, rule.name) for rule in api_rules() if rule.replaces} == set(PAIRS)


@pytest.mark.parametrize("old", OLDER_NAMES)
def test_an_older_name_opens_its_heirs_and_nothing_else(tmp_path: Path, old: str) -> None:
    opened = may(tmp_path, {old: "role:weatherman"}, "weatherman") - may(tmp_path, {}, "weatherman")
    assert opened == {*HEIRS[old], *({old} & set(WHO_MAY))}


@pytest.mark.parametrize("old", OLDER_NAMES)
def test_an_older_name_closes_its_heirs_too(tmp_path: Path, old: str) -> None:
    closed = may(tmp_path, {}, "admin") - may(tmp_path, {old: "!"}, "admin")
    assert closed == {*HEIRS[old], *({old} & set(WHO_MAY))}


@pytest.mark.parametrize(("old", "heir"), PAIRS)
def test_the_newer_name_wins(tmp_path: Path, old: str, heir: str) -> None:
    allowed = may(tmp_path, {old: "role:weatherman", heir: "role:admin"}, "weatherman")
    assert heir not in allowed
    assert set(HEIRS[old]) - {heir} <= allowed


@pytest.mark.parametrize(
    ("old", "old_default"),
    [
        ("os_compute_api:os-services", "rule:admin_api"),
        ("os_compute_api:os-hosts", "rule:admin_api"),
        ("os_compute_api:os-hypervisors", "rule:admin_api"),
        ("os_compute_api:os-instance-actions", "rule:admin_or_owner"),
    ],
)
def test_the_old_default_written_out_says_nothing(
    tmp_path: Path, old: str, old_default: str
) -> None:
    """New defaults are enforced always, so what generators of sample files wrote has no effect."""
    for role in ("reader", "weatherman", "admin"):
        assert may(tmp_path, {old: old_default}, role) == may(tmp_path, {}, role)
