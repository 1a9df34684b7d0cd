"""Alarms, their history and their quotas, on every database."""

from datetime import timedelta

from tests.domain.test_alarms import NOW, PROJECT, alarm, event, where

from hostdown.domain.alarm_telling import fired
from hostdown.domain.alarms import Alarm, AlarmChange, ChangeType, EventRule, Severity
from hostdown.services.directory_ports import Directory, DirectoryRows

OTHERS = "o" * 32


def add(directory: Directory, *made: Alarm) -> None:
    def work(rows: DirectoryRows) -> None:
        for each in made:
            rows.alarms.add(each)

    directory.write(work)


def change(
    name: str, place: int = 1, kind: ChangeType = ChangeType.CREATION, **facts: object
) -> AlarmChange:
    made = AlarmChange(
        id=f"{name}{place}", alarm_id=name, place=place, type=kind, detail='{"a": "ü"}',
        user_id="ann", project_id=PROJECT, on_behalf_of=PROJECT, severity=Severity.LOW, at=NOW,
    )  # fmt: skip
    return made._replace(**facts)  # type: ignore[arg-type] # a test's own words


def note(directory: Directory, *made: AlarmChange) -> None:
    directory.write(lambda rows: rows.alarm_changes.add(made))


def test_an_alarm_comes_back_as_it_was(directory: Directory) -> None:
    made = alarm(
        "a", where("instance_id", "ü"), where("x", "5", "ge", "integer"), event_type="compute.*",
        ok_actions=("http://ok/", "log://"), severity=Severity.CRITICAL, repeat_actions=True,
    )  # fmt: skip
    add(directory, made, alarm("b", project_id=OTHERS, enabled=False))
    assert directory.read(lambda rows: rows.alarms.get("a")) == made
    assert directory.read(lambda rows: rows.alarms.get("c")) is None
    assert directory.read(lambda rows: rows.alarms.get("\0")) is None
    assert directory.read(lambda rows: rows.alarms.all(PROJECT)) == [made]
    assert directory.read(lambda rows: rows.alarms.all("\0")) == []
    found = directory.read(lambda rows: rows.alarms.all(None))
    assert sorted(each.id for each in found) == ["a", "b"]
    assert {each.id: each.enabled for each in found} == {"a": True, "b": False}


def test_alarms_are_counted_by_project_and_by_user(directory: Directory) -> None:
    own = alarm("a", where("instance_id", "s1"))
    add(directory, own, alarm("b", user_id="bob"), alarm("c", project_id=OTHERS))
    assert directory.read(lambda rows: rows.alarms.counts(PROJECT, "ann", "")) == (3, 2, 2, 1)
    assert directory.read(lambda rows: rows.alarms.counts(PROJECT, "ann", "s1")).alike == 1
    assert directory.read(lambda rows: rows.alarms.counts(OTHERS, "ann", "s1")).alike == 0
    assert directory.read(lambda rows: rows.alarms.counts(OTHERS, "bob", "")) == (3, 1, 1, 1)
    wider = own._replace(rule=EventRule(), changes=1)
    assert directory.write(lambda rows: rows.alarms.replace(own, wider))
    assert directory.read(lambda rows: rows.alarms.counts(PROJECT, "ann", "")).alike == 2


def test_who_writes_over_an_alarm_must_have_seen_it_last(directory: Directory) -> None:
    seen = alarm("a")
    after = seen._replace(name="new", changes=1)
    add(directory, seen)
    assert directory.write(lambda rows: rows.alarms.replace(seen, after))
    assert not directory.write(lambda rows: rows.alarms.replace(seen, after))
    assert directory.read(lambda rows: rows.alarms.get("a")) == after
    directory.write(lambda rows: rows.alarms.remove("a"))
    assert not directory.write(lambda rows: rows.alarms.replace(after, seen))


