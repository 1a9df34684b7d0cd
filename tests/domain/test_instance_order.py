"""The order of instances, where no database gives it."""

from datetime import datetime, timedelta

import pytest
from tests.contracts.test_instances import IMAGE, instance

from hostdown.domain.instance_order import Key, column, in_order, is_behind

NOW = datetime(2026, 3, 1)
FEW = [
    instance(id=1, name="b", host=None, launched_at=None, power_state=4, image=IMAGE),
    instance(id=2, name="a", host="h2", launched_at=NOW, power_state=1),
    instance(id=3, name="b", host="h1", launched_at=NOW + timedelta(1), power_state=1),
]


@pytest.mark.parametrize(
    ("name", "descending", "ids"),
    [
        ("id", False, [1, 2, 3]),
        ("id", True, [3, 2, 1]),
        ("host", False, [1, 3, 2]),
        ("host", True, [2, 3, 1]),
        ("launched_at", False, [1, 2, 3]),
        ("power_state", False, [2, 3, 1]),
        ("image_id", True, [1, 2, 3]),
        ("name", False, [2, 1, 3]),
        ("name", True, [1, 3, 2]),
    ],
)
def test_what_is_empty_comes_first_and_equals_stay_as_they_are(
    name: str, descending: bool, ids: list[int]
) -> None:
    order = [column(name, descending)]
    assert [each.id for each in in_order(FEW, order)] == ids


def test_each_comes_behind_those_before_it() -> None:
    order = [column("name", True), Key(None, lambda each: -each.id, False)]
    found = in_order(FEW, order)
    assert [each.id for each in found] == [3, 1, 2]
    for place, one in enumerate(found):
        behind = [each for each in found if is_behind(each, one, order)]
        assert behind == found[place + 1 :]
