"""`hostdown policy show` and `hostdown policy check` on files of their own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.command_line import Ended, Run

UPDATE = "os_compute_api:os-services:update"
DELETE = "os_compute_api:servers:delete"

Policy = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hostdown.conf").write_text("")
    return tmp_path


@pytest.fixture
def policy(run: Run, folder: Path) -> Policy:
    def go(*words: str) -> Ended:
        return run("policy", *words, "--config-file", str(folder / "hostdown.conf"))

    return go


def written(folder: Path, **rules: str) -> None:
    """Rules of os-services by their last words."""
    lines = {f"os_compute_api:os-services:{name}": check for name, check in rules.items()}
    (folder / "policy.yaml").write_text(json.dumps(lines))


def test_every_rule_is_shown_with_its_default_and_its_operations(policy: Policy) -> None:
    rows = {row["Rule"]: row for row in json.loads(policy("show", "-f", "json").out)}
    assert rows[UPDATE] == {
        "Rule": UPDATE,
        "In Force": "rule:context_is_admin",
        "Default": "rule:context_is_admin",
        "Set In": None,
        "Operations": ["PUT /os-services/{id}"],
    }
    assert rows["hostdown:hosts:list"]["Operations"] == ["GET /agent/v1/hosts"]
    assert rows["os_compute_api:servers:create:attach_volume"]["Operations"] == []
    assert "role:admin" in policy("show").out


def test_a_rule_that_a_file_sets_names_the_file(policy: Policy, folder: Path) -> None:
    (folder / "policy.d").mkdir()
    extra = folder / "policy.d" / "staff.yaml"
    extra.write_text(f'"staff": "role:staff"\n"{UPDATE}": "rule:staff"\n')
    rows = json.loads(policy("show", UPDATE, "-f", "json").out)
    shown = [(row["Rule"], row["In Force"], row["Default"], row["Set In"]) for row in rows]
    assert shown == [
        (UPDATE, "rule:staff", "rule:context_is_admin", str(extra)),
        ("staff", "role:staff", None, str(extra)),
    ]


def test_an_older_name_is_where_a_rule_is_set(policy: Policy, folder: Path) -> None:
    (folder / "policy.yaml").write_text('"os_compute_api:os-services": "role:reader"\n')
    (row,) = json.loads(policy("show", UPDATE, "-f", "json").out)
    assert (row["In Force"], row["Set In"]) == ("role:reader", str(folder / "policy.yaml"))


def test_patterns_choose_and_what_they_refer_to_comes_last(policy: Policy) -> None:
    ended = policy("show", "*os-services:*", "-f", "value", "-c", "Rule")
    assert ended.out.split() == [
        "os_compute_api:os-services:list", UPDATE, "os_compute_api:os-services:delete",
        "context_is_admin",
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_slip_of_the_pen_is_answered_with_the_nearest_rule(policy: Policy, command: str) -> None:
    ended = policy(command, "os_compute_api:os-servces:update")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"did you mean {UPDATE}?\n")
    assert "see hostdown policy show" in policy(command, "§").err


def test_files_without_fault_are_named(policy: Policy, folder: Path) -> None:
    assert "policy.yaml is not there" in policy("check").out
    written(folder, list="role:auditor or rule:context_is_admin")
    ended = policy("check")
    assert ended == (0, f"The policy can be used ({folder / 'policy.yaml'}).\n", "")


def test_what_is_wrong_and_what_is_dangerous_is_told_at_once(policy: Policy, folder: Path) -> None:
    written(folder, update="@")
    ended = policy("check")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == (
        f"warning: {folder / 'policy.yaml'}: {UPDATE}: anybody with a token may force any host "
        "down, so that its servers are started elsewhere."
    )
    written(folder, list="role:admin or", update="admin", delete="role:admin")
    ended = policy("check")
    assert (ended.code, ended.out.count("error: "), ended.out.count("makes no sense")) == (1, 2, 2)


def test_a_rule_says_who_may_and_why(policy: Policy) -> None:
    ended = policy("check", DELETE, "--role", "member", "--project", "demo", "--user", "ann")
    assert ended == (
        0,
        f"{DELETE}: yes\n"
        "  rule:project_member_or_admin: yes\n"
        "    rule:project_member_api: yes\n"
        "      role:member: yes\n"
        "      project_id:%(project_id)s: yes (the caller's is demo, the target's demo)\n",
        "",
    )


def test_a_rule_says_who_may_not_and_everything_that_could_have_helped(policy: Policy) -> None:
    ended = policy("check", DELETE, "--role", "manager", "--target", "project_id=other")
    assert ended.code == 4
    assert [line.strip() for line in ended.out.splitlines()] == [
        f"{DELETE}: no",
        "rule:project_member_or_admin: no",
        "rule:project_member_api: no",
        "project_id:%(project_id)s: no (the caller's is own-project, the target's other)",
        "rule:context_is_admin: no",
        "role:admin: no",
    ]


def test_a_token_of_the_system_is_refused_whatever_its_roles(policy: Policy) -> None:
    ended = policy("check", DELETE, "--role", "admin", "--system")
    assert ended.code == 4
    assert ended.out.splitlines()[1:] == [
        "  the token is of a project, as every rule of the API wants it: no"
    ]
    assert policy("check", "context_is_admin", "--role", "admin", "--system").code == 0


def test_not_is_explained_too(policy: Policy, folder: Path) -> None:
    written(folder, list="role:reader and not role:guest")
    words = ("check", "os_compute_api:os-services:list", "--role", "reader")
    assert policy(*words).out.splitlines()[1:] == [
        "  role:reader: yes", "  not: yes", "    role:guest: no",
    ]  # fmt: skip
    assert policy(*words, "--role", "guest").out.splitlines()[1:] == [
        "  not: no", "    role:guest: yes",
    ]  # fmt: skip


def test_a_target_without_what_a_rule_compares_is_told(policy: Policy, folder: Path) -> None:
    written(folder, list="host:%(host)s")
    ended = policy("check", "os_compute_api:os-services:list")
    assert ended.out.endswith("  host:%(host)s: no (a target has no 'host')\n")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--role", "admin"),
        ("check", "--system"),
        ("check", "--user", ""),
        ("check", DELETE, "--system", "--project", "demo"),
        ("check", DELETE, "--target", "demo"),
        ("check", DELETE, "--target", "host=a"),
    ],
)
def test_a_line_that_says_nothing_sensible_is_a_usage_error(
    policy: Policy, words: tuple[str, ...]
) -> None:
    assert policy(*words).code == 2


def test_broken_files_are_told_by_show_and_by_a_question_too(policy: Policy, folder: Path) -> None:
    (folder / "policy.yaml").write_text("a: [")
    for words in (("show",), ("check", DELETE)):
        ended = policy(*words)
        assert (ended.code, ended.out) == (1, "")
        assert f"{folder / 'policy.yaml'} cannot be used: it is not YAML" in ended.err


def test_a_bad_configuration_is_told(run: Run, tmp_path: Path) -> None:
    ended = run("policy", "check", "--config-file", str(tmp_path / "none.conf"))
    assert (ended.code, "cannot be read" in ended.err) == (1, True)
