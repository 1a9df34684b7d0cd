"""However alarms are kept, an event fits those that it fits one by one."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.test_alarms import alarm, event

from hostdown.domain.alarm_matching import Watch, compares, field, server_of, servers_of, wanted
from hostdown.domain.alarms import Alarm, Condition, Operator, OwnerEvent, ValueType

FIELDS = ["traits.instance_id", "traits.resource_id", "traits.n", "event_type"]
TEXTS = st.sampled_from(["a", "b", "1", "0", "1.5"])
CONDITIONS = st.builds(
    Condition,
    st.sampled_from(FIELDS),
    st.sampled_from([*Operator]),
    TEXTS,
    st.sampled_from([ValueType.TEXT, ValueType.STRING]),
) | st.builds(
    Condition,
    st.sampled_from(FIELDS),
    st.sampled_from([*Operator]),
    st.sampled_from(["1", "0"]),
    st.sampled_from([ValueType.INTEGER, ValueType.FLOAT, ValueType.BOOLEAN]),
)
VALUES = TEXTS | st.integers(-1, 2) | st.booleans() | st.sampled_from([0.0, 1.0, 1.5])
TRAITS = st.dictionaries(st.sampled_from(["instance_id", "resource_id", "n"]), VALUES)
PATTERNS = st.sampled_from(["*", "a", "compute.*"])


def fits(one: Alarm, of: OwnerEvent) -> bool:
    return fnmatchcase(of.type, one.rule.event_type) and all(
        compares(each.op, field(of, each.field), wanted(each)) for each in one.rule.query
    )


@given(
    queries=st.lists(st.tuples(PATTERNS, st.lists(CONDITIONS, max_size=3)), max_size=8),
    traits=TRAITS,
    kind=st.sampled_from(["a", "compute.x"]),
)
def test_an_event_fits_what_it_fits_one_by_one(
    queries: list[tuple[str, list[Condition]]], traits: dict[str, str], kind: str
) -> None:
    alarms = [
        alarm(str(number), *query, event_type=pattern)
        for number, (pattern, query) in enumerate(queries)
    ]
    of = event(kind, **traits)
    expected = {each.id for each in alarms if fits(each, of)}
    found = Watch(alarms).matching(of)
    assert (set(found), len(found)) == (expected, len(expected))
    met = [each for each in alarms if server_of(each.rule) in servers_of(of)]
    assert expected <= {each.id for each in met}
