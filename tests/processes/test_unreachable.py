"""A host that falls silent is unreachable long before its reports are overdue; one that leaves is
not. Neither is down before that.
"""

import signal
from pathlib import Path

from tests.agent.test_processes import agent, ask, hosts, is_
from tests.processes.harness import Server, gone, serving, until
from tests.processes.test_observer import counts

LONG: dict[str, object] = {"report_interval": 60, "service_down_time": 300}


def pulse_on(server: Server) -> None:
    """Return once every host that reports has been heard by its pulses, too."""
    before = counts(server)["taken"]
    until(lambda: counts(server)["taken"] > before + 30)


def unreachable(server: Server) -> list[str]:
    """Names of hosts."""
    listed = ask(server, "GET", "/agent/v1/hosts")["hosts"]
    return [each["name"] for each in listed if each["unreachable_at"]]


def test_it_is_unreachable_while_it_hangs_and_not_after_it_said_farewell(
    tmp_path: Path,
) -> None:
    with (
        serving(tmp_path, DEFAULT=LONG, api={"auth_strategy": "noauth2"}) as server,
        agent(server, "compute1"),
        agent(server, "compute2") as other,
    ):
        until(lambda: hosts(server) == {"compute1": "up", "compute2": "up"})
        pulse_on(server)
        for _ in range(2):
            other.signal(signal.SIGSTOP)
            until(lambda: unreachable(server) == ["compute2"])
            other.signal(signal.SIGCONT)
            until(lambda: unreachable(server) == [])
        other.signal(signal.SIGTERM)
        until(lambda: gone(other.process.pid))
        # Whoever falls silent later is found later: by then the farewell was heard and kept to.
        with agent(server, "compute3") as third:
            until(is_(server, "compute3", "up"))
            pulse_on(server)
            third.process.kill()
            until(lambda: unreachable(server) == ["compute3"])
        assert hosts(server) == dict.fromkeys(("compute1", "compute2", "compute3"), "up")
