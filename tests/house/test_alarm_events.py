"""The page of what alarms see has every type of event and every trait, and no others."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.domain.happenings import SERVER, event, everything

from hostdown.domain.alarms import OwnerEvent
from hostdown.domain.host_words import About, Hosted, Sees
from hostdown.domain.owner_events import owner_events
from hostdown.domain.server_status import HostFacts, Precedence

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/alarm-events.md").read_text()
CHANGED, STEP, HOST = "of a server that changed", "of a step", "of its host"
TYPES = {str: "text", int: "integer", float: "float", datetime: "time"}
UP, UNKNOWN = HostFacts(False, False, False), HostFacts(False, False, True)
ABOUT = About(UP, UNKNOWN, [Hosted(SERVER.uuid, "p1", "u1", SERVER.name, "active")])
WHICH = {
    "all": {CHANGED, STEP, HOST},
    CHANGED: {CHANGED},
    f"{CHANGED}, while something is being done to it": {CHANGED},
    f"{CHANGED}, {STEP}": {CHANGED, STEP},
    f"{HOST}, {CHANGED} with it": {HOST, CHANGED},
}


def seen() -> Iterator[tuple[str, OwnerEvent]]:
    """Of what kind, and the event; where its host changes with a server, its status does."""
    happened = [*everything().values(), event("host.unreachable", {})._replace(about=ABOUT)]
    for each in happened:
        about = each.about and ABOUT
        is_servers = each.type.startswith(("instance.", "compute_task."))
        for told in owner_events(
            each._replace(id=SERVER.uuid, about=about), lambda *_: Sees.ALL, Precedence.NOVA
        ):
            kind = CHANGED if "old_state" in told.traits else STEP
            yield kind if is_servers else HOST, told


def rows(heading: str) -> list[list[str]]:
    """Of the table below a heading, without its first line."""
    _, _, below = PAGE.partition(f"{heading}\n\n")
    table = re.match(r"(?:\|.*\n)+", below)
    assert table is not None, heading
    return [line.strip("| \n").split(" | ") for line in table[0].splitlines()[2:]]


def named(cell: str) -> Iterator[str]:
    """`a.b.start`, `.end` are two: what begins with a dot ends the one before otherwise."""
    last = ""
    for each in re.findall("`([^`]+)`", cell):
        last = f"{last.rpartition('.')[0]}{each}" if each.startswith(".") else each
        yield last


def test_every_type_of_event_is_on_the_page() -> None:
    headings = {
        CHANGED: "### Of a server that changed",
        STEP: "### Of a step that it takes",
        HOST: "### Of its host",
    }
    for kind, heading in headings.items():
        listed = [name for row in rows(heading) for name in named(row[0])]
        assert sorted(listed) == sorted({each.type for of, each in seen() if of == kind}), kind


def test_every_trait_is_on_the_page_with_its_type_and_the_events_that_have_it() -> None:
    had: dict[tuple[str, str], set[str]] = {}
    for kind, each in seen():
        for name, value in each.traits.items():
            had.setdefault((name, TYPES[type(value)]), set()).add(kind)
    listed = {(name, row[1]): WHICH[row[2]] for row in rows("## Traits") for name in named(row[0])}
    assert listed == had


def test_what_all_events_have_no_event_lacks() -> None:
    all_have = {name for row in rows("## Traits") if row[2] == "all" for name in named(row[0])}
    assert [each.type for _, each in seen() if not all_have <= each.traits.keys()] == []
