"""The simulator sees what it is there to see: a rule is broken on purpose, and a race must fail."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.script import Play, Race, parse
from tests.scenarios.servers import Store
from tests.scenarios.world import Broken

from hostdown.agent import claims, ending, petter, site, starting, watching
from hostdown.agent.worker import Worker
from hostdown.domain import slots
from hostdown.domain.adoption import Verdict
from hostdown.domain.assignment import Disk
from hostdown.domain.lease import Claimable, Watch
from hostdown.domain.lease_text import LeaseState
from hostdown.domain.pool_errors import LeaseUnreadable
from hostdown.domain.recovery import Stage
from hostdown.domain.slots import Look, Renewals, Said
from hostdown.services import (
    adoption,
    assignments,
    compute_services,
    doubts,
    fencing_steps,
    forks,
    leftovers,
    move_steps,
    recovery_steps,
    watchdog_grants,
    watchdog_steps,
    watchdogs,
)
from hostdown.services.fencer import Fencer
from hostdown.services.hearing_ports import Hearing
from hostdown.services.recovery_ports import Recovery
from hostdown.services.releases import Releases
from hostdown.services.slot_marks import SlotMarks
from hostdown.services.watchdog_grants import WatchdogGrants

RACES = Path(__file__).with_name("races")
SEEDS = (None, 1, 2, 3)
"""In the calm run, or in one of these, it shows."""

Plant = Callable[[pytest.MonkeyPatch], None]


def claims_over_anybody(patch: pytest.MonkeyPatch) -> None:
    """L3: whoever has it, it is taken."""

    def may_claim(permit: object, lease: object) -> object:
        seen = real(permit, lease)  # type: ignore[arg-type] # handed on
        return seen if lease is None or seen.__class__.__name__ == "Mine" else after(lease)

    def after(lease: object) -> Claimable:
        return Claimable(lease.holder.generation, freed=True)  # type: ignore[attr-defined] # a Lease

    real = starting.may_claim
    patch.setattr(starting, "may_claim", may_claim)


def names_nobody(patch: pytest.MonkeyPatch) -> None:
    """P3: a permit is over nobody."""
    patch.setattr(move_steps, "holders", lambda _: ())


def ends_by_time(patch: pytest.MonkeyPatch) -> None:
    """P2: a host that is asked and does not answer has lost its permit."""
    patch.setattr(Releases, "_is_word", lambda *_: True)


def kills_nobody(patch: pytest.MonkeyPatch) -> None:
    """W1: a newer generation is nothing to die for."""
    for module in (watching, claims, starting):
        patch.setattr(module, "watch", lambda *_: Watch.KEEP)


def looks_once(patch: pytest.MonkeyPatch) -> None:
    """S4: the lease is not read again before the guest is let run."""
    patch.setattr(starting.Starting, "_check_mine", lambda _: None)
    patch.setattr(starting, "READ_AGE_MAX_S", 1e9)


def waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """S5: without locks, too, the guest runs at once."""
    settings = site.WorkerSettings(settle_s=0.0, settle_without_locks_s=0.0)
    patch.setattr(site.Site, "settings", settings)
    patch.setattr(starting.Starting, "_settle", lambda _: None)


def surrenders_what_runs(patch: pytest.MonkeyPatch) -> None:
    """W3: it is told that it is gone, and it is not."""

    def surrender(where: site.Site, note: object, host: str) -> object:
        uuid, holder = note.uuid, note.holder(host)  # type: ignore[attr-defined] # a Note
        where.leases.write(uuid, holder, LeaseState.FREE, None, holder.generation)
        return note._replace(done=holder.generation)  # type: ignore[attr-defined] # a Note

    patch.setattr(ending, "surrender", surrender)


def makes_disks_anew(patch: pytest.MonkeyPatch) -> None:
    """L4: a disk that is to be kept is made."""
    patch.setattr(starting, "makes_disk", lambda *_: True)


def creates_twice(patch: pytest.MonkeyPatch) -> None:
    """L4: a server that has run may be made anew where its lease is gone."""
    patch.setattr(assignments, "disk_of", lambda _: (Disk.CREATE, 0))


def lets_up_too_early(patch: pytest.MonkeyPatch) -> None:
    """Contract 2.5: a host is up again with moves from it that are not over."""
    patch.setattr(compute_services, "_check_cleared", lambda *_: None)


def hears_the_word_at_once(patch: pytest.MonkeyPatch) -> None:
    """W4: a host that talks is not asked first."""
    patch.setattr(Releases, "_talks", lambda *_: False)


def forgets_the_deleted(patch: pytest.MonkeyPatch) -> None:
    """D3: of a server that is deleted between two hosts nothing is remembered."""
    patch.setattr(leftovers, "remember", lambda *_: None)


def hears_nobody(patch: pytest.MonkeyPatch) -> None:
    """P5: it is granted at once, whoever may know more."""
    patch.setattr(Hearing, "goes_on", False)


def adopts_nobody(patch: pytest.MonkeyPatch) -> None:
    """L3, P5: what a host has and the database does not know is nobody's."""
    patch.setattr(adoption, "verdict", lambda *_: Verdict.STRANGE)


