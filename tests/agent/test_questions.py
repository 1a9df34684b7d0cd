"""Hosts say what they have when they ask for their assignments (NEVER-TWICE P5)."""

import pytest
from tests.agent.house import House
from tests.agent.test_admin import ask
from tests.agent.test_instances import answered, asked, refusal


def test_what_a_host_has_and_nobody_knows_is_shown(house: House) -> None:
    """P5, RACES 36: an operator is told, and nobody else decides."""
    host = house.reporting("compute1")
    uuid = "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1"
    seen = {"database_id": "", "commit": 0}
    have = [[uuid, 2, 1, 3, 1, True, False]]
    told = answered(house, host, "assignments", known=0, seen=seen, have=have)
    assert (told["ended"], told["instances"]) == ([], [])
    (shown,) = ask(house, "GET", "/hosts/compute1").json["host"]["unknown_servers"]
    assert (shown["uuid"], shown["generation"], shown["power_state"]) == (uuid, 2, 1)
    answered(house, host, "assignments", known=0, seen=seen, have=[])
    assert ask(house, "GET", "/hosts/compute1").json["host"]["unknown_servers"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"seen": 1},
        {"seen": {}},
        {"seen": {"database_id": "", "commit": -1}},
        {"have": 1},
        {"have": [[]]},
        {"have": [["u", 1, 1, 1, 2, True, False]]},
        {"have": [["u", 1, 1, 1, 1, True, False]] * 1001},
    ],
)
def test_a_question_that_is_not_understood_is_refused(
    house: House, wrong: dict[str, object]
) -> None:
    host = house.reporting("compute1")
    said = {"seen": {"database_id": "", "commit": 0}, "have": [], **wrong}
    raw = asked(house, host, "assignments", known=0, **said)
    assert refusal(raw)[:2] == (400, "malformed")
