"""The administrator's side of `/agent/v1`: which operation is what, and who may."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hostdown.api.agent import (
    admin,
    deliveries,
    disarmings,
    fencing,
    planning,
    recoveries,
    shapes,
)
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema


class AdminRoute(NamedTuple):
    """One operation of administrators, and the rule that says who may.

    The rest is for documents.
    """

    method: str
    path: str
    rule: str
    work: Callable[[Asked], Answer]
    answer: Schema
    success: int = 200
    body: Schema | None = None
    query: tuple[Schema, ...] = ()


_ONE = "/agent/v1/hosts/{name}"
_RECOVERY = "/agent/v1/recoveries/{name}"
_DISARMINGS = "/agent/v1/disarmings"
_DEAD_LETTERS = "/agent/v1/dead-letters"

ROUTES = (
    AdminRoute("GET", "/agent/v1/hosts", "hostdown:hosts:list", admin.hosts, shapes.HOSTS),
    AdminRoute("GET", _ONE, "hostdown:hosts:show", admin.host, shapes.DETAIL),
    AdminRoute(
        "POST",
        f"{_ONE}/enrolment",
        "hostdown:hosts:enroll",
        admin.enrolment,
        shapes.ENROLLED,
        201,
        shapes.REPLACE,
    ),
    AdminRoute(
        "POST",
        f"{_ONE}/fence-test",
        "hostdown:hosts:fence_test",
        fencing.test_fencing,
        fencing.LEVELS,
    ),
    AdminRoute(
        "GET",
        "/agent/v1/fence-checks",
        "hostdown:hosts:fence_status",
        fencing.show_status,
        fencing.CHECKS,
    ),
    AdminRoute(
        "POST",
        f"{_ONE}/failure-domain",
        "hostdown:hosts:failure_domain",
        planning.label,
        planning.LABELLED,
        body=planning.LABEL,
    ),
    AdminRoute(
        "POST",
        f"{_ONE}/reserve",
        "hostdown:hosts:reserve",
        planning.reserve,
        planning.RESERVED,
        body=planning.RESERVE,
    ),
    AdminRoute(
        "GET", f"{_ONE}/recovery-plan", "hostdown:recoveries:plan", planning.plan, planning.PLAN
    ),
    AdminRoute(
        "GET",
        "/agent/v1/capacity",
        "hostdown:hosts:capacity",
        planning.show_capacity,
        planning.CAPACITY,
    ),
    AdminRoute(
        "GET",
        "/agent/v1/recoveries",
        "hostdown:recoveries:list",
        recoveries.recoveries,
        recoveries.LIST,
    ),
    AdminRoute("GET", _RECOVERY, "hostdown:recoveries:show", recoveries.recovery, recoveries.SHOWN),
    AdminRoute(
        "GET",
        f"{_RECOVERY}/profile",
        "hostdown:recoveries:show",
        recoveries.profile,
        recoveries.PROFILE,
    ),
    *(
        AdminRoute(
            "POST",
            f"{_RECOVERY}/{word}",
            f"hostdown:recoveries:{word.replace('-', '_')}",
            work,
            recoveries.ONE,
        )
        for word, work in recoveries.WORDS.items()
    ),
    AdminRoute(
        "GET",
        _DISARMINGS,
        "hostdown:recoveries:list",
        disarmings.disarmings,
        disarmings.LIST,
    ),
    AdminRoute(
        "POST",
        _DISARMINGS,
        "hostdown:recoveries:disarm",
        disarmings.disarm,
        disarmings.ONE,
        201,
        disarmings.WANTED,
    ),
    AdminRoute(
        "POST",
        f"{_DISARMINGS}/arm",
        "hostdown:recoveries:arm",
        disarmings.arm,
        disarmings.ARMED,
        body=disarmings.WHERE,
    ),
    AdminRoute(
        "GET",
        "/agent/v1/deliveries",
        "hostdown:deliveries:list",
        deliveries.waiting,
        deliveries.WAITING,
    ),
    AdminRoute(
        "GET",
        _DEAD_LETTERS,
        "hostdown:deliveries:list",
        deliveries.dead_letters,
        deliveries.DEAD_LETTERS,
        query=deliveries.QUERY,
    ),
    AdminRoute(
        "POST",
        f"{_DEAD_LETTERS}/replay",
        "hostdown:deliveries:replay",
        deliveries.replay,
        deliveries.REPLAYED,
        body=deliveries.WHICH,
    ),
    AdminRoute(
        "POST",
        f"{_DEAD_LETTERS}/drop",
        "hostdown:deliveries:replay",
        deliveries.drop,
        deliveries.DROPPED,
        body=deliveries.WHICH,
    ),
)


def find(method: str, segments: Sequence[str]) -> tuple[AdminRoute, str] | None:
    """The route, and the host's name; `segments` are those of the path, without the first "/"."""
    for route in ROUTES:
        mine = route.path[1:].split("/")
        if method == route.method and len(mine) == len(segments):
            pairs = list(zip(mine, segments, strict=True))
            if all(wanted in ("{name}", given) for wanted, given in pairs):
                return route, next((given for wanted, given in pairs if wanted == "{name}"), "")
    return None