def ends_the_unknown(patch: pytest.MonkeyPatch) -> None:
    """P5: what a list lacks is killed."""

    def end_permits(self: Worker, told: object, _ended: object) -> None:
        real(self, told, dict(self.unlisted()))  # type: ignore[arg-type] # handed on

    real = Worker.end_permits
    patch.setattr(Worker, "end_permits", end_permits)


def believes_the_copy(patch: pytest.MonkeyPatch) -> None:
    """D4: whatever an older boot says, a newer one is the same machine."""
    patch.setattr(forks, "outlived", lambda *_: False)


def believes_what_is_void(patch: pytest.MonkeyPatch) -> None:
    """F5: what a void proof ended stays ended."""
    patch.setattr(doubts, "doubtful", lambda _: None)


def opens_the_gate(patch: pytest.MonkeyPatch) -> None:
    """The storm gate lets everybody through."""
    patch.setattr(fencing_steps, "gate", lambda *_: None)


def hears_nothing_before(patch: pytest.MonkeyPatch) -> None:
    """F2: an attempt is committed although its host was heard."""

    def befell(rows: object, seen: Recovery, *rest: object) -> object:
        return (None, "") if seen.stage is Stage.HOLDING_OFF else real(rows, seen, *rest)  # type: ignore[arg-type] # handed on

    real = recovery_steps.befell
    for module in (recovery_steps, fencing_steps):
        patch.setattr(module, "befell", befell)


def believes_devices(patch: pytest.MonkeyPatch) -> None:
    """F5: what is heard after its proof is not heard."""
    patch.setattr(recovery_steps, "_lived_on", lambda *_: False)


def believes_sleepers(patch: pytest.MonkeyPatch) -> None:
    """F3: whatever reads Off is off."""
    patch.setattr(fencing_steps, "judged", lambda _seen, reached, *_: reached)


def sends_whenever(patch: pytest.MonkeyPatch) -> None:
    """F2: a leader that stood still sends what it had in mind."""
    patch.setattr(Fencer, "_is_at_it", lambda *_: True)


def waits_for_no_reset(patch: pytest.MonkeyPatch) -> None:
    """F6, F7: whoever has no credit is gone at once."""
    patch.setattr(watchdog_steps, "how_long_s", lambda _: 0.0)


def pets_whatever(patch: pytest.MonkeyPatch) -> None:
    """F6: a petter asks for no credit."""
    patch.setattr(petter, "may_pet", lambda *_: True)


def grants_everybody(patch: pytest.MonkeyPatch) -> None:
    """F6: observers do not look at marks."""
    patch.setattr(WatchdogGrants, "allow", lambda *_: True)


def grants_on(patch: pytest.MonkeyPatch) -> None:
    """F6: what was looked at once is good for ever."""
    patch.setattr(watchdog_grants, "GRANTS_END_S", 1e9)


