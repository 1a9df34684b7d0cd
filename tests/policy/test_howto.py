"""The examples of docs/howto/policy.md do what the page says they do."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.policy.appendix_b import WHO_MAY, may
from tests.policy.callers import CALLERS

from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.api.policy_review import review
from hostdown.api.ports import PolicyForbids
from hostdown.cli.app import main
from hostdown.domain.model import Caller

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/policy.md").read_text()
EXAMPLES = {
    name: f"# {name}\n{lines}" for name, lines in re.findall(r"```yaml\n# (.*)\n([^`]*)```", PAGE)
}
COMMANDS = re.findall(r"^    hostdown (policy (?:(?!--config-file).)*)$", PAGE, re.MULTILINE)

SERVICES = "os_compute_api:os-services:"
SEES = {
    f"{SERVICES}list",
    "os_compute_api:os-hypervisors:list",
    "os_compute_api:os-hypervisors:list-detail",
    "os_compute_api:os-hypervisors:show",
    "os_compute_api:os-hypervisors:statistics",
    "os_compute_api:os-aggregates:index",
    "os_compute_api:os-aggregates:show",
    "os_compute_api:os-availability-zone:detail",
    "hostdown:hosts:list",
    "hostdown:hosts:show",
    "hostdown:recoveries:list",
    "hostdown:recoveries:show",
}
CHANGED = {
    "monitoring": {"monitoring": {f"{SERVICES}list", f"{SERVICES}update"}},
    "witness": {"monitoring": {"hostdown:events:create"}},
    "auditors": {"auditor": SEES},
    "host status": {
        role: {"os_compute_api:servers:show:host_status"}
        for role in ("manager", "member", "reader", "service", "weatherman", "")
    },
    "no deletion": {"admin": {f"{SERVICES}delete"}},
    "older name": {"operator": {f"{SERVICES}{name}" for name in ("list", "update", "delete")}},
}
"""By example and role: the rules whose answers differ from the defaults."""


def caller(role: str) -> Caller:
    known = CALLERS.get(f"{role or 'no role'} (project)")
    return known or CALLERS["no role (project)"]._replace(roles=(role,))


@pytest.fixture
def settings(tmp_path: Path) -> PolicySettings:
    return PolicySettings(tmp_path / "policy.yaml")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_changes_what_it_says_and_nothing_else(
    settings: PolicySettings, example: str
) -> None:
    settings.policy_file.write_text(EXAMPLES[example])
    policy = NovaPolicy(settings)
    expected = CHANGED[example]
    for role in {*expected, "admin", "manager", "member", "reader", "service", "weatherman", ""}:
        who, changed = caller(role), set()
        for rule in WHO_MAY:
            try:
                policy.check(rule, who, {})
                allowed = True
            except PolicyForbids:
                allowed = False
            if allowed != may(rule, who):
                changed.add(rule)
        assert changed == expected.get(role, set()), role


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_passes_the_check(settings: PolicySettings, example: str) -> None:
    settings.policy_file.write_text(EXAMPLES[example])
    found = review(settings)
    assert found.errors == ()
    assert all("is an older name" in warning for warning in found.warnings)


def test_every_example_is_tried() -> None:
    assert set(EXAMPLES) == set(CHANGED)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_as_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    config = tmp_path / "hostdown.conf"
    config.write_text("")
    (tmp_path / "policy.yaml").write_text(EXAMPLES["monitoring"])
    code = main([*shlex.split(command), "--config-file", str(config)])
    assert code == (4 if "project_id=other" in command else 0)
    assert capsys.readouterr().out


def test_the_documented_line_is_one_that_json_takes_as_well(settings: PolicySettings) -> None:
    """`policy.json`, where the option says `policy.yaml`, which is not there."""
    (line,) = re.findall(r'"[^"]*": "[^"]*"', EXAMPLES["host status"])
    settings.policy_file.with_suffix(".json").write_text(f"{{{line}}}")
    json.loads(f"{{{line}}}")
    NovaPolicy(settings).check("os_compute_api:servers:show:host_status", caller("member"), {})
