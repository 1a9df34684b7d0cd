"""What the tests of os-services ask again and again."""

from falcon.testing import Result
from tests.api.world import ADMIN, World

from hostdown.domain.model import Service

HOST_1 = {"host": "host1", "binary": "nova-compute"}


def told(answer: Result) -> tuple[int, str]:
    """The status and the sentence of a fault."""
    inside = next(iter(answer.json.values()))
    assert inside["code"] == answer.status_code
    return answer.status_code, inside["message"]


def put(
    world: World, action: str, body: object, version: str = "2.11", token: str = ADMIN
) -> Result:
    return world.ask("PUT", f"/v2.1/os-services/{action}", version, body, token)


def current(world: World, service: Service) -> Service:
    found = world.current(service)
    assert found is not None
    return found


def listed(world: World, query: str = "", version: str = "2.69") -> list[dict[str, object]]:
    answer = world.ask("GET", f"/v2.1/os-services{query}", version)
    assert answer.status_code == 200
    services: list[dict[str, object]] = answer.json["services"]
    return services
