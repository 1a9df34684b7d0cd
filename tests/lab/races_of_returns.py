"""Races of RACES.md around a host that comes back, or says that it is another one."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.lab.raced_hosts import agent_words
from tests.lab.racing import Race


def race_41_pool_not_mounted(at: Race) -> None:
    at.lab.inside(at.d, "umount", "-l", "/run/hostdown/instances")
    at.until(lambda: at.pool_of(at.d) == "")
    at.lose()
    at.evacuate()
    at.until_active(at.e)
    assert at.guests(at.d) == []
    at.off(at.d)  # its next boot mounts it again


def race_42_return_each_step_at_the_grant(at: Race) -> None:
    _returns(at, lambda: at.until_granted(2))


def race_42_return_each_step_at_the_claim(at: Race) -> None:
    _returns(at, lambda: at.until_claimed(2))


def race_42_return_each_step_when_the_guest_is_made(at: Race) -> None:
    _returns(at, lambda: at.until_made(at.d))


def race_42_return_each_step_at_the_end(at: Race) -> None:
    _returns(at, lambda: at.until_active(at.d))


def _returns(at: Race, wait: Callable[[], None]) -> None:
    at.lose()
    at.only(at.d)
    at.evacuate()
    wait()
    at.on(at.s)
    at.until_active(at.d)
    at.until_cleared(at.s)
    assert at.guests(at.s) == []
    assert at.moves() == ["completed"]


def race_43_return_partition(at: Race) -> None:
    at.cut(at.s)
    at.stop(at.agent(at.s))
    at.until_down(at.s)
    at.evacuate()
    at.until_claimed(2)
    assert len(at.guests(at.s)) == 1
    at.force(at.s)
    assert at.force(at.s, down=False) == 400
    at.proceed()
    at.until(lambda: at.guests(at.s) == [])
    at.until_active()
    assert at.force(at.s, down=False) == 400
    at.heal(at.s)
    at.until_cleared(at.s)
    assert at.moves() == ["completed"]


def race_44_return_libvirt_down(at: Race) -> None:
    at.lose()
    at.evacuate()
    at.until_active()
    at.on(at.s)
    at.stop(at.daemon(at.s, "libvirtd"))
    at.until(lambda: at.moves() == ["done"] or at.moves() == ["completed"])
    if at.moves() == ["done"]:
        assert at.force(at.s, down=False) == 400
    at.proceed()
    at.until_cleared(at.s)


def race_46_unforce_open_move(at: Race) -> None:
    at.lose()
    at.stop(at.agent(at.d), at.agent(at.e))
    at.evacuate()
    assert at.force(at.s, down=False) == 400
    at.until_granted(2)
    assert at.moves() == ["pre-migrating"]
    assert at.force(at.s, down=False) == 400
    at.proceed()
    at.until_active()
    assert at.force(at.s, down=False) == 400


def race_55_lease_gone_running(at: Race) -> None:
    aside = _take_lease_away(at)
    at.until_active(at.s)
    aside.rename(at.disk.parent / "lease")
    at.until_active(at.s)


def race_55_lease_gone_starting(at: Race) -> None:
    at.act("os-stop")
    at.until(lambda: at.shown()["status"] == "SHUTOFF")
    aside = _take_lease_away(at)
    at.act("os-start")
    at.until(lambda: at.shown()["OS-EXT-STS:task_state"] is None)
    assert at.guests(at.s) == []
    aside.rename(at.disk.parent / "lease")
    at.act("os-resetState", state="active")
    at.act("os-stop")
    at.until(lambda: at.shown()["status"] == "SHUTOFF")
    at.act("os-start")
    at.until_active(at.s)


def _take_lease_away(at: Race) -> Path:
    aside = at.lab.directory / "pool" / f"_lease of {at.uuid}"
    return (at.disk.parent / "lease").rename(aside)


def race_59_delete_away(at: Race) -> None:
    at.cut(at.s)
    at.until_down(at.s)
    at.force(at.s)
    at.delete()
    assert len(at.guests(at.s)) == 1
    other = at.another()
    assert at.mac(other) != at.mac(at.uuid)
    at.heal(at.s)
    at.until(lambda: at.guests(at.s) == [])
    at.until(lambda: not at.disk.exists())
    at.admin.ask("DELETE", f"/v2.1/servers/{other}")


def race_61_rename(at: Race) -> None:
    home = at.lab.directory / "hosts" / at.s
    config = (home / "agent.conf").read_text()
    (home / "agent.conf").write_text(config.replace(f"host = {at.s}\n", "host = renamed\n"))
    os.kill(at.agent(at.s), signal.SIGKILL)
    at.until(lambda: "'renamed'" in (home / "console.log").read_text())
    (home / "agent.conf").write_text(config)
    at.until_down(at.s)
    assert len(at.guests(at.s)) == 1
    assert at.open() == [(1, at.s)]
    with at.running(at.s, home):
        at.lab.until_state(at.s, "up")
        at.until_active(at.s)
    at.off(at.s)  # nothing starts its agent anew before the next boot


def race_62_copied_identity(at: Race) -> None:
    """The copy runs on E's machine, as S."""
    copy = at.copied(at.s, with_state=True)
    said = at.lab.try_inside(at.e, *agent_words(copy))
    shutil.rmtree(copy)
    assert said.returncode == 12, said
    at.lab.until_state(at.s, "up")
    assert len(at.guests(at.s)) == 1
    assert at.open() == [(1, at.s)]


def race_63_state_dir_lost(at: Race) -> None:
    """An agent without a state directory, on S's own machine."""
    copy = at.copied(at.s, with_state=False)
    said = at.lab.try_inside(at.s, *agent_words(copy))
    shutil.rmtree(copy)
    assert said.returncode == 12, said
    assert len(at.guests(at.s)) == 1
    assert at.open() == [(1, at.s)]


def race_66_host_vm_stall(at: Race) -> None:
    at.stop(*at.inside(at.s))
    at.until_down(at.s)
    at.force(at.s)
    at.evacuate()
    at.until_claimed(2)
    before = at.counter()
    at.until_down(at.s)
    assert at.counter() == before  # the frozen guest still has the lock
    at.proceed()
    at.until_active()
    assert at.guests(at.s) == []
    assert at.ended_by(1) == "word"