def lifts_nothing(patch: pytest.MonkeyPatch) -> None:
    """F7: a host that was heard in time is granted nothing all the same."""
    patch.setattr(watchdogs, "over", lambda *_: False)


def believes_one_pool(patch: pytest.MonkeyPatch) -> None:
    """F7: who is silent on one pool is silent."""

    def looked(look: Look, *rest: object) -> object:
        return real({pool: look[pool] for pool in list(look)[:1]}, *rest)  # type: ignore[arg-type] # handed on

    real = slots.looked
    patch.setattr(slots, "looked", looked)


def believes_one_reader(patch: pytest.MonkeyPatch) -> None:
    """F7: one that reads right is not asked, where one says that all is still."""

    def looked(look: Look, boot_id: str, known: Renewals) -> object:
        def same(said: Said | None) -> bool:
            return not known or (said is not None and said.renewal in known.values())

        kept = {pool: [s for s in all_said if same(s)][:1] for pool, all_said in look.items()}
        return real(kept, boot_id, known)

    real = slots.looked
    patch.setattr(slots, "looked", looked)


def marks_one_pool(patch: pytest.MonkeyPatch) -> None:
    """F6: one slot that is marked is enough."""

    def look(self: SlotMarks, seen: Recovery, run: object, orders: list, now: object) -> object:
        marks = [each for each in orders if each.said is not None and each.said.marked]
        alike = [marks[0]._replace(pool=pool) for pool in run.dog.pools if marks]  # type: ignore[attr-defined] # a run
        return real(self, seen, run, alike or orders, now)  # type: ignore[arg-type] # handed on

    real = SlotMarks._look
    patch.setattr(SlotMarks, "_look", look)


PLANTED: list[tuple[str, Plant]] = [
    ("36-db-restored-with-work", claims_over_anybody),
    ("01-plain", names_nobody),
    ("03-stop-after-claim", ends_by_time),
    ("07-lie-nolock", kills_nobody),
    ("04-stop-before-cont", looks_once),
    ("07-lie-nolock", waits_for_nobody),
    ("09-word-but-talking", surrenders_what_runs),
    ("01-plain", makes_disks_anew),
    ("55-lease-gone-starting", creates_twice),
    ("46-unforce-open-move", lets_up_too_early),
    ("09-word-but-talking", hears_the_word_at_once),
    ("59-delete-between-hosts", forgets_the_deleted),
    ("33-db-lost-forcedown-local-again", hears_nobody),
    ("30-db-lost-grant", adopts_nobody),
    ("36-db-restored-backup", ends_the_unknown),
    ("62-copied-identity-silent", believes_the_copy),
    ("62-copied-identity-silent-moved", believes_what_is_void),
    ("64-storm-one-by-one", opens_the_gate),
    ("17-pulse-before-commit", hears_nothing_before),
    ("10-wrong-bmc", believes_devices),
    ("19-hibernated-unmasked", believes_sleepers),
    ("15-leader-paused-before-send", sends_whenever),
    ("25-wd-server-cut", waits_for_no_reset),
    ("24-wd-stall", pets_whatever),
    ("70-wd-host-back-in-wait", waits_for_no_reset),
    ("25-wd-server-cut-agent-dead", grants_everybody),
    ("27-wd-stale-observer", grants_on),
    ("70-wd-host-back-in-wait", lifts_nothing),
    ("68-wd-two-pools", believes_one_pool),
    ("69-wd-stale-reader", believes_one_reader),
    ("26-wd-slot-unwritable-one", marks_one_pool),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("race", "plant"), PLANTED, ids=[f"{plant.__name__}-{race[:2]}" for race, plant in PLANTED]
)
def test_a_broken_rule_is_seen(
    race: str, plant: Plant, simulated_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Broken, LeaseUnreadable)):
        play_all(parse(RACES / f"{race}.txt"), simulated_store)


def play_all(told: Race, store: Store) -> None:
    for seed in SEEDS:
        Play(told, store, seed, (told.each or [""])[0]).run()
