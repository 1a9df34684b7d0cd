"""Whatever is sent to change flavors, server groups and quotas, the answer is never a 5xx."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.test_never_500 import check_shape
from tests.api.world import World, open_world

WORDS = st.sampled_from(["", "1", "-1", "9" * 400, "1e400", "None", "a", "on", "\0", "é\n", " "])
VALUE = WORDS | st.integers(-2, 2**63) | st.floats(allow_nan=False, allow_infinity=False)
ANY = VALUE | st.none() | st.booleans() | st.lists(VALUE, max_size=2)
SIZES = ["swap", "OS-FLV-EXT-DATA:ephemeral", "rxtx_factor"]
FLAVOR = st.fixed_dictionaries(
    {"name": st.just("n") | ANY, "ram": st.just(1) | ANY, "vcpus": st.just("1"), "disk": VALUE},
    optional={name: ANY for name in (*SIZES, "id", "description", "os-flavor-access:is_public")},
)
KEYS = st.sampled_from(["hw:numa_nodes", "hw:mem_page_size", "trait:X", "a", "a/b", "\0", "é", ""])
SPECS = st.dictionaries(KEYS, ANY, max_size=3)
GROUP = st.fixed_dictionaries(
    {"name": st.just("g") | ANY},
    optional={
        "policy": st.sampled_from(["affinity", "anti-affinity"]) | ANY,
        "policies": st.lists(st.just("affinity") | ANY, max_size=2),
        "rules": st.dictionaries(st.just("max_server_per_host"), ANY) | ANY,
    },
)
CHANGES = st.one_of(
    st.tuples(st.just("POST"), st.just("/flavors"), st.builds(dict, flavor=FLAVOR)),
    st.tuples(st.just("PUT"), st.just("/flavors/1"), st.builds(dict, flavor=FLAVOR)),
    st.tuples(
        st.just("POST"), st.just("/flavors/1/os-extra_specs"), st.builds(dict, extra_specs=SPECS)
    ),
    st.tuples(st.just("PUT"), st.just("/flavors/1/os-extra_specs/a"), SPECS),
    st.tuples(
        st.just("POST"),
        st.just("/flavors/1/action"),
        st.dictionaries(
            st.sampled_from(["addTenantAccess", "removeTenantAccess"]),
            st.dictionaries(st.just("tenant"), ANY),
            max_size=2,
        ),
    ),
    st.tuples(st.just("POST"), st.just("/os-server-groups"), st.builds(dict, server_group=GROUP)),
    st.tuples(
        st.just("PUT"),
        st.just("/os-quota-sets/p"),
        st.builds(dict, quota_set=st.dictionaries(st.sampled_from(["cores", "force"]), ANY)),
    ),
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One of its own: what is made here would disturb others."""
    with open_world() as opened:
        yield opened


@settings(max_examples=150)
@given(
    change=CHANGES,
    root=st.sampled_from(["/v2", "/v2.1"]),
    version=st.sampled_from(["2.1", "2.6", "2.55", "2.64", "2.86", "2.104"]),
)
def test_no_change_gives_a_5xx(
    world: World, change: tuple[str, str, object], root: str, version: str
) -> None:
    method, path, body = change
    answer = world.ask(method, f"{root}{path}", version, body)
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    check_shape(answer.status_code, answer.headers.get("content-type", ""), answer)
