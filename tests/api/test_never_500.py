"""Whatever is sent, the answer is never a 5xx, and every fault has the shape of a fault.

501 is none of the kind meant: it says that a host cannot do what was asked.
"""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.hosting import node
from tests.api.world import ADMIN, PROJECT, READER, World

from hostdown.api.compute.microversion import ALL

METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"]
ROOTS = ["", "/", "/v2", "/v2.1", "/v2.1/", f"/v2.1/{PROJECT}", "/v3", "/healthz"]
TEXT = st.text(max_size=20)
SEGMENT = st.sampled_from(
    ["os-services", "force-down", "enable", "disable-log-reason", "1", "-1", "9" * 30, "versions",
     "v2.1", "0" * 32, PROJECT, "servers", "", "os-hypervisors", "os-hosts", "detail", "uptime",
     "search", "statistics", "host1", "reboot", "os-aggregates", "action", "images",
     "os-availability-zone"]
) | TEXT.map(lambda text: quote(text, safe=""))  # fmt: skip
VERSION = (
    st.sampled_from([str(version) for version in ALL])
    | st.sampled_from(["latest", "2.105", "abc", ""])
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10)
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just("nova-compute"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
KEYS = ["host", "binary", "disabled_reason", "forced_down", "status", "service",
        "maintenance_mode", "host_down_reported"]  # fmt: skip
BODY = (
    st.dictionaries(st.sampled_from(KEYS) | TEXT, VALUE, max_size=5)
    | st.fixed_dictionaries(
        {"host": st.just("host1") | TEXT, "binary": st.just("nova-compute") | TEXT},
        optional={"disabled_reason": TEXT, "forced_down": st.booleans() | VALUE},
    )
    | VALUE
)
NUMBERS = st.integers().map(str)
WORDS = st.sampled_from(["true", "False", "1", "host1", "ost"])
HYPERVISOR_QUERY = ["limit", "marker", "with_servers", "hypervisor_hostname_pattern"]
QUERY = st.lists(
    st.tuples(
        st.sampled_from(["host", "binary", "x", *HYPERVISOR_QUERY, "zone"]),
        TEXT | st.sampled_from(["%ff", "%00"]),
    ),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={quote(value, safe='%')}" for name, value in pairs))


@pytest.fixture
def populated(world: World) -> World:
    for host in ("host1", "host2", "host3"):
        node(world, host)
    world.service("ctl", "nova-scheduler")
    world.ask("POST", "/v2.1/os-aggregates", body={"aggregate": {"name": "one"}})
    return world


@given(
    method=st.sampled_from(METHODS),
    root=st.sampled_from(ROOTS),
    segments=st.lists(SEGMENT, max_size=4),
    version=VERSION,
    query=QUERY,
    body=BODY | st.binary(max_size=30),
    token=st.sampled_from([ADMIN, READER, None]),
)
def test_no_request_gives_a_5xx(
    populated: World,
    method: str,
    root: str,
    segments: list[str],
    version: str,
    query: str,
    body: object,
    token: str | None,
) -> None:
    path = "/".join([root, *segments]) or "/"
    if not path.startswith("/"):
        path = f"/{path}"
    if query:
        path = f"{path}?{query}"
    answer = populated.ask(method, path, version, body, token)
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    assert answer.status_code != 405 or path.startswith("/healthz")
    check_shape(answer.status_code, answer.headers.get("content-type", ""), answer)


NAMED = st.just("east") | st.just(" x ") | TEXT
METADATA = st.dictionaries(st.sampled_from(["availability_zone", "k"]) | TEXT, VALUE | NAMED)
AGGREGATE = st.fixed_dictionaries(
    {}, optional={"name": NAMED | VALUE, "availability_zone": NAMED | VALUE}
)
ACTION = (
    st.fixed_dictionaries({"add_host": st.fixed_dictionaries({"host": st.just("host1") | TEXT})})
    | st.fixed_dictionaries({"remove_host": st.fixed_dictionaries({"host": st.just("host1")})})
    | st.fixed_dictionaries({"set_metadata": st.fixed_dictionaries({"metadata": METADATA})})
    | st.dictionaries(
        st.sampled_from(["add_host", "remove_host", "set_metadata"]) | TEXT, VALUE, max_size=2
    )
)
IMAGES = st.fixed_dictionaries({"cache": st.lists(st.fixed_dictionaries({"id": TEXT})) | VALUE})


@given(
    method=st.sampled_from(["POST", "PUT", "DELETE"]),
    root=st.sampled_from(["/v2", "/v2.1"]),
    below=st.sampled_from(["", "/1", "/1/action", "/2/action", "/1/images"]),
    body=st.fixed_dictionaries({"aggregate": AGGREGATE}) | ACTION | IMAGES | VALUE,
)
def test_no_change_of_an_aggregate_gives_a_5xx(
    populated: World, method: str, root: str, below: str, body: object
) -> None:
    answer = populated.ask(method, f"{root}/os-aggregates{below}", "2.104", body)
    assert answer.status_code < 500, answer.text
    check_shape(answer.status_code, answer.headers.get("content-type", ""), answer)
    assert populated.ask("GET", "/v2.1/os-aggregates").status_code == 200


@given(body=BODY, action=st.sampled_from(["enable", "disable-log-reason", "force-down"]))
def test_no_body_gives_a_5xx(populated: World, body: object, action: str) -> None:
    answer = populated.ask("PUT", f"/v2.1/os-services/{action}", "2.52", body)
    assert answer.status_code < 500, answer.text
    check_shape(answer.status_code, answer.headers["content-type"], answer)


def check_shape(status: int, media_type: str, answer: object) -> None:
    """A fault that is JSON has one key with a code and a sentence."""
    if status >= 400 and media_type == "application/json; charset=UTF-8":
        content = getattr(answer, "content", b"")
        if content:
            (inside,) = getattr(answer, "json", {}).values()
            assert inside["code"] == status
            assert isinstance(inside["message"], str)


@given(
    below=st.sampled_from(["", "/detail", "/{}", "/{}/uptime", "/{}/search", "/{}/servers"]),
    name=st.sampled_from(["host", "1", "-1", "9" * 30, "0" * 32, "%", "_", "'", "\\"]) | TEXT,
    version=st.sampled_from(["2.1", "2.27", "2.33", "2.52", "2.53", "2.75", "2.87", "2.104"]),
    query=st.dictionaries(st.sampled_from([*HYPERVISOR_QUERY, "x"]), TEXT | NUMBERS | WORDS),
)
def test_no_question_about_hypervisors_gives_a_5xx(
    populated: World, below: str, name: str, version: str, query: dict[str, str]
) -> None:
    path = f"/v2.1/os-hypervisors{below.format(quote(name, safe=''))}?{urlencode(query)}"
    answer = populated.ask("GET", path, version)
    assert answer.status_code < 500, answer.text
    check_shape(answer.status_code, answer.headers["content-type"], answer)


@given(
    below=st.sampled_from(["", "/{}", "/{}/startup", "/{}/shutdown"]),
    name=st.sampled_from(["host1", "ctl"]) | TEXT,
    zone=TEXT,
)
def test_no_question_about_hosts_gives_a_5xx_but_that_it_is_not_supported(
    populated: World, below: str, name: str, zone: str
) -> None:
    path = f"/v2.1/os-hosts{below.format(quote(name, safe=''))}?{urlencode({'zone': zone})}"
    answer = populated.ask("GET", path, "2.42")
    assert answer.status_code in (200, 400, 404, 501), answer.text
    check_shape(answer.status_code, answer.headers["content-type"], answer)
