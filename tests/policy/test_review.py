"""What `policy check` says of policy files."""

import json
from pathlib import Path

import pytest
from tests.policy.appendix_b import WHO_MAY

from hostdown.api.policy_files import PolicySettings
from hostdown.api.policy_review import DANGERS, Review, review
from hostdown.api.policy_uses import uses

UPDATE = "os_compute_api:os-services:update"
LOOKING = {
    "os_compute_api:os-services:list",
    "os_compute_api:os-hosts:list",
    "os_compute_api:os-hosts:show",
    *(name for name in WHO_MAY if name.startswith("os_compute_api:os-hypervisors:")),
    "os_compute_api:os-aggregates:index",
    "os_compute_api:os-aggregates:show",
    "os_compute_api:os-availability-zone:detail",
    "os_compute_api:servers:index:get_all_tenants",
    "os_compute_api:servers:detail:get_all_tenants",
    "os_compute_api:servers:allow_all_filters",
    "os_compute_api:servers:show:host_status",
    "os_compute_api:servers:show:host_status:unknown-only",
    "os_compute_api:os-extended-server-attributes",
    "os_compute_api:os-instance-actions:events",
    "hostdown:metrics:show",
    "os_compute_api:os-instance-actions:events:details",
    "os_compute_api:os-migrations:index:all_projects",
    "os_compute_api:os-migrations:index:host",
    "os_compute_api:servers:migrations:show",
    "os_compute_api:servers:migrations:index:host",
    "os_compute_api:os-server-groups:index:all_projects",
    "os_compute_api:os-flavor-access",
    "os_compute_api:limits:other_project",
    "os_compute_api:os-quota-class-sets:show",
    "os_compute_api:os-simple-tenant-usage:list",
    "telemetry:get_alarms:all_projects",
    "telemetry:get_metrics:all_projects",
    "hostdown:hosts:list",
    "hostdown:hosts:show",
    "hostdown:hosts:fence_status",
    "hostdown:hosts:capacity",
    "hostdown:deliveries:list",
    "hostdown:recoveries:plan",
    "hostdown:recoveries:list",
    "hostdown:recoveries:show",
}
"""Rules of administrators that show something and change nothing."""


@pytest.fixture
def settings(tmp_path: Path) -> PolicySettings:
    return PolicySettings(tmp_path / "policy.yaml", (tmp_path / "policy.d",))


def reviewed(settings: PolicySettings, **rules: str) -> Review:
    settings.policy_file.write_text(json.dumps(rules))
    return review(settings)


def warnings(settings: PolicySettings, **rules: str) -> list[str]:
    """Without the file's name."""
    found = reviewed(settings, **rules)
    assert found.errors == ()
    return [each.removeprefix(f"{settings.policy_file}: ") for each in found.warnings]


def test_every_rule_of_administrators_is_dangerous_or_only_shows() -> None:
    kept = {name for name, who in WHO_MAY.items() if who in ("admin", "service", "nobody")}
    assert set(DANGERS) - {"context_is_admin"} == kept - LOOKING


def test_rules_that_only_show_are_asked_by_nothing_that_changes() -> None:
    asked = uses()
    shown_too = "PUT /servers/{id}"  # its answer is what GET shows, to whoever may see that
    changing = {
        name
        for name in asked
        for each in asked[name]
        if not each.startswith("GET ") and each != shown_too
    }
    assert changing & LOOKING == set()


@pytest.mark.parametrize(
    ("check", "who"),
    [
        ("@", "anybody with a token"),
        ("", "anybody with a token"),
        ("not role:guest", "anybody with a token"),
        ("role:reader", "every reader of any project"),
        ("role:member or role:admin", "every member of any project"),
        ("rule:project_member_or_admin", "every member of any project"),
        ("project_id:%(project_id)s", "anybody with a token"),
        ("role:manager", "every manager of any project"),
    ],
)
def test_forcing_hosts_down_is_not_for_everybody(
    settings: PolicySettings, check: str, who: str
) -> None:
    assert warnings(settings, **{UPDATE: check}) == [
        f"{UPDATE}: {who} may force any host down, so that its servers are started elsewhere."
    ]


@pytest.mark.parametrize(
    "rules",
    [
        {UPDATE: "rule:context_is_admin or role:monitoring"},
        {UPDATE: "role:service"},
        {UPDATE: "!"},
        {"os_compute_api:servers:show:host_status": "rule:admin_or_owner"},
        {"os_compute_api:os-services:list": "@"},
        {"os_compute_api:servers:delete": "role:auditor"},
        {"os_compute_api:servers:delete": "rule:project_reader_or_admin"},
        {"os_compute_api:servers:index": "project_id:%(project_id)s"},
        {"context_is_admin": "role:admin or role:cloud_admin"},
    ],
)
def test_what_harms_nobody_is_not_warned_of(
    settings: PolicySettings, rules: dict[str, str]
) -> None:
    assert warnings(settings, **rules) == []


def test_a_rule_that_forgets_the_project_reaches_into_others(settings: PolicySettings) -> None:
    assert warnings(settings, **{"os_compute_api:servers:delete": "role:member"}) == [
        "os_compute_api:servers:delete: every member of any project may do this to what belongs to "
        "other projects."
    ]


def test_everybody_an_administrator_is_told_once(settings: PolicySettings) -> None:
    assert warnings(settings, context_is_admin="role:member") == [
        "context_is_admin: every member of any project may do everything."
    ]


def test_a_default_is_open_where_a_rule_below_it_is(settings: PolicySettings) -> None:
    found = warnings(settings, project_member_api="role:member")
    assert (
        "os_compute_api:servers:delete: every member of any project may do this to what belongs to "
        "other projects."
    ) in found


def test_names_that_do_not_exist_are_told_with_what_was_meant(settings: PolicySettings) -> None:
    rules = {"os_compute_api:os-servces:list": "@", "staff": "role:staff", "mine": "rule:staff"}
    assert warnings(settings, **rules) == [
        "mine: there is no such rule, and no other rule refers to it.",
        "os_compute_api:os-servces:list: there is no such rule; did you mean "
        "os_compute_api:os-services:list?",
    ]


def test_older_names_are_told_with_those_to_write(settings: PolicySettings) -> None:
    names = ", ".join(f"os_compute_api:os-services:{name}" for name in ("list", "update", "delete"))
    assert warnings(settings, **{"os_compute_api:os-services": "role:ops"}) == [
        f"os_compute_api:os-services: is an older name; write {names}."
    ]
    assert warnings(settings, **{"os_compute_api:os-services": "rule:admin_api"}) == [
        "os_compute_api:os-services: is an older name, and its old default has no effect; write "
        f"{names}."
    ]
    assert warnings(settings, **{"os_compute_api:os-flavor-extra-specs:index": "role:ops"}) == []


def test_every_error_of_every_file_is_told(settings: PolicySettings) -> None:
    settings.policy_dirs[0].mkdir()
    broken = settings.policy_dirs[0] / "10.yaml"
    broken.write_text("a: [")
    found = reviewed(settings, a="admin", b="role:admin or", c="@")
    assert len(found.errors) == 3
    assert [error.partition(":")[0] for error in found.errors] == [
        str(settings.policy_file), str(settings.policy_file), str(broken),
    ]  # fmt: skip
    assert found.files == (settings.policy_file, broken)


def test_a_reference_to_nothing_is_an_error(settings: PolicySettings) -> None:
    found = reviewed(settings, **{UPDATE: "rule:staff"})
    assert found.errors == (
        f"{settings.policy_file}: the check of '{UPDATE}' refers to 'staff', which is not there.",
    )