def test_events_look_at_enabled_alarms_of_their_projects_and_servers(directory: Directory) -> None:
    one, two = where("instance_id", "s1"), where("instance_id", "s2")
    add(directory, alarm("a"), alarm("b", enabled=False), alarm("c", project_id=OTHERS))
    add(directory, alarm("d", one), alarm("e", two), alarm("f", one, project_id=OTHERS))

    def found(*wanted: tuple[str, str]) -> list[str]:
        alarms = directory.read(lambda rows: rows.watched_alarms.of(wanted))
        return sorted(each.id for each in alarms)

    assert found((PROJECT, "")) == ["a"]
    assert found((PROJECT, ""), (PROJECT, "s1"), (PROJECT, "s1"), ("\0", "")) == ["a", "d"]
    assert found((PROJECT, "s2"), (OTHERS, "s1"), (OTHERS, "s3")) == ["e", "f"]
    assert found() == []


def test_alarms_that_fire_change_all_at_once_but_where_somebody_else_was(
    directory: Directory,
) -> None:
    seen = [alarm("a", name="first"), alarm("b", name="second"), alarm("c", name="third")]
    add(directory, *seen)
    changed = seen[1]._replace(name="changed", changes=1)
    assert directory.write(lambda rows: rows.alarms.replace(seen[1], changed))
    after = [fired(each, event(), NOW + timedelta(1)) for each in seen]
    pairs = list(zip(seen, after, strict=True))
    directory.write(lambda rows: rows.watched_alarms.fired(pairs[:2]))
    directory.write(lambda rows: rows.watched_alarms.fired([]))
    found = {each.id: each for each in directory.read(lambda rows: rows.alarms.all(None))}
    assert found == {"a": after[0], "b": changed, "c": seen[2]}


def test_the_history_of_an_alarm_is_told_from_its_end(directory: Directory) -> None:
    first = change("a")
    second = change("a", 2, ChangeType.STATE_TRANSITION, user_id=None, project_id=None)
    other = change("b", on_behalf_of=OTHERS)
    note(directory, first, second, other)
    note(directory, first._replace(detail="told again"))
    note(directory)
    assert directory.read(lambda rows: rows.alarm_changes.of("a")) == [second, first]
    assert directory.read(lambda rows: rows.alarm_changes.of("\0")) == []
    newest = directory.read(lambda rows: rows.alarm_changes.newest(None, 2))
    assert newest == [other, second]
    assert directory.read(lambda rows: rows.alarm_changes.newest(OTHERS, 9)) == [other]
    assert directory.read(lambda rows: rows.alarm_changes.newest("\0", 9)) == []


def test_history_is_forgotten_from_its_beginning(directory: Directory) -> None:
    note(directory, *(change("a", place) for place in range(1, 6)), change("b"))
    directory.write(lambda rows: rows.alarm_changes.forget([("a", 3), ("c", 9)]))
    directory.write(lambda rows: rows.alarm_changes.forget([]))
    found = directory.read(lambda rows: rows.alarm_changes.newest(None, 9))
    assert [each.id for each in found] == ["b1", "a5", "a4"]


def test_only_the_newest_deletions_of_a_project_are_kept(directory: Directory) -> None:
    deletions = [change(name, 2, ChangeType.DELETION) for name in "abc"]
    note(
        directory, *deletions, change("d"), change("e", 2, ChangeType.DELETION, on_behalf_of=OTHERS)
    )
    for _ in range(2):
        directory.write(lambda rows: rows.alarm_changes.bound_deletions(PROJECT, 2))
    found = directory.read(lambda rows: rows.alarm_changes.newest(None, 9))
    assert [each.alarm_id for each in found] == ["e", "d", "c", "b"]


def test_a_project_may_have_a_quota_of_its_own(directory: Directory) -> None:
    def quota(project: str = PROJECT) -> int | None:
        return directory.read(lambda rows: rows.alarm_quotas.get(project))

    assert (quota(), quota("\0")) == (None, None)
    for limit in (5, -1):
        directory.write(lambda rows, limit=limit: rows.alarm_quotas.put(PROJECT, limit))
        assert quota() == limit
    directory.write(lambda rows: rows.alarm_quotas.lock())
    for project in (PROJECT, "\0", PROJECT):
        directory.write(lambda rows, project=project: rows.alarm_quotas.remove(project))
    assert quota() is None
