"""Proofs that turned out to be void, what ended by them, and the boots of hosts."""

from datetime import datetime, timedelta

import pytest
from alembic import command
from tests.contracts.databases import KINDS, empty_settings, run
from tests.contracts.test_instances import NOW
from tests.contracts.test_permits import grant, permit

from hostdown.domain.boots import Boot
from hostdown.domain.instance import INCOMING, RUN, Ended, PermitState
from hostdown.domain.model import HostRecord
from hostdown.domain.permit_errors import PermitOpen
from hostdown.domain.permits import VOID
from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.services.permit_ports import Proof
from hostdown.storage import open_storage, schema
from hostdown.storage.cell_tables import proofs
from hostdown.storage.directory_tables import hosts
from hostdown.storage.exclusive import exclusive
from hostdown.storage.settings import database_url
from hostdown.storage.types import written

BEFORE = {"directory": "d0007", "cell": "c0007"}
"""Revisions that know neither boots nor void proofs."""
LATER = NOW + timedelta(minutes=1)


def proof(boot: int, host: str = "h1", voided_at: datetime | None = None) -> Proof:
    return Proof(host, boot, "host", "reboot", NOW, "a", {"boot": boot + 1}, voided_at)


def prove(cell: Cell, made: Proof) -> int:
    return cell.write(lambda rows: rows.proofs.add(made))


def test_a_void_proof_covers_nothing_and_is_kept(cell: Cell) -> None:
    first, second = prove(cell, proof(1)), prove(cell, proof(2))
    other = prove(cell, proof(2, "h2"))
    assert cell.read(lambda rows: rows.proofs.voided("h1")) is None
    assert cell.write(lambda rows: rows.proofs.void("h1", 2, LATER)) == [second]
    assert cell.read(lambda rows: rows.proofs.covering("h1", 1)) == [(first, proof(1))]
    assert cell.read(lambda rows: rows.proofs.covering("h1", 2)) == []
    assert cell.read(lambda rows: rows.proofs.covering("h2", 2)) == [(other, proof(2, "h2"))]
    assert cell.read(lambda rows: rows.proofs.voided("h1")) == LATER
    assert cell.read(lambda rows: rows.proofs.voided("h2")) is None
    assert cell.write(lambda rows: rows.proofs.void("h1", 2, LATER)) == []


def test_a_proof_can_be_void_from_the_first(cell: Cell) -> None:
    prove(cell, proof(1, voided_at=LATER))
    assert cell.read(lambda rows: rows.proofs.covering("h1", 1)) == []
    assert cell.read(lambda rows: rows.proofs.voided("h1")) == LATER


@pytest.mark.parametrize("claimed", [True, False])
def test_a_permit_that_a_proof_ended_is_doubted_and_open_again(cell: Cell, claimed: bool) -> None:
    made, other = grant(cell, permit("i", 1)), grant(cell, permit("j", 1))
    if claimed:
        assert cell.write(lambda rows: rows.permits.claimed(made))
        made = made._replace(state=PermitState.CLAIMED.value)
    cell.write(lambda rows: rows.permits.end(made, Ended("proof", "1", NOW)))
    cell.write(lambda rows: rows.permits.end(other, Ended("proof", "11", NOW)))
    (ended,) = cell.read(lambda rows: rows.doubts.ended_by("h1", 1))
    assert ended.instance == "i"
    assert ended.ended is not None
    assert cell.read(lambda rows: rows.doubts.ended_by("h2", 1)) == []
    cell.write(lambda rows: rows.doubts.doubt(ended, ended.ended))
    assert cell.read(lambda rows: rows.doubts.ended_by("h1", 1)) == []
    (doubted,) = cell.read(lambda rows: rows.permits.of_instance("i"))
    assert doubted.ended == Ended(VOID, "1", NOW, claimed)
    assert cell.write(lambda rows: rows.doubts.reopen(doubted)) == made
    assert cell.read(lambda rows: rows.permits.held("h1")) == [made]
    with pytest.raises(PermitOpen):
        grant(cell, permit("i", 2, "h2"))


def test_who_waited_for_a_guest_is_one_to_run_it(cell: Cell) -> None:
    """It may have been sent there."""
    waits = grant(cell, permit("i", 1)._replace(kind=INCOMING))
    cell.write(lambda rows: rows.permits.end(waits, Ended("proof", "1", NOW)))
    (ended,) = cell.read(lambda rows: rows.doubts.ended_by("h1", 1))
    reopened = cell.write(lambda rows: rows.doubts.reopen(ended))
    assert reopened == waits._replace(kind=RUN)
    assert cell.read(lambda rows: rows.permits.of_instance("i")) == [reopened]


def test_boots_are_kept_by_their_numbers(directory: Directory) -> None:
    boots = [Boot(1, "b1", 0, NOW), Boot(2, "B1", 2**40, LATER)]
    for boot in reversed(boots):
        directory.write(lambda rows, boot=boot: rows.boots.add("h1", boot))
    directory.write(lambda rows: rows.boots.add("h2", boots[0]))
    assert directory.read(lambda rows: rows.boots.of("h1")) == boots
    assert directory.read(lambda rows: rows.boots.of("h3")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_proofs_and_hosts_of_before_are_good_after_the_upgrade(kind: str) -> None:
    with empty_settings(kind, "one") as settings:
        for name, revision in BEFORE.items():
            with exclusive(database_url(settings.cell_url), settings) as connection:
                command.upgrade(schema.history(name, connection), revision)
        facts = {**proof(1)._asdict(), "observed_at": written(NOW), "evidence": '{"boot":2}'}
        del facts["voided_at"]
        record = HostRecord("h1", "a", "cell1", b"s", "m", "b", 2, 3, "1", NOW, None)
        known = {**record._asdict(), "enrolled_at": written(NOW), "name_held": "a"}
        del known["forked_at"], known["sleeps"]
        run(settings.cell_url, proofs.insert().values(facts), hosts.insert().values(known))
        schema.upgrade(settings)
        storage = open_storage(settings)
        cell = storage.cells.all()[0]
        assert cell.read(lambda rows: rows.proofs.covering("h1", 1)) == [(1, proof(1))]
        assert cell.read(lambda rows: rows.proofs.voided("h1")) is None
        assert storage.directory.read(lambda rows: rows.hosts.get("h1")) == record
        assert storage.directory.read(lambda rows: rows.boots.of("h1")) == []
        storage.close()
