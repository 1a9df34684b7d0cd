"""openstacksdk 4.22.0, unmodified: negotiated, and pinned to microversions that differ."""

import json
from pathlib import Path

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import run

SCRIPT = Path(__file__).parent / "sdk_script.py"
VERSIONS = ["negotiated", "2.1", "2.11", "2.52", "2.53", "2.69", "2.104"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_works(stage: Stage, clients: Path, version: str) -> None:
    steps = json.loads(run(stage, clients / "python", SCRIPT, "compute1", version))
    before = steps["before"]
    assert (before["state"], before["status"], before["disabled_reason"]) == ("up", "enabled", None)
    assert (steps["disabled"]["status"], steps["disabled"]["disabled_reason"]) == (
        "disabled",
        "new fans",
    )
    assert steps["disabled"]["state"] == "up"
    assert steps["enabled"] == before
    assert steps["count"] >= 5
    if version == "2.1":
        assert before["is_forced_down"] is None
        return
    assert (steps["down"]["state"], steps["down"]["is_forced_down"]) == ("down", True)
    assert steps["up"] == before


@pytest.mark.parametrize(("version", "kind"), [("2.52", int), ("2.53", str)])
def test_the_id_changes_its_form_at_2_53(
    stage: Stage, clients: Path, version: str, kind: type
) -> None:
    steps = json.loads(run(stage, clients / "python", SCRIPT, "compute2", version))
    assert isinstance(steps["before"]["id"], kind)
