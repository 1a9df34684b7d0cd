"""The tables that make up the API contradict neither themselves nor each other."""

import inspect
from itertools import groupby

import pytest

from hostdown.api import errors as api_errors
from hostdown.api import faults
from hostdown.api.compute import errors as compute_errors
from hostdown.api.compute import extensions, list_errors, os_services
from hostdown.api.compute.fields import Field, Param, views
from hostdown.api.compute.microversion import ALL, Ranged, Version, by_version
from hostdown.api.compute.nova_resources import NOVA_RESOURCES
from hostdown.api.compute.router import Router
from hostdown.api.compute.routes import ROUTES, Route
from hostdown.api.ports import PolicyForbids, Unauthenticated
from hostdown.domain import (
    action_errors,
    aggregate_errors,
    create_errors,
    flavor_errors,
    hypervisor_errors,
    paging_errors,
    quota_errors,
    server_errors,
)
from hostdown.domain import errors as domain_errors
from hostdown.domain.errors import HostdownError

NAMED: dict[str, tuple[Ranged, ...]] = {
    "fields of a service": os_services.FIELDS,
    "actions of os-services": os_services.ACTIONS,
    **{
        f"body of {route.method} {route.path} {route.action or ''} from {route.since}": tuple(
            route.body or ()
        )
        for route in ROUTES
    },
    **{
        f"query of {route.method} {route.path} from {route.since}": route.query.params
        for route in ROUTES
        if route.query
    },
}


@pytest.mark.parametrize("title", NAMED)
def test_no_two_rows_claim_one_name_at_one_version(title: str) -> None:
    for version, names in by_version(
        NAMED[title], lambda alive: [getattr(row, "name", "") for row in alive]
    ).items():
        assert len(names) == len(set(names)), version


def test_no_two_routes_claim_one_method_and_path_at_one_version() -> None:
    def place(route: Route) -> tuple[str, str, str]:
        return route.method, route.path, route.action or ""

    for where, rows in groupby(sorted(ROUTES, key=place), key=place):
        for version, alive in by_version(list(rows), tuple).items():
            assert len(alive) <= 1, (where, version)


def test_the_router_refuses_a_table_that_contradicts_itself() -> None:
    route = Route("GET", "/things", os_services.index, rule=None)
    with pytest.raises(ValueError, match=r"GET /things has two rows at 2\.1"):
        Router([route, route])


def test_a_field_must_name_an_attribute() -> None:
    with pytest.raises(ValueError, match="is not an attribute"):
        views([Field("name", "name.upper()")])


def test_a_literal_segment_goes_before_a_placeholder() -> None:
    def nothing(_: object) -> None:
        return None

    router = Router(
        [
            Route("GET", "/things/{id}", nothing, rule="one"),
            Route("GET", "/things/detail", nothing, rule="detail"),
        ]
    )
    rules = [
        router.match("GET", rest).operations[Version(2, 1)].rule
        for rest in ("things/detail", "things/7")
    ]
    assert rules == ["detail", "one"]


def test_rows_live_from_since_to_until() -> None:
    row = Param("x", {}, since=Version(2, 9), until=Version(2, 10))
    alive = by_version([row], bool)
    assert [version for version in ALL if alive[version]] == [Version(2, 9), Version(2, 10)]


def errors_of(module: object) -> list[type[HostdownError]]:
    return [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, HostdownError) and each is not HostdownError
    ]


OF_COMPUTE = (
    api_errors,
    compute_errors,
    list_errors,
    action_errors,
    aggregate_errors,
    create_errors,
    flavor_errors,
    hypervisor_errors,
    paging_errors,
    quota_errors,
    server_errors,
)


def test_every_error_of_the_api_has_a_status() -> None:
    classes = {each for module in OF_COMPUTE for each in errors_of(module)}
    classes |= {Unauthenticated, PolicyForbids}
    assert classes <= set(faults.STATUS)


def test_every_error_has_a_code_of_its_own() -> None:
    classes = {each for module in (*OF_COMPUTE, domain_errors) for each in errors_of(module)}
    codes = sorted(each.code for each in classes)
    assert codes == sorted(set(codes))


def test_every_extension_stands_for_something_we_serve() -> None:
    assert {row.path for row in extensions.TABLE} <= {route.path for route in ROUTES}
    aliases = [row.alias for row in extensions.TABLE]
    assert len(aliases) == len(set(aliases))


def test_everything_we_serve_is_something_nova_has() -> None:
    mine = {route.path.split("/")[1] for route in ROUTES} - {"", "versions"}
    assert mine <= NOVA_RESOURCES


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (400, "badRequest"), (401, "unauthorized"), (403, "forbidden"), (404, "itemNotFound"),
        (405, "badMethod"), (406, "computeFault"), (409, "conflictingRequest"),
        (410, "computeFault"), (413, "overLimit"), (415, "badMediaType"), (429, "overLimit"),
        (500, "computeFault"), (501, "notImplemented"), (503, "serviceUnavailable"),
    ],
)  # fmt: skip
def test_a_fault_has_the_key_of_its_status(status: int, key: str) -> None:
    assert faults.KEYS.get(status, "computeFault") == key
