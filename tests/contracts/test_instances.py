"""Instances, their permits, the ledger and the history of actions, on every database."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from hostdown.domain.assignment import ImageSource, Wanted
from hostdown.domain.instance import (
    Before,
    Extras,
    Fault,
    Instance,
    VmState,
)
from hostdown.domain.model import Flavor
from hostdown.services.cell_ports import Cell
from hostdown.services.instance_ports import Action, Brief, Event, InstanceQuery, Sort, Used

NOW = datetime(2026, 3, 1, 12, 0, 0, 1)
SECOND = timedelta(seconds=1)
FLAVOR = Flavor(1, "f1", "m1.tiny", 2, 512, 7, 0, 0, 1.0, True, False, None, {"a:b": "é"})
IMAGE = ImageSource("11111111-1111-1111-1111-111111111111", "ab" * 32, 2**40, "qcow2")


def instance(**facts: object) -> Instance:
    plain: dict[str, object] = {
        **dict.fromkeys(Instance._fields),
        "id": 0,
        "uuid": str(uuid4()),
        "project_id": "p",
        "user_id": "u",
        "name": "été",
        "hostname": "ete",
        "vm_state": VmState.ACTIVE.value,
        "power_state": 1,
        "wanted": Wanted.RUNNING.value,
        "order": 1,
        "flavor": FLAVOR,
        "image_properties": {},
        "network": "none",
        "mac": "52:54:00:00:00:01",
        "metadata": {},
        "hints": {},
        "extras": Extras(),
        "created_at": NOW,
        "deleted": False,
        "revision": 1,
    }
    return Instance(**(plain | facts))  # type: ignore[arg-type] # a table of facts


def add(cell: Cell, **facts: object) -> Instance:
    return cell.write(lambda rows: rows.instances.add(instance(**facts)))


def find(cell: Cell, **query: object) -> list[Instance]:
    asked = InstanceQuery(**query)  # type: ignore[arg-type] # a table of facts
    return cell.read(lambda rows: rows.instances.find(asked))


def test_an_instance_comes_back_as_it_was_written(cell: Cell) -> None:
    full = instance(
        description="x",
        host="compute1",
        node="n",
        zone="z",
        pinned_zone="z",
        task_state="deleting",
        reboot="hard",
        image=IMAGE,
        image_properties={"os_type": "linux"},
        metadata={"k": "v"},
        hints={"group": "g"},
        group=str(uuid4()),
        locked_by="owner",
        locked_reason="r",
        fault=Fault(500, "m", "d", NOW),
        before=Before("active", 1, "running"),
        extras=Extras("10.0.0.1", "::1", True, "k", "dXNlcg==", "AUTO", "/dev/sda", "r-1", 3),
        updated_at=NOW,
        launched_at=NOW + SECOND,
        terminated_at=NOW,
        deleted_at=NOW,
    )
    made = cell.write(lambda rows: rows.instances.add(full))
    assert made.id > 0
    assert made == full._replace(id=made.id)
    assert cell.read(lambda rows: rows.instances.get(full.uuid)) == made
    empty = add(cell)
    assert cell.read(lambda rows: rows.instances.get(empty.uuid)) == empty


def test_a_deleted_instance_is_found_only_by_who_asks_for_it(cell: Cell) -> None:
    gone = add(cell, deleted=True)
    assert cell.read(lambda rows: rows.instances.get(gone.uuid)) is None
    assert cell.read(lambda rows: rows.instances.get(gone.uuid, deleted=True)) == gone
    assert find(cell) == []
    assert find(cell, deleted=True) == find(cell, deleted=None) == [gone]
    assert cell.read(lambda rows: rows.instances.get("\0")) is None


def test_a_change_is_written_only_over_what_was_seen(cell: Cell) -> None:
    seen = add(cell)
    after = cell.write(lambda rows: rows.instances.replace(seen, seen._replace(name="a")))
    assert after == seen._replace(name="a", revision=2)
    late = seen._replace(name="b")
    assert cell.write(lambda rows: rows.instances.replace(seen, late)) is None
    assert cell.read(lambda rows: rows.instances.get(seen.uuid)) == after


def test_filters_all_hold_and_an_empty_column_can_be_asked_for(cell: Cell) -> None:
    here, there = add(cell, host="a"), add(cell, host="b", task_state="deleting")
    add(cell, host="c", project_id="q")
    by_id = [Sort("id", False)]
    both = find(cell, equal=[("host", ["a", "b"]), ("project_id", ["p"])], order=by_id)
    assert both == [here, there]
    assert find(cell, equal=[("task_state", [None]), ("host", ["a", "b"])]) == [here]
    assert find(cell, equal=[("task_state", [None, "deleting"]), ("host", ["b"])]) == [there]
    assert find(cell, equal=[("host", [])]) == []


def test_changes_are_found_by_their_time_both_ends_included(cell: Cell) -> None:
    made = [add(cell, updated_at=NOW + n * SECOND) for n in range(4)]
    add(cell)
    since, before = NOW + SECOND, NOW + 2 * SECOND
    assert find(cell, changed_since=since, changed_before=before) == made[1:3]


@pytest.mark.parametrize("descending", [True, False])
def test_pages_in_any_order_hold_everything_once(cell: Cell, descending: bool) -> None:
    hosts = [None, "b", None, "a", "b", "Z"]
    made = [add(cell, host=host, created_at=NOW) for host in hosts]
    order = [Sort("host", descending), Sort("created_at", True), Sort("id", True)]
    wanted = sorted(made, key=lambda each: each.id, reverse=True)
    wanted.sort(key=lambda each: each.host or "", reverse=descending)
    pages: list[Instance] = []
    after = None
    while page := find(cell, order=order, after=after, limit=2):
        assert len(page) <= 2
        pages += page
        after = page[-1]
    assert pages == wanted == find(cell, order=order)


def test_what_is_used_is_summed_up_by_host(cell: Cell) -> None:
    assert cell.read(lambda rows: rows.instances.used()) == []
    for host, project in (("a", "p"), ("a", "q"), (None, "p")):
        add(cell, host=host, project_id=project, task_state="pausing" if project == "q" else None)
    add(cell, host="a", deleted=True, task_state="pausing")
    everything = cell.read(lambda rows: rows.instances.used())
    assert everything == [Used("", 1, 2, 512, 7), Used("a", 2, 4, 1024, 14, busy=1)]
    mine = cell.read(lambda rows: rows.instances.used("p"))
    assert mine == [Used("", 1, 2, 512, 7), Used("a", 1, 2, 512, 7)]


# --------------------------------------------------------------------------------------- permits


# ---------------------------------------------------------------------------------------- ledger


def test_numbers_only_grow_and_the_database_keeps_its_id(cell: Cell) -> None:
    assert cell.read(lambda rows: rows.ledger.now()) == ("", 0)
    assert cell.write(lambda rows: rows.ledger.next()) == 1
    assert cell.write(lambda rows: rows.ledger.next()) == 2
    name, number = cell.read(lambda rows: rows.ledger.now())
    assert (len(name), number) == (36, 2)
    cell.write(lambda rows: rows.ledger.next())
    assert cell.read(lambda rows: rows.ledger.now()) == (name, 3)


def test_hosts_are_told_which_change_was_their_last(cell: Cell) -> None:
    cell.write(lambda rows: rows.ledger.changed(["a", "b", "a"], 5))
    cell.write(lambda rows: rows.ledger.changed(["b"], 6))
    assert cell.read(lambda rows: rows.ledger.changed_since(0)) == [("a", 5), ("b", 6)]
    assert cell.read(lambda rows: rows.ledger.changed_since(5)) == [("b", 6)]


# --------------------------------------------------------------------------------------- actions


def act(cell: Cell, request: str, order: int | None, at: datetime = NOW) -> None:
    made = Action(0, "i", "stop", request, "u", "p", None, at, at)
    event = None if order is None else Event(order, "do", "h", at, None, None, None)
    cell.write(lambda rows: rows.actions.add(made, event))


def test_an_outcome_ends_what_waits_for_it_and_what_is_older(cell: Cell) -> None:
    act(cell, "r1", 1)
    act(cell, "r2", 2)
    act(cell, "r3", 3)
    later = NOW + SECOND
    cell.write(lambda rows: rows.actions.finish("i", 2, "Error", "no", later))
    for request, message, ended in (("r1", "Error", later), ("r3", None, None)):
        found = cell.read(lambda rows, r=request: rows.actions.get("i", r))
        assert found is not None
        action, (event,) = found
        assert (action.message, event.finish_time) == (message, ended)
        assert action.updated_at == (ended or NOW)
    cell.write(lambda rows: rows.actions.finish("i", 3, "Success", None, later))
    found = cell.read(lambda rows: rows.actions.get("i", "r3"))
    assert found is not None
    assert (found[0].message, found[1][0].result) == (None, "Success")


def test_actions_come_newest_first_and_in_pages(cell: Cell) -> None:
    for number in range(4):
        act(cell, f"r{number}", None, NOW + number * SECOND)
    act(cell, "r3", None)

    def requests(**query: object) -> list[str] | None:
        found = cell.read(lambda rows: rows.actions.of_instance("i", **query))  # type: ignore[arg-type] # a table
        return None if found is None else [each.request_id for each in found]

    assert requests() == ["r3", "r2", "r1", "r0"]
    assert requests(marker="r3", limit=2) == ["r2", "r1"]
    assert requests(since=NOW + SECOND, before=NOW + 2 * SECOND) == ["r2", "r1"]
    assert requests(marker="nobody") is None
    assert cell.read(lambda rows: rows.actions.get("i", "\0")) is None


def test_what_says_where_it_can_be_moved_is_read_by_age(cell: Cell) -> None:
    said = {"HA_Priority": "7", "été": "x"}
    first = add(cell, host="a", pinned_zone="east", launched_at=NOW, metadata=said, group="g")
    add(cell)
    add(cell, host="a", deleted=True, deleted_at=NOW)
    second = add(cell, host="b")
    briefs = cell.read(lambda rows: rows.instances.briefs())
    expected = [Brief(*(getattr(each, name) for name in Brief._fields)) for each in (first, second)]
    assert briefs == expected
