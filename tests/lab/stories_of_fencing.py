"""What befalls hosts that are recovered, one story each; `tests.lab.fenced` has the words."""

import signal

from tests.guests.disk import counted
from tests.lab.bench import until_true
from tests.lab.fenced import BMC_GIVES_UP_S, Fenced
from tests.lab.racing import moment
from tests.processes.harness import gone, until


def story_power_is_lost(at: Fenced) -> None:
    at.off(at.s)
    at.recovered(at.s)


def story_it_hangs_and_goes_on_before_it_is_fenced(at: Fenced) -> None:
    """As soon as it is missed, which takes some 0.9 s."""
    at.hang(at.s)
    until_true(lambda: at.stage(at.s) == "holding-off")
    at.proceed()
    at.left_alone(at.s)


def story_it_hangs_for_ten_seconds(at: Fenced) -> None:
    """It is fenced meanwhile: what would go on is gone."""
    at.hang(at.s)
    at.recovered(at.s)


def story_its_link_is_cut(at: Fenced) -> None:
    """Its guest goes on writing until its power is off."""
    at.cut(at.s)
    at.recovered(at.s)


def story_its_links_to_servers_and_storage_are_cut(at: Fenced) -> None:
    at.cut(at.s)
    at.lose_pool(at.s)
    at.recovered(at.s)


def story_its_bmc_is_a_black_hole_and_answers_again(at: Fenced) -> None:
    at.black_hole(at.s)
    at.off(at.s)
    at.held_by_its_device(at.s)
    at.heal(at.s)
    at.recovered(at.s)


def story_its_bmc_is_a_black_hole_and_an_operator_saw_to_it(at: Fenced) -> None:
    at.black_hole(at.s)
    at.off(at.s)
    at.held_by_its_device(at.s)
    at.word(at.s, "confirm-off")
    at.recovered(at.s)


def story_its_bmc_says_on_for_ever(at: Fenced) -> None:
    """Its guest is never moved; once the host is heard, all is over."""
    at.fault(at.s, "lies")
    at.cut(at.s)
    at.held_by_its_device(at.s)
    assert at.lab.status()[at.s]["Power"] == "on"
    counted(at.disk, beyond=at.counter())
    at.heal(at.s)
    until(lambda: at.stage(at.s) == "cancelled", BMC_GIVES_UP_S)
    at.fault(at.s, "none")


def story_its_agent_is_upgraded(at: Fenced) -> None:
    """Stopped in order, and started again by whoever looks after it."""
    guests = at.guests(at.s)
    at.end_agent(at.s, signal.SIGTERM)
    at.left_alone(at.s)
    assert at.recoveries(at.s) == []
    assert at.guests(at.s) == guests


def story_its_agent_is_killed_and_back_within_the_hold_off(at: Fenced) -> None:
    guests = at.guests(at.s)
    at.end_agent(at.s, signal.SIGKILL)
    at.left_alone(at.s)
    assert at.guests(at.s) == guests


def story_the_server_dies_before_it_knows_that_the_power_is_off(at: Fenced) -> None:
    """Its device is asked again some 0.3 s after it took the power-off."""
    init, server = int(at.lab.status()[at.s]["PID"]), at.server()
    at.cut(at.s)
    moment(lambda: gone(init))
    at.kill(server)
    assert not at.is_proven(at.s)
    at.start_server()
    at.recovered(at.s)


def story_the_server_dies_between_the_proof_and_force_down(at: Fenced) -> None:
    server = at.server()
    at.off(at.s)
    moment(lambda: at.is_proven(at.s))
    at.kill(server)
    at.start_server()
    at.recovered(at.s)


def story_a_second_host_dies_during_the_recovery(at: Fenced) -> None:
    """It is the one to which the server is on its way."""
    at.off(at.s)
    at.until_granted(2)
    second = at.open()[0][1]
    at.off(second)
    at.brought_back(second)
    assert at.shown()["OS-EXT-SRV-ATTR:host"] not in (at.s, second)
    for dead in (at.s, second):
        at.comes_back_clean(dead)


def story_it_reboots_by_itself(at: Fenced) -> None:
    """Nobody could have switched it off, and its new boot shows that the old one is over: its
    server runs again there, or elsewhere if that was begun before."""
    at.fault(at.s, "dead")
    at.off(at.s)
    until_true(lambda: at.stage(at.s) == "holding-off")
    at.on(at.s)
    until_true(lambda: at.lab.record(at.s)["boot"] == 2)
    until(lambda: at.stage(at.s) in ("cancelled", "done"), BMC_GIVES_UP_S)
    at.fault(at.s, "none")
    counted(at.disk, beyond=at.counter())
