"""A packing gives each server the host that a look at all hosts would give it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.test_ranking import RATIOS, hosts
from tests.domain.things import candidate

from hostdown.domain.destinations import (
    AFFINITY,
    NOTHING,
    Candidate,
    Group,
    Need,
    Sizes,
    decide,
    with_one_less,
    with_one_more,
)
from hostdown.domain.packing import Packed, Packing

NAMES = "abcdefgh"
POLICIES = (AFFINITY, "anti-affinity", "soft-affinity", "soft-anti-affinity")
NEEDS = st.builds(
    Need,
    st.integers(1, 4),
    st.sampled_from([256, 512, 1024]),
    st.integers(0, 10),
    zone=st.sampled_from([None, None, "nova"]),
    pool=st.sampled_from(["", "x"]),
    keeps_disk=st.booleans(),
    hosts=st.none(),
    node=st.none(),
    group=st.none(),
    forced=st.just(False),
    specs=st.just(()),
    reserves=st.just(False),
)
GROUPS = st.fixed_dictionaries(
    {
        policy: st.builds(
            Group,
            st.just(policy),
            st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2), max_size=3),
            st.integers(1, 2),
        )
        for policy in POLICIES
    }
)


@dataclass
class Plain:
    """The same by looking at all hosts each time."""

    hosts: dict[str, Candidate]
    groups: dict[str, Group]
    waiting: list[Packed]
    held: dict[str, str] = field(default_factory=dict)

    def place(self, server: Packed) -> str | None:
        if (there := self.held.pop(server.uuid, None)) is not None:
            self.hosts[there] = with_one_less(self.hosts[there], server.sizes)
        group = self._group(server)
        for reserves in (False, True):
            need = server.need._replace(group=group, reserves=reserves)
            chosen = decide(self.hosts.values(), need, RATIOS).chosen
            if chosen is not None:
                self._take(server, chosen, group)
                return chosen.host
        return None

    def _group(self, server: Packed) -> Group | None:
        if server.group is None:
            return None
        waiting = NOTHING
        for each in self.waiting:
            if each.group == server.group and each != server:
                waiting = Sizes(*(a + b for a, b in zip(waiting, each.sizes, strict=True)))
        return self.groups[server.group]._replace(waiting=waiting)

    def _take(self, server: Packed, chosen: Candidate, group: Group | None) -> None:
        self.waiting.remove(server)
        used = chosen._replace(enabled=chosen.enabled or chosen.reserved, reserved=False)
        self.hosts[chosen.host] = with_one_more(used, server.sizes)
        if group is None:
            return
        count = group.members.get(chosen.host, 0) + 1
        after = group._replace(members={**group.members, chosen.host: count})
        self.groups[str(server.group)] = after
        if group.policy == AFFINITY and not group.members:
            for each in (it for it in self.waiting if it.group == server.group):
                self.held[each.uuid] = chosen.host
                self.hosts[chosen.host] = with_one_more(self.hosts[chosen.host], each.sizes)


@settings(max_examples=200, deadline=None)
@given(
    known=hosts(),
    reserved=st.sets(st.sampled_from(NAMES), max_size=3),
    lost=st.sets(st.sampled_from(NAMES), max_size=2),
    groups=GROUPS,
    wanted=st.lists(st.tuples(NEEDS, st.sampled_from([None, None, *POLICIES])), max_size=15),
)
def test_it_gives_what_looks_at_all_hosts_would_give(
    known: dict[str, Candidate],
    reserved: set[str],
    lost: set[str],
    groups: dict[str, Group],
    wanted: Sequence[tuple[Need, str | None]],
) -> None:
    for name in reserved & known.keys():
        known[name] = known[name]._replace(enabled=False, reserved=True)
    servers = [Packed(f"s{n}", "x", need, group) for n, (need, group) in enumerate(wanted)]
    packing = Packing(known, groups, RATIOS)
    plain = Plain(
        {name: each for name, each in known.items() if name not in lost},
        {name: _without(each, lost) for name, each in groups.items()},
        list(servers),
    )
    expected = [each.uuid for each in servers if plain.place(each) is None]
    for why in (False, True):  # a loss leaves nothing behind for the next one
        found = packing.lose(frozenset(lost), servers, why)
        assert found.stay == expected
        used = {it.host for it in plain.hosts.values() if known[it.host].reserved != it.reserved}
        assert set(found.reserves) == used


def _without(group: Group, lost: set[str]) -> Group:
    return group._replace(members={k: v for k, v in group.members.items() if k not in lost})


def test_it_says_why_no_host_will_do() -> None:
    known = {
        "a": candidate("a", memory_mb_promised=4000),
        "b": candidate("b", memory_mb_promised=4000),
        "c": candidate("c", enabled=False),
        "d": candidate("d"),
    }
    server = Packed("s", "d", Need(1, 512, 0))
    packing = Packing(known, {}, RATIOS)
    outcome = packing.lose(frozenset("d"), [server, server], why=True)
    assert outcome.stay == ["s", "s"]
    assert outcome.reason == "it has too little memory left (2 hosts); it is disabled (1 hosts)"
    assert packing.lose(frozenset("d"), [server]).reason is None
    nowhere = Packing({}, {}, RATIOS).lose(frozenset(), [server], why=True)
    assert nowhere.reason == "there are no other hosts"


def test_the_group_of_a_server_that_is_gone_binds_nobody() -> None:
    packing = Packing({"a": candidate("a")}, {}, RATIOS)
    server = Packed("s", "d", Need(1, 512, 0), "gone")
    assert packing.lose(frozenset("d"), [server]).stay == []


def test_the_first_of_an_affinity_group_keeps_room_for_those_that_follow() -> None:
    known = {"a": candidate("a"), "b": candidate("b", memory_mb_promised=1096)}
    group = {"g": Group(AFFINITY, {"lost": 2})}
    small, large = Need(1, 1000, 0), Need(1, 2500, 0)
    servers = [
        Packed("first", "lost", small, "g"),
        Packed("other", "lost", large),
        Packed("second", "lost", small, "g"),
    ]
    packing = Packing(known, group, RATIOS)
    assert packing.lose(frozenset({"lost"}), servers).stay == []
    apart = [each._replace(group=None) for each in servers]
    assert packing.lose(frozenset({"lost"}), apart).stay == []
    follows = Packing(known, {"g": Group(AFFINITY, {"a": 1})}, RATIOS)
    assert follows.lose(frozenset({"lost"}), servers).stay == ["second"]


def test_members_that_must_not_meet_take_hosts_in_turn() -> None:
    known = {
        name: candidate(name, memory_mb_promised=more)
        for name, more in (("a", 0), ("b", 100), ("c", 200))
    }
    packing = Packing(known, {"g": Group("anti-affinity", {"a": 1, "lost": 3})}, RATIOS)
    servers = [Packed(uuid, "lost", Need(1, 512, 0), "g") for uuid in ("x", "y", "z")]
    assert packing.lose(frozenset({"lost"}), servers).stay == ["z"]


def test_a_reserved_host_is_the_last_resort_and_then_one_like_others() -> None:
    known = {
        "a": candidate("a", memory_mb_promised=3500),
        "b": candidate("b", enabled=False, reserved=True),
    }
    servers = [Packed(uuid, "lost", Need(1, 512, 0)) for uuid in "xyz"]
    outcome = Packing(known, {}, RATIOS).lose(frozenset({"lost"}), servers)
    assert (outcome.stay, outcome.reserves) == ([], ["b"])
