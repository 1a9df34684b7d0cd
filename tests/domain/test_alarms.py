"""Which events set off which alarms, and what is told then."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.alarm_errors import AlarmMalformed
from hostdown.domain.alarm_matching import (
    COMPARED_MAX,
    Watch,
    boolean,
    compares,
    field,
    fires,
    moment,
    server_of,
    servers_of,
    wanted,
)
from hostdown.domain.alarm_telling import differences, fired, notice, shown_alarm, shown_rule
from hostdown.domain.alarms import (
    NOT_EVALUATED,
    Alarm,
    Condition,
    EventRule,
    Operator,
    OwnerEvent,
    Severity,
    State,
    TraitValue,
    ValueType,
)

NOW = datetime(2026, 3, 10, 12)
PROJECT = "p" * 32


def alarm(own: str, /, *query: Condition, event_type: str = "*", **facts: object) -> Alarm:
    made = Alarm(
        id=own,
        name=own,
        description="",
        enabled=True,
        user_id="ann",
        project_id=PROJECT,
        severity=Severity.LOW,
        state=State.INSUFFICIENT_DATA,
        state_reason=NOT_EVALUATED,
        state_at=NOW,
        changed_at=NOW,
        ok_actions=(),
        alarm_actions=("http://a/",),
        insufficient_data_actions=(),
        repeat_actions=False,
        rule=EventRule(event_type, query),
    )
    return made._replace(**facts)  # type: ignore[arg-type] # a test's own words


def event(
    kind: str = "compute.instance.update", name: str = "e1", **traits: TraitValue
) -> OwnerEvent:
    return OwnerEvent(name, kind, PROJECT, traits, NOW)


def where(name: str, value: str, op: str = "eq", kind: str = "") -> Condition:
    return Condition(f"traits.{name}", Operator(op), value, ValueType(kind))


def matching(*alarms: Alarm, of: OwnerEvent) -> set[str]:
    return set(Watch(alarms).matching(of))


def test_an_alarm_of_one_server_fits_its_events_alone() -> None:
    first, second = alarm("a", where("instance_id", "s1")), alarm("b", where("instance_id", "s2"))
    assert matching(first, second, of=event(instance_id="s2")) == {"b"}
    assert matching(first, second, of=event(instance_id="s3")) == set()
    assert matching(first, second, of=event()) == set()


def test_all_conditions_have_to_hold() -> None:
    both = alarm("a", where("state", "error"), where("instance_id", "s1"))
    other = alarm("b", where("instance_id", "s1"), where("state", "active"))
    assert matching(both, other, of=event(instance_id="s1", state="error")) == {"a"}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("*", True), ("compute.instance.*", True), ("compute.instance.update", True),
     ("compute.*.create", False), ("Compute.instance.update", False)],
)  # fmt: skip
def test_the_type_is_a_pattern(pattern: str, fits: bool) -> None:
    watch = Watch([alarm("a", event_type=pattern)])
    assert [bool(watch.matching(event())) for _ in range(2)] == [fits, fits]


@pytest.mark.parametrize(
    ("condition", "found", "holds"),
    [
        (where("x", "5", "eq", "integer"), 5, True),
        (where("x", "5", "eq", "float"), 5, True),
        (where("x", "5", "ne", "integer"), 5, False),
        (where("x", "5", "lt", "integer"), 4, True),
        (where("x", "5", "le", "integer"), 5, True),
        (where("x", "5", "gt", "integer"), 5, False),
        (where("x", "5", "ge", "integer"), 5.5, True),
        (where("x", "5"), 5, False),  # a value is a text unless its type is said
        (where("x", "5", "ne"), 5, True),
        (where("x", "5", "lt", "integer"), "4", False),
        (where("x", "yes", "eq", "boolean"), True, True),
        (where("x", "b", "gt", "string"), "c", True),
        (where("x", "alarm"), State.ALARM, True),
        (where("x", "2026-03-10T13:00:00+01:00", "eq", "datetime"), NOW, True),
        (where("x", "2026-03-10T11:00:00", "lt", "datetime"), NOW, False),
        (where("x", "5", "ne"), None, True),
        (where("x", "5", "le"), None, False),
    ],
)
def test_how_a_condition_compares(
    condition: Condition, found: TraitValue | None, holds: bool
) -> None:
    traits = {} if found is None else {"x": found}
    assert compares(condition.op, found, wanted(condition)) is holds
    assert bool(matching(alarm("a", condition), of=event(**traits))) is holds


def test_fields_of_the_event_itself_can_be_compared() -> None:
    of = event(name="e7")
    assert field(of, "event_type") == "compute.instance.update"
    assert field(of, "message_id") == "e7"
    assert field(of, "generated") == NOW
    assert [field(of, name) for name in ("raw.x", "bogus", "traits.", "state")] == [None] * 4


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", "five"), ("float", ""), ("boolean", "maybe"), ("datetime", "noon"),
     ("datetime", "0001-01-01T00:00:00+23:00")],
)  # fmt: skip
def test_a_value_that_is_not_what_it_is_said_to_be_is_refused(kind: str, value: str) -> None:
    with pytest.raises(AlarmMalformed) as refused:
        wanted(where("x", value, kind=kind))
    sentence = f"Unable to convert the value {value} to the expected data type {kind}."
    assert refused.value.message == sentence


def test_how_true_and_false_and_times_are_written() -> None:
    assert [boolean(word) for word in ("True", " on ", "0", "no")] == [True, True, False, False]
    assert moment("2026-03-10T12:00:00Z") == NOW == moment("2026-03-10 12:00")


def test_an_alarm_fires_once_unless_it_repeats_or_the_event_is_told_again() -> None:
    before = alarm("a")
    assert fires(before, event())
    after = fired(before, event(), NOW + timedelta(1))
    assert (after.state, after.changes, after.state_at) == (State.ALARM, 1, NOW + timedelta(1))
    assert not fires(after, event(name="e2"))
    assert fires(after, event(name="e1"))
    assert fires(after._replace(repeat_actions=True), event(name="e2"))


def test_what_is_told_is_what_aodh_tells() -> None:
    before = alarm("a", where("instance_id", "s1"), severity=Severity.CRITICAL)
    of = event(instance_id="s1", memory_mb=512, load=0.5, at=NOW, up=True)
    told = notice(before, fired(before, of, NOW), of)
    query = '[{"field": "traits.instance_id", "op": "eq", "type": "", "value": "s1"}]'
    assert told == {
        "alarm_name": "a",
        "alarm_id": "a",
        "severity": "critical",
        "previous": "insufficient data",
        "current": "alarm",
        "reason": "Event <id=e1,event_type=compute.instance.update> hits the query "
        f"<query={query}>.",
        "reason_data": {
            "type": "event",
            "event": {
                "message_id": "e1",
                "event_type": "compute.instance.update",
                "generated": "2026-03-10T12:00:00",
                "traits": [
                    ["instance_id", 1, "s1"],
                    ["memory_mb", 2, 512],
                    ["load", 3, 0.5],
                    ["at", 4, "2026-03-10T12:00:00"],
                    ["up", 1, "True"],
                ],
            },
        },
    }


def test_what_clients_are_shown_of_a_rule_and_of_actions() -> None:
    made = alarm("a", where("x", "1", "ge", "integer"), event_type="compute.*")
    assert shown_rule(made.rule) == {
        "event_type": "compute.*",
        "query": [{"field": "traits.x", "op": "ge", "value": "1", "type": "integer"}],
    }
    assert made.actions() == {
        "ok_actions": (),
        "alarm_actions": ("http://a/",),
        "insufficient_data_actions": (),
    }


def test_a_history_keeps_what_was_made_and_what_was_changed() -> None:
    before = alarm("a")
    assert shown_alarm(before) == {
        "alarm_id": "a", "type": "event", "enabled": True, "name": "a", "description": "",
        "timestamp": "2026-03-10T12:00:00", "user_id": "ann", "project_id": PROJECT,
        "state": "insufficient data", "state_timestamp": "2026-03-10T12:00:00",
        "state_reason": "Not evaluated yet", "ok_actions": [], "alarm_actions": ["http://a/"],
        "insufficient_data_actions": [], "repeat_actions": False,
        "rule": {"event_type": "*", "query": []}, "time_constraints": [], "severity": "low",
    }  # fmt: skip
    later = NOW + timedelta(1)
    after = before._replace(name="b", ok_actions=("log://",), changed_at=later, state_at=later)
    assert differences(before, after) == {"name": "b", "ok_actions": ["log://"]}
    assert differences(before, before) == {}


@pytest.mark.parametrize(
    ("query", "server"),
    [
        ((), ""),
        ((where("state", "x"), where("instance_id", "s1")), "s1"),
        ((where("resource_id", "s2", kind="string"),), "s2"),
        ((where("resource_id", "s2"), where("instance_id", "s1")), "s1"),
        ((where("instance_id", "s1", "ne"),), ""),
        ((where("instance_id", "1", kind="integer"),), ""),
    ],
)
def test_the_one_server_that_an_alarm_waits_for(query: tuple[Condition, ...], server: str) -> None:
    assert server_of(EventRule("*", query)) == server


def test_the_servers_that_an_event_is_about() -> None:
    assert servers_of(event(instance_id="s1", resource_id="s2")) == ["", "s1", "s2"]
    assert servers_of(event(instance_id=1)) == [""]


def test_an_event_is_compared_with_so_much_and_no_more() -> None:
    wide = [alarm(f"w{number}", where("x", "1", "ne")) for number in range(COMPARED_MAX)]
    watch = Watch([*wide, alarm("own", where("instance_id", "s1"))])
    found = watch.matching(event(instance_id="s1"))
    assert found[0] == "own"
    assert (len(found), watch.cut) == (COMPARED_MAX // 2, 1)
    assert len(watch.matching(event())) == COMPARED_MAX // 2
    assert watch.cut == 2


def test_an_event_is_compared_with_the_alarms_of_its_server_and_no_others() -> None:
    names = [f"server{number}" for number in range(COMPARED_MAX + 1)]
    watch = Watch([alarm(n, where("state", "error"), where("instance_id", n)) for n in names])
    for name in (names[0], names[-1]):
        assert watch.matching(event(instance_id=name, state="error")) == [name]
    assert watch.cut == 0
