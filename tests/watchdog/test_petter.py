"""The petter pets with a live credit, and never without."""

import pytest
from tests.watchdog.things import BOOT_ID, GRANTS, HOST, NOTHING, POOL, TERMS, Machine

from hostdown.agent.petter_grants import ASKED_MAX, Grants
from hostdown.agent.petter_slots import SlotKeeper
from hostdown.agent.watch_terms import PetterDone
from hostdown.domain.pulse import PETTER, Answer, mac_under, pack_answer, unpack_pulse
from hostdown.domain.watchdog import Mark, Renewal
from hostdown.drivers.memory_watch_slots import MemoryWatchSlots


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.petter.learn(TERMS)
    return made


@pytest.fixture
def slots() -> MemoryWatchSlots:
    return MemoryWatchSlots(POOL.id)


@pytest.fixture
def keeper(machine: Machine, slots: MemoryWatchSlots) -> SlotKeeper:
    return SlotKeeper(POOL, slots, machine.petter, machine.clock)


def test_without_a_credit_the_device_stays_closed(machine: Machine) -> None:
    machine.passes(10.0)
    assert machine.timer.opened == 0
    assert machine.petter.done == NOTHING


def test_with_a_credit_it_is_opened_once_and_petted(machine: Machine) -> None:
    for _ in range(20):
        machine.petter.credits.give("any", machine.clock.seconds)
        machine.passes(0.5)
    assert machine.timer.opened == 1
    assert machine.is_on
    assert machine.petter.done.armed


def test_without_a_credit_for_c_the_machine_is_reset_within_c_and_w(machine: Machine) -> None:
    began = machine.clock.seconds
    machine.petter.credits.give("any", began)
    machine.passes(60.0)
    assert not machine.is_on
    assert began + 2.0 < machine.timer.due_at_s <= began + 4.0


def test_a_credit_of_the_future_is_none(machine: Machine) -> None:
    machine.petter.credits.give("any", machine.clock.seconds + 60)
    machine.passes(10.0)
    assert machine.timer.opened == 0


def test_terms_of_another_boot_are_none(machine: Machine) -> None:
    petter = machine.started(NOTHING)
    petter.learn(TERMS._replace(boot_id="the boot before"))
    petter.learn(None)
    petter.credits.give("any", machine.clock.seconds)
    machine.passes(1.0)
    assert (machine.timer.opened, petter.terms) == (0, None)


def test_what_must_not_be_opened_is_not(machine: Machine) -> None:
    machine.petter.learn(TERMS._replace(may_open=False))
    machine.petter.credits.give("any", machine.clock.seconds)
    machine.passes(1.0)
    assert machine.timer.opened == 0


def test_an_unfit_timer_is_not_opened_until_it_is_fit(machine: Machine) -> None:
    petter = machine.started(NOTHING)
    machine.timer.unfit = "it is a joke"
    petter.learn(TERMS)
    petter.credits.give("any", machine.clock.seconds)
    machine.passes(0.5)
    assert machine.timer.opened == 0
    machine.timer.unfit = ""
    petter.learn(TERMS)
    machine.passes(0.5)
    assert machine.timer.opened == 1


def test_a_timer_that_runs_and_does_not_obey_is_held_off_also_when_it_is_not_wanted_any_more(
    machine: Machine,
) -> None:
    machine.timer.disobeys = "it takes no such time-out"
    for may_open in (True, False):
        machine.petter.learn(TERMS._replace(may_open=may_open))
        for _ in range(10):
            machine.petter.credits.give("any", machine.clock.seconds)
            machine.passes(0.5)
    assert machine.timer.opened
    assert machine.is_on
    assert not machine.petter.done.armed  # and proves nothing


def test_a_petter_that_is_started_again_needs_a_credit_of_its_own(machine: Machine) -> None:
    machine.petter.credits.give("any", machine.clock.seconds)
    machine.passes(0.5)
    machine.timer.unfit = "nobody asks any more"
    before = machine.petter.done
    machine.timer.close()
    machine.started(before).learn(TERMS._replace(may_open=False))
    assert machine.petter.done.armed
    machine.petter.credits.give("any", machine.clock.seconds)
    machine.passes(0.5)
    assert machine.timer.opened == 2


def test_a_crash_loop_without_a_credit_pets_nothing(machine: Machine) -> None:
    """Each run that opened the device would pet as it ends (RACES 71)."""
    machine.petter.credits.give("any", machine.clock.seconds)
    machine.passes(0.5)
    before = machine.petter.done
    for _ in range(20):
        machine.timer.close()
        machine.started(before).learn(TERMS)
        machine.passes(0.25)
    assert not machine.is_on
    assert machine.timer.opened == 1


# ---------------------------------------------------------------------------------------- slots


