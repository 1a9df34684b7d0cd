"""The rules of docs/howto/host-status.md do what the page says they do."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.api.serving import MEMBER, server
from tests.api.test_host_status import world_with
from tests.api.world import ADMIN, World

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/host-status.md").read_text()
OWNERS, UNKNOWN_ONLY, DEFAULT = re.findall(r"```json\n([^`]*)```", PAGE)
VALUES = re.findall(r'^\| `"?([A-Z]*)"?` \|', PAGE, re.MULTILINE)


def hosts(world: World) -> None:
    """A server for each value, of which it has the name."""
    for name in VALUES:
        if name:
            silent = timedelta(seconds=61 if name == "UNKNOWN" else 0)
            made = world.service(name, seen=silent)
            world.replace(
                made,
                made._replace(disabled=name == "MAINTENANCE", forced_down=name == "DOWN"),
            )
        server(world, name=name or "none", host=name or None)


def seen(world: World, token: str) -> dict[str, str | None]:
    listed = world.ask("GET", "/v2.1/servers/detail", "2.16", token=token).json["servers"]
    return {each["name"]: each.get("host_status") for each in listed}


@pytest.mark.parametrize("rules", [OWNERS, UNKNOWN_ONLY, DEFAULT])
def test_the_rules_of_the_page_let_owners_see_what_it_says(tmp_path: Path, rules: str) -> None:
    with world_with(tmp_path, rules) as world:
        hosts(world)
        everything = {name or "none": name for name in VALUES}
        assert set(VALUES) == {"UP", "UNKNOWN", "DOWN", "MAINTENANCE", ""}
        assert seen(world, ADMIN) == everything
        owner: dict[str, str | None] = dict.fromkeys(everything)
        if rules == OWNERS:
            owner = {**everything}
        elif rules == UNKNOWN_ONLY:
            owner["UNKNOWN"] = "UNKNOWN"
        assert seen(world, MEMBER) == owner
