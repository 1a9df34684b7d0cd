"""Which host gets an instance, and why each of the others does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.things import candidate

from hostdown.domain.destinations import (
    Candidate,
    Decision,
    Group,
    Need,
    Ratios,
    Refusal,
    Sizes,
    decide,
    refusal_of,
)
from hostdown.domain.liveness import State

NEED = Need(2, 512, 10)
PLAIN = Ratios(cpu=1.0)


def chosen(decision: Decision) -> str | None:
    return None if decision.chosen is None else decision.chosen.host


SSD = (("ssd", "yes"),)
ON_Y = {"resources": candidate().resources._replace(pool_id="y")}
AGAINST = [
    (Refusal.NOT_ASKED_FOR, {}, NEED._replace(hosts=["b"])),
    (Refusal.NOT_ASKED_FOR, {}, NEED._replace(hosts=[])),
    (Refusal.NOT_ASKED_FOR, {}, NEED._replace(node="b.node")),
    (Refusal.NEVER_STARTED, {"boot": 0}, NEED),
    (Refusal.OTHER_ZONE, {"zone": "west"}, NEED._replace(zone="east")),
    (Refusal.DISABLED, {"enabled": False}, NEED),
    (Refusal.DOWN, {"state": State.DOWN}, NEED),
    (Refusal.NO_VCPUS, {"vcpus_promised": 3}, NEED),
    (Refusal.NO_MEMORY, {"memory_mb_promised": 4096 - 511}, NEED),
    (Refusal.NO_DISK, {"disk_gb_promised": 31}, NEED),
    (Refusal.GROUP, {}, NEED._replace(group=Group("anti-affinity", {"a": 1}))),
    (Refusal.GROUP, {}, NEED._replace(group=Group("anti-affinity", {"a": 3}, most=3))),
    (Refusal.GROUP, {}, NEED._replace(group=Group("affinity", {"b": 1}))),
    (
        Refusal.NO_ROOM_FOR_GROUP,
        {},
        NEED._replace(group=Group("affinity", {}, waiting=Sizes(3, 0, 0))),
    ),
    (Refusal.NO_POOL, {}, NEED._replace(pool="x")),
    (Refusal.AGGREGATES, {"metadata": {"ssd": frozenset(["no"])}}, NEED._replace(specs=SSD)),
    (Refusal.AGGREGATES, {}, NEED._replace(specs=SSD)),
    (Refusal.OTHER_POOL, ON_Y, NEED._replace(pool="x", keeps_disk=True)),
]


@pytest.mark.parametrize(("why", "facts", "need"), AGAINST)
def test_a_host_is_refused_and_the_reason_is_told(
    why: Refusal, facts: dict[str, object], need: Need
) -> None:
    decision = decide([candidate(**facts)], need, PLAIN)
    assert decision == Decision(None, {"a": why})


def test_every_reason_is_told_somewhere() -> None:
    assert {why for why, _, _ in AGAINST} == set(Refusal)


@pytest.mark.parametrize(
    "need",
    [
        NEED,
        NEED._replace(hosts=["b", "a"], node="a.node", zone="nova"),
        NEED._replace(group=Group("affinity", {})),
        NEED._replace(group=Group("affinity", {}, waiting=Sizes(2, 3584, 30))),
        NEED._replace(group=Group("affinity", {"a": 1}, waiting=Sizes(9, 0, 0))),
        NEED._replace(group=Group("affinity", {"a": 2, "b": 1})),
        NEED._replace(group=Group("anti-affinity", {"b": 5})),
        NEED._replace(group=Group("anti-affinity", {"a": 2}, most=3)),
        NEED._replace(group=Group("soft-anti-affinity", {"a": 9})),
        NEED._replace(group=Group("soft-affinity", {"b": 9})),
        Need(4, 4096, 40),
    ],
)
def test_a_host_that_has_everything_is_taken_to_its_last_byte(need: Need) -> None:
    assert decide([candidate()], need, PLAIN) == Decision(candidate(), {})


@pytest.mark.parametrize(("why", "facts", "need"), AGAINST)
def test_who_names_a_host_is_asked_only_whether_it_can_be_that_one(
    why: Refusal, facts: dict[str, object], need: Need
) -> None:
    place = {Refusal.NOT_ASKED_FOR, Refusal.NEVER_STARTED, Refusal.OTHER_ZONE, Refusal.GROUP}
    place |= {Refusal.NO_POOL, Refusal.OTHER_POOL}
    told = refusal_of(candidate(**facts), need._replace(forced=True), PLAIN)
    assert told == (why if why in place else None)


def test_more_may_be_promised_than_there_is_by_the_ratios_and_not_one_more() -> None:
    ratios = Ratios(cpu=2.0, ram=1.5, disk=0.5)
    assert decide([candidate()], Need(8, 6144, 20), ratios).chosen
    for need, why in (
        (Need(9, 6144, 20), Refusal.NO_VCPUS),
        (Need(8, 6145, 20), Refusal.NO_MEMORY),
        (Need(8, 6144, 21), Refusal.NO_DISK),
    ):
        assert decide([candidate()], need, ratios).refused == {"a": why}


def test_the_host_with_most_memory_left_is_best_and_then_the_name_decides() -> None:
    hosts = [candidate("c"), candidate("b"), candidate("a", memory_mb_promised=1)]
    assert chosen(decide(hosts, NEED, PLAIN)) == "b"


def test_soft_policies_weigh_more_than_memory_and_refuse_nobody() -> None:
    hosts = [candidate("a", memory_mb_promised=2048), candidate("b")]
    for policy, members, best in (
        ("soft-affinity", {"a": 1}, "a"),
        ("soft-anti-affinity", {"b": 1}, "a"),
        ("soft-anti-affinity", {"a": 1}, "b"),
        ("soft-affinity", {}, "b"),
        ("anti-affinity", {}, "b"),
    ):
        decision = decide(hosts, NEED._replace(group=Group(policy, members)), PLAIN)
        assert (chosen(decision), decision.refused) == (best, {})


def test_a_host_that_has_the_disk_is_better_than_any_other() -> None:
    x, y = (candidate().resources._replace(pool_id=pool) for pool in "xy")
    hosts = [candidate("a", resources=x), candidate("b", resources=y, memory_mb_promised=2048)]
    liked = Group("soft-affinity", {"a": 1})
    for pool, best in (("", "a"), ("x", "a"), ("y", "b")):
        for group in (None, liked):
            assert chosen(decide(hosts, NEED._replace(pool=pool, group=group), PLAIN)) == best


def test_a_host_whose_aggregates_have_what_is_asked_for_is_taken() -> None:
    host = candidate(metadata={"ssd": frozenset(["no", "yes"])})
    assert decide([host], NEED._replace(specs=SSD), PLAIN).chosen == host


def test_without_hosts_there_is_no_host_and_nobody_to_blame() -> None:
    assert decide([], NEED, PLAIN) == Decision(None, {})


HOSTS = st.lists(
    st.builds(
        candidate,
        st.sampled_from("abcdefgh"),
        enabled=st.booleans(),
        state=st.sampled_from(State),
        boot=st.integers(0, 2),
        zone=st.sampled_from(["nova", "east"]),
        vcpus_promised=st.integers(0, 5),
        memory_mb_promised=st.integers(0, 5000),
        disk_gb_promised=st.integers(0, 50),
    ),
    unique_by=lambda host: host.host,
)
NEEDS = st.builds(
    Need,
    st.integers(1, 4),
    st.integers(1, 4096),
    st.integers(0, 40),
    zone=st.sampled_from([None, "nova", "east"]),
    hosts=st.none() | st.lists(st.sampled_from("abcdefgh")),
    group=st.none()
    | st.builds(
        Group,
        st.sampled_from(["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]),
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3)),
        st.integers(1, 3),
    ),
    forced=st.booleans(),
)


@given(hosts=HOSTS, need=NEEDS)
def test_the_chosen_host_is_one_that_is_not_refused_whatever_the_order(
    hosts: list[Candidate], need: Need
) -> None:
    decision = decide(hosts, need, PLAIN)
    assert decision == decide(reversed(hosts), need, PLAIN)
    fitting = [each.host for each in hosts if refusal_of(each, need, PLAIN) is None]
    assert set(decision.refused) == {each.host for each in hosts} - set(fitting)
    assert (chosen(decision) in fitting) if fitting else decision.chosen is None


def test_servers_run_only_on_hosts_that_are_up() -> None:
    assert candidate().is_up
    assert not candidate(state=State.DOWN).is_up
