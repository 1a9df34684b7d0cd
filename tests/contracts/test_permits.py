"""Who may run what, on every database."""

import pytest
from tests.contracts.test_instances import NOW

from hostdown.domain.assignment import Disk, Holder
from hostdown.domain.instance import RUN, Ended, Permit, PermitState
from hostdown.domain.permit_errors import PermitOpen
from hostdown.services.cell_ports import Cell


def permit(uuid: str, generation: int, host: str = "h1", **facts: object) -> Permit:
    plain: dict[str, object] = {
        "id": 0,
        "instance": uuid,
        "generation": generation,
        "host_id": host,
        "host": f"name of {host}",
        "boot": 3,
        "kind": RUN,
        "over": (Holder(1, "h0", 2),),
        "disk": Disk.KEEP.value,
        "data_gen": 0,
        "state": PermitState.GRANTED.value,
        "ended": None,
        "created_at": NOW,
    }
    return Permit(**(plain | facts))  # type: ignore[arg-type] # a table of facts


def grant(cell: Cell, made: Permit) -> Permit:
    """As it is there, with an id."""
    cell.write(lambda rows: rows.permits.add(made))
    (there,) = cell.read(
        lambda rows: [
            each
            for each in rows.permits.of_instance(made.instance)
            if (each.generation, each.host_id) == (made.generation, made.host_id)
        ]
    )
    return there


def test_an_instance_has_one_open_permit_at_most(cell: Cell) -> None:
    first = grant(cell, permit("i", 1))
    assert first == permit("i", 1)._replace(id=first.id)
    with pytest.raises(PermitOpen, match=r"on host 'name of h1' under permit 1; another"):
        grant(cell, permit("i", 2, "h2"))
    ended = Ended("surrender", "h1", NOW)
    assert cell.write(lambda rows: rows.permits.end(first, ended))
    assert not cell.write(lambda rows: rows.permits.end(first, ended))
    second = grant(cell, permit("i", 2, "h2"))
    assert cell.read(lambda rows: rows.permits.of_instance("i")) == [
        first._replace(state=PermitState.ENDED.value, ended=ended),
        second,
    ]


def test_permits_of_several_instances_come_at_once(cell: Cell) -> None:
    first = grant(cell, permit("i", 1))
    cell.write(lambda rows: rows.permits.end(first, Ended("word", "admin", NOW)))
    second, other = grant(cell, permit("i", 2, "h2")), grant(cell, permit("j", 1))
    many = [f"many-{number}" for number in range(1030)]
    found = cell.read(lambda rows: rows.permits.of_instances(["j", *many, "i"]))
    assert [each.generation for each in found["i"]] == [1, 2]
    assert (found["i"][1], found["j"]) == (second, [other])
    assert [found[each] for each in many] == [[]] * 1030
    assert cell.read(lambda rows: rows.permits.of_instances([])) == {}


def test_a_host_holds_what_is_not_ended(cell: Cell) -> None:
    kept, ended = grant(cell, permit("a", 1)), grant(cell, permit("b", 1))
    grant(cell, permit("c", 1, "h2"))
    cell.write(lambda rows: rows.permits.end(ended, Ended("word", "admin", NOW)))
    assert cell.read(lambda rows: rows.permits.held("h1")) == [kept]
    assert cell.read(lambda rows: rows.permits.held("\0")) == []


def test_a_claim_is_noted_once_and_never_after_the_end(cell: Cell) -> None:
    made = grant(cell, permit("i", 1))
    assert cell.write(lambda rows: rows.permits.claimed(made))
    assert not cell.write(lambda rows: rows.permits.claimed(made))
    (held,) = cell.read(lambda rows: rows.permits.held("h1"))
    assert held.state == PermitState.CLAIMED
    other = grant(cell, permit("j", 1))
    cell.write(lambda rows: rows.permits.end(other, Ended("proof", "7", NOW)))
    assert not cell.write(lambda rows: rows.permits.claimed(other))
