"""Who may do what, and what an operator's policy files change about it."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from oslo_config import cfg
from oslo_policy import policy as oslo

from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.api.policy_rules import BASE, Rule, api_rules
from hostdown.api.ports import PolicyForbids
from hostdown.domain.model import Caller
from hostdown.domain.roles import with_implied

MINE, OTHERS = "a" * 32, "b" * 32
HOST_STATUS = "os_compute_api:servers:show:host_status"
LIST = "os_compute_api:os-services:list"
OLD_LIST = "os_compute_api:os-services"

Write = Callable[[dict[str, str]], None]


def caller(role: str | None, system_scope: str | None = None) -> Caller:
    roles = with_implied([role]) if role else ()
    project = None if system_scope else MINE
    return Caller("ann", "ann", project, roles, "req-1", system_scope=system_scope)


def may(policy: NovaPolicy, rule: str, who: Caller, project_id: str = MINE) -> bool:
    try:
        policy.check(rule, who, {"project_id": project_id, "user_id": "ann"})
    except PolicyForbids:
        return False
    return True


@pytest.fixture
def settings(tmp_path: Path) -> PolicySettings:
    return PolicySettings(tmp_path / "policy.yaml", (tmp_path / "policy.d",))


@pytest.fixture(scope="module")
def defaults() -> NovaPolicy:
    return NovaPolicy(PolicySettings(Path("/nonexistent/policy.yaml")))


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (LIST, "admin"), ("os_compute_api:os-evacuate", "admin"), (HOST_STATUS, "admin"),
        ("os_compute_api:os-migrate-server:migrate", "manager"),
        ("os_compute_api:servers:create", "member"), ("os_compute_api:servers:show", "reader"),
        ("hostdown:hosts:enroll", "admin"),
    ],
)  # fmt: skip
def test_a_rule_needs_its_role_or_one_that_implies_it(
    defaults: NovaPolicy, rule: str, least: str
) -> None:
    ranks = ("reader", "member", "manager", "admin")
    allowed = [role for role in ranks if may(defaults, rule, caller(role))]
    assert allowed == list(ranks[ranks.index(least) :])


def test_only_admins_reach_into_other_projects(defaults: NovaPolicy) -> None:
    rule = "os_compute_api:servers:show"
    assert [may(defaults, rule, caller(role), OTHERS) for role in ("manager", "admin")] == [
        False, True,
    ]  # fmt: skip


def test_an_empty_target_stands_for_ones_own(defaults: NovaPolicy) -> None:
    defaults.check("os_compute_api:servers:index", caller("reader"), {})
    with pytest.raises(PolicyForbids):
        defaults.check("os_compute_api:servers:index", caller("service"), {})


def test_some_rules_are_for_everybody_and_one_for_nobody(defaults: NovaPolicy) -> None:
    assert may(defaults, "os_compute_api:limits", caller(None))
    assert not may(defaults, "compute:servers:resize:cross_cell", caller("admin"))
    assert may(defaults, "os_compute_api:os-server-external-events:create", caller("service"))


def test_a_system_scoped_token_is_refused_by_every_rule_of_the_api(defaults: NovaPolicy) -> None:
    who = caller("admin", system_scope="all")
    assert [rule.name for rule in api_rules() if may(defaults, rule.name, who)] == []


def test_the_refusal_is_nova_s_sentence(defaults: NovaPolicy) -> None:
    with pytest.raises(PolicyForbids) as refused:
        defaults.check(LIST, caller("member"), {})
    assert str(refused.value) == f"Policy doesn't allow {LIST} to be performed."


def test_a_rule_that_does_not_exist_is_a_mistake_and_never_allowed(defaults: NovaPolicy) -> None:
    with pytest.raises(LookupError):
        defaults.check("os_compute_api:no-such-rule", caller("admin"), {})


def test_no_two_rows_of_the_table_claim_one_name() -> None:
    names = [rule.name for rule in (*BASE, *api_rules())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["policy.yaml", "policy.json"])
@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ('"os_compute_api:servers:show:host_status": "rule:admin_api"', ["admin"]),
        (
            '"os_compute_api:servers:show:host_status": "rule:admin_or_owner"',
            ["reader", "member", "admin"],
        ),
    ],
)
def test_the_documented_lines_work_in_both_formats(
    settings: PolicySettings, name: str, line: str, allowed: list[str]
) -> None:
    """`policy.json` also where the option still says `policy.yaml`, its default."""
    text = f"{{\n\t{line}\n}}" if name.endswith("json") else f"{line}\n"
    settings.policy_file.with_name(name).write_text(text)
    policy = NovaPolicy(settings)
    roles = ("reader", "member", "admin")
    assert [role for role in roles if may(policy, HOST_STATUS, caller(role))] == allowed
    others = [role for role in roles if may(policy, HOST_STATUS, caller(role), OTHERS)]
    assert others == ["admin"]


def test_files_of_the_directory_override_the_file_in_order(settings: PolicySettings) -> None:
    settings.policy_dirs[0].mkdir()
    settings.policy_file.write_text(f'"{LIST}": "@"\n')
    (settings.policy_dirs[0] / "10.yaml").write_text(f'"{LIST}": "!"\n')
    (settings.policy_dirs[0] / "20.yaml").write_text(f'"{LIST}": "role:reader"\n')
    (settings.policy_dirs[0] / ".20.yaml.swp").write_text("\0")
    policy = NovaPolicy(settings)
    assert may(policy, LIST, caller("reader"))
    assert not may(policy, LIST, caller(None))


@pytest.mark.parametrize(
    "written",
    [
        {},
        {OLD_LIST: "role:reader"},
        {OLD_LIST: "rule:admin_api"},
        {OLD_LIST: "role:reader", LIST: "role:member"},
        {OLD_LIST: f"rule:{LIST}"},
        {"context_is_admin": "role:manager"},
        {"os_compute_api:os-instance-actions": "rule:admin_or_owner"},
        {"os_compute_api:os-flavor-extra-specs:index": "role:member"},
        {"staff": "role:member and not role:manager", LIST: "rule:staff or rule:admin_api"},
        {HOST_STATUS: "project_id:%(project_id)s", "os_compute_api:os-evacuate": ""},
    ],
)  # fmt: skip
def test_files_mean_what_they_mean_to_oslo_policy_itself(
    settings: PolicySettings, written: dict[str, str]
) -> None:
    settings.policy_file.write_text(json.dumps(written))
    policy = NovaPolicy(settings)
    reference = _reference(settings.policy_file)
    for role in (None, "reader", "member", "manager", "admin", "service"):
        for project_id in (MINE, OTHERS):
            for rule in api_rules():
                who = caller(role)
                expected = _reference_allows(reference, rule.name, who, project_id)
                assert may(policy, rule.name, who, project_id) == expected, (rule.name, role)


def _reference(path: Path) -> oslo.Enforcer:
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    enforcer = oslo.Enforcer(conf, policy_file=str(path))
    enforcer.suppress_deprecation_warnings = True
    conf.set_override("enforce_new_defaults", True, "oslo_policy")
    for rule in (*BASE, *api_rules()):
        enforcer.register_default(oslo.RuleDefault(rule.name, rule.default, **_old(rule)))
    return enforcer


def _old(rule: Rule) -> dict[str, oslo.DeprecatedRule]:
    if rule.replaces is None:
        return {}
    old = oslo.DeprecatedRule(
        rule.replaces, rule.old_default, deprecated_reason="-", deprecated_since="-"
    )
    return {"deprecated_rule": old}


def _reference_allows(enforcer: oslo.Enforcer, rule: str, who: Caller, project_id: str) -> bool:
    target = {"project_id": project_id, "user_id": "ann"}
    creds: dict[str, object] = {
        "roles": list(who.roles), "project_id": who.project_id, "user_id": who.user_id,
    }  # fmt: skip
    creds["is_admin"] = enforcer.enforce("context_is_admin", target, dict(creds))
    return bool(enforcer.enforce(rule, target, creds))


def test_nobody_can_be_written_as_such(settings: PolicySettings) -> None:
    settings.policy_file.write_text(f'"{LIST}": "!"\n"{HOST_STATUS}": "(! or role:reader)"\n')
    policy = NovaPolicy(settings)
    assert not may(policy, LIST, caller("admin"))
    assert may(policy, HOST_STATUS, caller("reader"))


def test_unknown_rules_are_named_in_a_warning_and_own_building_blocks_are_not(
    settings: PolicySettings, caplog: pytest.LogCaptureFixture
) -> None:
    lines = {"staff": "role:member", LIST: "rule:staff", OLD_LIST: "@", "default": "!"}
    settings.policy_file.write_text(json.dumps(lines | {"os_compute_api:os-servces:list": "@"}))
    NovaPolicy(settings)
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert record.getMessage().endswith("do not exist here: os_compute_api:os-servces:list")


def test_a_changed_file_counts_after_the_next_refresh(settings: PolicySettings) -> None:
    policy = NovaPolicy(settings)
    assert not may(policy, LIST, caller("reader"))
    settings.policy_file.write_text(f'"{LIST}": "role:reader"\n')
    policy.refresh()
    assert may(policy, LIST, caller("reader"))
    settings.policy_file.unlink()
    policy.refresh()
    assert not may(policy, LIST, caller("reader"))


def test_a_file_that_breaks_while_running_leaves_the_last_good_rules_and_one_log_line(
    settings: PolicySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.policy_file.write_text(f'"{LIST}": "role:reader"\n')
    policy = NovaPolicy(settings)
    settings.policy_file.write_text(f'"{LIST}": "role:member\n')
    for _ in range(3):
        policy.refresh()
        assert may(policy, LIST, caller("reader"))
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert "The rules stay as they were." in record.getMessage()
    settings.policy_file.write_text(f'"{LIST}": "role:member"\n')
    policy.refresh()
    assert not may(policy, LIST, caller("reader"))
