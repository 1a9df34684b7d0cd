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
