"""A ranking chooses what a look at all hosts would choose."""

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.things import candidate

from hostdown.domain.destinations import Candidate, Need, Ratios, decide
from hostdown.domain.liveness import State
from hostdown.domain.ranking import Ranking

NAMES = "abcdefgh"
RATIOS = Ratios(cpu=4.0)


@st.composite
def hosts(draw: st.DrawFn) -> dict[str, Candidate]:
    found = {}
    for name in draw(st.sets(st.sampled_from(NAMES))):
        resources = candidate().resources._replace(pool_id=draw(st.sampled_from(["", "x", "y"])))
        found[name] = candidate(
            name,
            resources=resources,
            enabled=draw(st.integers(0, 4)) > 0,
            state=draw(st.sampled_from([State.UP, State.UP, State.DOWN])),
            zone=draw(st.sampled_from(["nova", "east"])),
            memory_mb_promised=draw(st.sampled_from([0, 512, 1024, 3500])),
            vcpus_promised=draw(st.integers(0, 15)),
        )
    return found


NEEDS = st.builds(
    Need,
    st.integers(1, 4),
    st.sampled_from([256, 512, 1024]),
    st.integers(0, 10),
    zone=st.sampled_from([None, "nova"]),
    pool=st.sampled_from(["", "x", "y"]),
    keeps_disk=st.booleans(),
)
TURNS = st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(NAMES), max_size=3)), max_size=40)


@given(known=hosts(), needs=st.tuples(NEEDS, NEEDS), turns=TURNS)
def test_it_chooses_what_a_look_at_all_hosts_would(
    known: dict[str, Candidate], needs: tuple[Need, Need], turns: list[tuple[bool, set[str]]]
) -> None:
    """Two needs take turns; each takes what the other one sees, too."""
    rankings = [Ranking(known, need, RATIOS) for need in needs]
    for which, passed_over in turns:
        need = needs[which]
        left = [each for each in known.values() if each.host not in passed_over]
        expected = decide(left, need, RATIOS).chosen
        assert rankings[which].best(passed_over.__contains__) == expected
        if expected is not None:
            known[expected.host] = expected._replace(
                vcpus_promised=expected.vcpus_promised + need.vcpus,
                memory_mb_promised=expected.memory_mb_promised + need.memory_mb,
                disk_gb_promised=expected.disk_gb_promised + need.disk_gb,
            )


def test_hosts_are_looked_at_anew_until_none_has_room() -> None:
    known = {"a": candidate("a"), "b": candidate("b", memory_mb_promised=9)}
    need = Need(1, 2000, 0)
    ranking = Ranking(known, need, RATIOS)
    chosen = []
    while (best := ranking.best({"c"}.__contains__)) is not None:
        chosen.append(best.host)
        more = best.memory_mb_promised + need.memory_mb
        known[best.host] = best._replace(memory_mb_promised=more)
    assert chosen == ["a", "b", "a", "b"]


def test_a_host_that_is_passed_over_once_is_there_the_next_time() -> None:
    known = {"a": candidate("a")}
    ranking = Ranking(known, Need(1, 512, 0), RATIOS)
    assert ranking.best({"a"}.__contains__) is None
    assert ranking.best({"b"}.__contains__) == known["a"]
