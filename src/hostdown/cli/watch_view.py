"""What `hostdown watch` shows: a screen of what there is, or a record of each change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hostdown.cli.formatters import printable

Record = Mapping[str, Any]

HOST = ("state", "host_status", "forced_down", "unreachable_at", "status", "disabled_reason")
"""What of a host is a change; when it was heard last is shown and is none."""
RECOVERY = ("host", "stage", "held", "reason", "silent_at", "begun_at", "ended_at")

_HOSTS = {
    "HOST": "name",
    "STATE": "state",
    "HOST STATUS": "host_status",
    "FORCED DOWN": "forced_down",
    "UNREACHABLE SINCE": "unreachable_at",
    "LAST HEARD": "last_seen_up",
}
_RECOVERIES = {
    "RECOVERY": "id",
    "HOST": "host",
    "STAGE": "stage",
    "HELD BY": "held",
    "SINCE": "silent_at",
    "REASON": "reason",
}
_TIMES = frozenset({"unreachable_at", "last_seen_up", "silent_at"})


class Seen(NamedTuple):
    """What the server told: hosts by name, recoveries by number."""

    hosts: Mapping[str, Record]
    recoveries: Mapping[int, Record]

    @property
    def open(self) -> list[Record]:
        """Recoveries that are not over, oldest first."""
        found = [each for each in self.recoveries.values() if each.get("ended_at") is None]
        return sorted(found, key=lambda each: int(each["id"]))


NOTHING = Seen({}, {})


# --------------------------------------------------------------------------------------- changes


def changes(before: Seen, after: Seen) -> list[Record]:
    """A record for each host and recovery that is other than before; `before` has what it was.

    Of recoveries that nobody had seen open, none is told.
    """
    found: list[Record] = [
        {"host": name} | told for name, told in _changed(before.hosts, after.hosts, HOST)
    ]
    known = {each["id"] for each in before.open}
    now = {
        number: each
        for number, each in after.recoveries.items()
        if number in known or each.get("ended_at") is None
    }
    was = {number: each for number, each in before.recoveries.items() if number in known}
    found += [{"recovery": number} | told for number, told in _changed(was, now, RECOVERY)]
    return found


def _changed(
    before: Mapping[Any, Record], after: Mapping[Any, Record], names: Sequence[str]
) -> Iterable[tuple[Any, dict[str, Any]]]:
    for key in sorted({*before, *after}):
        was, now = _part(before.get(key), names), _part(after.get(key), names)
        if was != now:
            yield key, {"before": was, "after": now}


def _part(record: Record | None, names: Sequence[str]) -> Record | None:
    return None if record is None else {name: record.get(name) for name in names}


# ---------------------------------------------------------------------------------------- screen


def screen(seen: Seen, width: int, height: int, line: str) -> list[str]:
    """Lines that fit; hosts with trouble come first, and what does not fit is counted.

    `line` is the first one: when that was, or why it is not newer.
    """
    recoveries = _table(_RECOVERIES, seen.open)
    hosts = _table(_HOSTS, sorted(seen.hosts.values(), key=_order))
    room = height - 3
    for_hosts = max(room - len(recoveries), room // 2)
    for_recoveries = room - min(len(hosts), for_hosts)
    shown = [line, "", *_cut(hosts, for_hosts, "hosts")]
    shown += ["", *_cut(recoveries, for_recoveries, "recoveries")]
    return [each[:width] for each in shown[:height]]


def _order(host: Record) -> tuple[bool, str]:
    is_well = host.get("state") == "up" and host.get("host_status") == "UP"
    return is_well, str(host.get("name"))


def _table(columns: Mapping[str, str], records: Iterable[Record]) -> list[str]:
    rows = [list(columns)] + [
        [_cell(name, each.get(name)) for name in columns.values()] for each in records
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cell(name: str, value: object) -> str:
    if value is None or value == "":
        return "-"
    text = str(value)
    if name in _TIMES:
        return text[:19].replace("T", " ")
    return printable(text).replace("\n", " ")


def _cut(lines: list[str], most: int, what: str) -> list[str]:
    if len(lines) <= most:
        return lines
    kept = lines[: max(most - 1, 1)]
    return [*kept, f"... and {len(lines) - len(kept)} more {what}"]
