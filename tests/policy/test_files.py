"""Policy files that cannot be used, and the most that can."""

import json
import os
from pathlib import Path

import pytest
from tests.policy.callers import caller

from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicyRefused, PolicySettings
from hostdown.api.ports import PolicyForbids

LIST = "os_compute_api:os-services:list"


@pytest.fixture
def settings(tmp_path: Path) -> PolicySettings:
    return PolicySettings(tmp_path / "policy.yaml", (tmp_path / "policy.d",))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("policy.yaml", 'a: "role:', "it is not YAML: found unexpected .* in line 1, column 10"),
        ("policy.yaml", "a: \0", "it is not YAML"),
        ("policy.yaml", "[" * 9999, "it is not YAML"),
        ("policy.json", "[" * 99999, "it is not JSON"),
        ("policy.json", '{"a": "@",}', "it is not JSON"),
        ("policy.json", '{"a": "@"', "it is not JSON"),
        ("policy.yaml", "- a\n", "must hold lines of the form"),
        ("policy.yaml", "just words\n", "must hold lines of the form"),
        ("policy.yaml", f'"{LIST}": 5\n', f"the check of '{LIST}' is not a text"),
        ("policy.yaml", f'"{LIST}": "role:admin or"\n', "makes no sense"),
        ("policy.yaml", f'"{LIST}": "admin"\n', "makes no sense"),
        ("policy.yaml", f'"{LIST}": "role:admin or reader"\n', "makes no sense"),
        ("policy.yaml", f'"{LIST}": "(role:admin"\n', "makes no sense"),
        ("policy.yaml", f'"{LIST}": "rule:nowhere"\n', "refers to 'nowhere', which is not there"),
        ("policy.yaml", '"a": "rule:b"\n"b": "rule:a"\n', "and that refers back to it"),
        ("policy.yaml", '"a": "rule:a"\n', "and that refers back to it"),
        (
            "policy.yaml",
            "".join(f'"{n}": "rule:{n + 1}"\n' for n in range(99)) + '"99": "@"\n',
            "more than 20 references",
        ),
        ("policy.yaml", "#" * 1_000_001, "it is longer than"),
        ("policy.yaml", f'"{LIST}": "@"\n{LIST}: "!"\n', f"'{LIST}' is there twice"),
        ("policy.json", f'{{"{LIST}": "@", "{LIST}": "!"}}', f"'{LIST}' is there twice"),
        ("policy.yaml", f'"{LIST}": "{"not " * 11}@"\n', "more than 10 deep"),
        ("policy.yaml", f'"{LIST}": "{"not " * 99999}@"\n', "more than 10 deep"),
        ("policy.yaml", f'"{LIST}": "http://127.0.0.1:9/"\n', "ask another server"),
        ("policy.yaml", f'"{LIST}": "role:admin or not https://a/"\n', "ask another server"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(
    settings: PolicySettings, name: str, text: str, sentence: str
) -> None:
    path = settings.policy_file.with_name(name)
    path.write_text(text)
    with pytest.raises(PolicyRefused, match=sentence) as refused:
        NovaPolicy(PolicySettings(path))
    assert str(path) in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(settings: PolicySettings) -> None:
    settings.policy_file.mkdir()
    with pytest.raises(PolicyRefused, match="it is not a file"):
        NovaPolicy(settings)


def test_what_is_no_file_is_refused_and_not_waited_for(settings: PolicySettings) -> None:
    settings.policy_dirs[0].mkdir()
    os.mkfifo(settings.policy_dirs[0] / "10.yaml")
    with pytest.raises(PolicyRefused, match="it is not a file"):
        NovaPolicy(settings)


def test_a_place_that_may_not_be_looked_at_is_refused(tmp_path: Path) -> None:
    name = tmp_path / ("x" * 300)
    with pytest.raises(PolicyRefused, match="File name too long") as refused:
        NovaPolicy(PolicySettings(name))
    assert str(name) in str(refused.value)


def test_the_deepest_rules_that_are_taken_can_be_asked(settings: PolicySettings) -> None:
    """At each request, wherever it stands on the stack by then."""
    chain = {f"r{n}": f"{'not ' * 9}(@ and rule:r{n + 1})" for n in range(19)} | {"r19": "@"}
    settings.policy_file.write_text(json.dumps(chain | {LIST: "rule:r0"}))
    policy = NovaPolicy(settings)

    def deeper(levels: int) -> bool:
        if levels:
            return deeper(levels - 1)
        try:
            policy.check(LIST, caller("reader"), {})
        except PolicyForbids:
            return False
        return True

    assert not deeper(300)