def test_a_renewed_slot_is_a_credit_from_before_the_write(
    machine: Machine, keeper: SlotKeeper, slots: MemoryWatchSlots
) -> None:
    keeper.turn()
    assert machine.petter.credits.all() == [machine.clock.seconds]
    assert machine.petter.done.renewed == (POOL.id,)
    first = slots.read(HOST).renewal
    keeper.turn()
    second = slots.read(HOST).renewal
    assert first is not None
    assert second == first._replace(counter=2)
    assert first.boot_id == BOOT_ID


def test_a_pool_that_is_not_confirmed_is_renewed_and_gives_none(
    machine: Machine, keeper: SlotKeeper
) -> None:
    machine.petter.learn(TERMS._replace(pools=(POOL._replace(confirmed=False),)))
    keeper.turn()
    assert machine.petter.done.renewed == (POOL.id,)
    assert machine.petter.credits.all() == []


@pytest.mark.parametrize(("boot", "gives"), [(2, True), (3, False), (4, False)])
def test_a_mark_for_this_boot_or_a_later_one_takes_the_credit(
    machine: Machine, keeper: SlotKeeper, slots: MemoryWatchSlots, boot: int, gives: bool
) -> None:
    slots.renew(HOST, Renewal("", "", 0))
    slots.mark(HOST, Mark(boot, "recovery"))
    keeper.turn()
    assert bool(machine.petter.credits.all()) is gives


def test_who_reads_another_renewal_than_it_wrote_has_no_credit(
    machine: Machine, slots: MemoryWatchSlots
) -> None:
    class Twin(MemoryWatchSlots):
        def renew(self, host: str, renewal: Renewal) -> object:
            super().renew(host, renewal)
            return super().renew(host, renewal._replace(process="another"))

    SlotKeeper(POOL, Twin(POOL.id), machine.petter, machine.clock).turn()
    assert machine.petter.credits.all() == []


def test_another_pool_in_its_place_is_not_written_to(machine: Machine) -> None:
    other = MemoryWatchSlots("another pool")
    SlotKeeper(POOL, other, machine.petter, machine.clock).turn()
    assert machine.petter.done.renewed == ()
    assert machine.petter.credits.all() == []


# --------------------------------------------------------------------------------------- grants


NONCE = GRANTS.observers[0].nonce


def answered(sequence: int, granted: bool = True, nonce: bytes = NONCE) -> bytes:
    said = Answer(b"h" * 16, sequence, 0, nonce, False, granted)
    return pack_answer(said, mac_under(GRANTS.answer_key))


def test_a_grant_is_aged_from_the_pulse_that_asked_for_it(machine: Machine) -> None:
    grants = Grants(machine.petter, machine.clock)
    asked_at = machine.clock.seconds
    ((question, places),) = grants.questions()
    assert places == GRANTS.observers[0].places
    pulse = unpack_pulse(question)
    assert pulse is not None
    assert (pulse.path, pulse.known, pulse.nonce) == (PETTER, 0, NONCE)
    machine.clock.seconds += 1.5
    grants.questions()
    grants.hear(answered(pulse.sequence))
    assert machine.petter.credits.all() == [asked_at]


def test_what_is_no_grant_of_a_question_of_this_run_is_none(machine: Machine) -> None:
    grants = Grants(machine.petter, machine.clock)
    pulse = unpack_pulse(grants.questions()[0][0])
    assert pulse is not None
    good = answered(pulse.sequence)
    wrong = [
        answered(pulse.sequence, granted=False),
        answered(pulse.sequence, nonce=b"x" * 8),
        answered(pulse.sequence + 1),
        good[:-1] + bytes([good[-1] ^ 1]),
        b"",
    ]
    for each in wrong:
        grants.hear(each)
    assert machine.petter.credits.all() == []
    grants.hear(good)
    assert machine.petter.credits.all() == [machine.clock.seconds]


def test_sequences_grow_and_old_questions_are_forgotten(machine: Machine) -> None:
    grants = Grants(machine.petter, machine.clock)
    sequences = []
    for _ in range(ASKED_MAX + 1):
        pulse = unpack_pulse(grants.questions()[0][0])
        assert pulse is not None
        sequences.append(pulse.sequence)
    assert sequences == sorted(set(sequences))
    grants.hear(answered(sequences[0]))
    assert machine.petter.credits.all() == []
    grants.hear(answered(sequences[1]))
    assert len(machine.petter.credits.all()) == 1


def test_nobody_is_asked_before_it_is_known_how(machine: Machine) -> None:
    machine.petter.learn(TERMS._replace(grants=None))
    grants = Grants(machine.petter, machine.clock)
    assert grants.questions() == []
    grants.hear(answered(1))
    assert PetterDone(BOOT_ID) == machine.petter.done
