"""Races of RACES.md between a server's old host and its new ones, with real guests."""

import os
import signal
from collections.abc import Callable

from tests.lab.racing import Race


def race_01_plain(at: Race) -> None:
    at.lose()
    at.evacuate()
    at.until_active()
    assert len(at.permits()) == 2
    assert len(at.open()) == 1


def race_02_stop_before_claim(at: Race) -> None:
    at.lose()
    at.only(at.d)
    at.stop(at.agent(at.d))
    at.evacuate()
    at.until_granted(2)
    at.everywhere()
    at.until_down(at.d)
    assert at.open() == [(2, at.d)]
    at.force(at.d)
    at.until_active(at.e)
    at.proceed()
    at.until_cleared(at.d)
    assert at.guests(at.d) == []


def race_03_stop_after_claim(at: Race) -> None:
    at.lose()
    at.only(at.d)
    at.evacuate()
    at.until_claimed(2)
    at.stop(at.agent(at.d))
    at.everywhere()
    at.until_down(at.d)
    assert at.act("evacuate", host=at.e) == 409
    assert at.open() == [(2, at.d)]
    at.off(at.d)
    at.on(at.d)
    at.until_active()
    assert at.ended_by(2) == "proof"


def race_04_stop_before_cont(at: Race) -> None:
    at.lose()
    at.only(at.d)
    at.evacuate()
    at.until_made(at.d)
    at.stop(at.agent(at.d))
    at.everywhere()
    before = at.counter()
    at.until_down(at.d)
    at.force(at.d)
    at.until_claimed(3)
    assert at.counter() == before
    at.proceed()
    at.until_active(at.e)
    at.until(lambda: at.guests(at.d) == [])


def race_05_kill9_agent_in_start(at: Race) -> None:
    at.act("os-stop")
    at.until(lambda: at.shown()["status"] == "SHUTOFF")
    at.act("os-start")
    at.until_made(at.s)
    os.kill(at.agent(at.s), signal.SIGKILL)
    at.until_active(at.s)
    assert at.open() == [(1, at.s)]


def race_06_lie_locks(at: Race) -> None:
    at.cut(at.s)
    at.until_down(at.s)
    at.force(at.s)
    at.evacuate()
    at.until_claimed(2)
    at.until(lambda: at.guests(at.s) == [])
    at.until_active()
    assert at.ended_by(1) == "word"


def race_09_word_but_talking(at: Race) -> None:
    at.force(at.s)
    at.evacuate()
    at.until_active()
    assert at.ended_by(1) == "surrender"


def race_22_farewell_upgrade(at: Race) -> None:
    before = at.guests(at.s)
    os.kill(at.agent(at.s), signal.SIGTERM)
    at.until_active(at.s)
    at.lab.until_state(at.s, "up")
    assert at.guests(at.s) == before
    assert at.open() == [(1, at.s)]
    assert at.moves() == []


def race_37_second_evacuate(at: Race) -> None:
    at.lose()
    at.stop(at.agent(at.d), at.agent(at.e))
    at.evacuate()
    assert at.act("evacuate") == 409
    assert at.act("evacuate", host=at.e) == 409
    at.until_granted(2)
    assert at.act("evacuate") == 409
    at.proceed()
    at.until_active()
    assert len(at.moves()) == 1


def race_38_evac_d_dies_when_it_has_claimed(at: Race) -> None:
    _d_dies(at, lambda: at.until_claimed(2))


def race_38_evac_d_dies_when_its_guest_is_made(at: Race) -> None:
    _d_dies(at, lambda: at.until_made(at.d))


def race_38_evac_d_dies_when_its_guest_runs(at: Race) -> None:
    before = at.counter()
    _d_dies(at, lambda: at.until(lambda: at.counter() > before))


def _d_dies(at: Race, wait: Callable[[], None]) -> None:
    at.lose()
    at.only(at.d)
    at.evacuate()
    wait()
    at.off(at.d)
    at.everywhere()
    at.force(at.d)
    if "done" in at.moves() or "completed" in at.moves():
        at.evacuate()
    at.until_active(at.e)
    assert "accepted" not in at.moves()


def race_39_evac_back(at: Race) -> None:
    at.lose()
    at.only(at.d)
    at.evacuate()
    at.until_active(at.d)
    at.on(at.s)
    at.until_cleared(at.s)
    at.lab.until_state(at.s, "up")
    assert at.guests(at.s) == []
    at.off(at.d)
    at.force(at.d)
    at.only(at.s)
    at.evacuate()
    at.until_active(at.s)
    assert at.open() == [(3, at.s)]


def race_49_surrender_in_start(at: Race) -> None:
    at.lose()
    at.only(at.d)
    at.stop(at.daemon(at.d, "libvirtd"))
    at.evacuate()
    at.until_granted(2)
    at.everywhere()
    at.force(at.d)
    at.until_active()
    at.proceed()
    at.until(lambda: at.guests(at.d) == [])


def race_54_late_free(at: Race) -> None:
    agent = at.agent(at.s)
    at.force(at.s)
    at.evacuate()
    at.until_gone(at.s)
    at.stop(agent)
    at.until_active()
    at.proceed()
    at.until_cleared(at.s)
    at.until_active()
    assert at.lease().holder.generation == 2


def race_60_rebuild_evacuate(at: Race) -> None:
    at.stop(at.agent(at.s))
    assert at.act("migrate") == 202
    at.lose()
    assert at.act("evacuate") == 409
    at.until(lambda: at.shown()["status"] == "VERIFY_RESIZE")
    assert at.act("evacuate") == 409
    at.on(at.s)
    at.until_cleared(at.s)
    at.lab.until_state(at.s, "up")
    assert at.act("confirmResize") == 204
    at.until_active()
    assert len(at.permits()) == 2
