"""No operation and no rule escapes the policy matrix (tests/policy)."""

from tests.policy import alarm_operations, image_operations
from tests.policy.appendix_b import WHO_MAY
from tests.policy.operations import OPERATIONS, OWN_OPERATIONS, route_of

from hostdown.api import metrics
from hostdown.api.agent import admin_routes
from hostdown.api.alarm.routes import ROUTES as ALARM_ROUTES
from hostdown.api.compute.routes import ROUTES
from hostdown.api.events import operations as events
from hostdown.api.image.routes import ROUTES as IMAGE_ROUTES
from hostdown.api.policy_rules import api_rules


def test_every_operation_has_a_valid_request() -> None:
    """If this fails: add a row to tests/policy/operations.py."""
    tried = [route_of(operation) for operation in OPERATIONS]
    assert [route for route in ROUTES if not any(route is each for each in tried)] == []
    assert {(o.method, o.path, o.rule) for o in OWN_OPERATIONS} == {
        *((r.method, r.path, r.rule) for r in admin_routes.ROUTES),
        *((r.method, f"/image{r.path}", r.rules[0]) for r in IMAGE_ROUTES if r.rules),
        *((r.method, f"/alarming{r.path}", r.rules[0]) for r in ALARM_ROUTES if r.rules),
        *((method, path, events.RULE) for method, path in events.ROUTES),
        ("GET", metrics.PATH, metrics.RULE),
    }
    for operations, routes in (
        (image_operations.OPERATIONS, IMAGE_ROUTES),
        (alarm_operations.OPERATIONS, ALARM_ROUTES),
    ):
        asked = {rule for row in operations for rule in row.rules()}
        assert asked - {"context_is_admin"} == {rule for r in routes for rule in r.rules}


def test_the_route_table_names_every_rule_that_is_asked() -> None:
    """If this fails: `more_rules` of the route and the rules of its rows differ."""
    for route in ROUTES:
        asked = {rule for row in OPERATIONS if route_of(row) is route for rule in row.rules()} - {
            route.rule
        }
        assert (route.path, asked) == (route.path, set(route.more_rules))


def test_the_rules_are_those_of_the_contract() -> None:
    """If this fails: state the rule in tests/policy/appendix_b.py, from the contract."""
    assert {rule.name for rule in api_rules()} == set(WHO_MAY)
