"""Fences by a fence agent of ClusterLabs, which Debian has for some eighty kinds of devices.

An agent takes its options on standard input and tells by its exit code. It often has no bound of
its own (`fence_redfish` waits for TCP's), and it ignores options that it does not know, which could
be the one that says which outlet: here that is an error.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.bounded_program import Call, Ended, installed, run
from hostdown.drivers.fencing.secret import Secret, without
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.fence_ports import Power, Seen

TIMEOUT_S = 20.0
"""Seconds for one look or one power-off by a fence agent, for all its outlets together, unless the
file says otherwise. An agent's `off` looks for itself until the device reads off."""

PACKAGE = "fence-agents"
"""Debian's."""

NAME = re.compile(r"fence_[a-z0-9_]+")
"""Of an agent."""

NO_POWER = frozenset(
    {
        *("fence_ack_manual", "fence_compute", "fence_evacuate", "fence_heuristics_ping"),
        *("fence_brocade", "fence_cisco_mds", "fence_ifmib", "fence_sanbox2"),
        *("fence_kdump", "fence_mpath", "fence_sbd", "fence_scsi"),
    }
)
"""Agents whose `off` is not a power-off: they close ports or storage, wait for somebody's word or
for a kernel's last packet. None of that is an Off that was observed (NEVER-TWICE F3, F4)."""

OURS = frozenset(
    {
        *("action", "nodename", "plug", "port", "plugs", "plug_separator"),
        *("username", "login", "password", "passwd", "password_script", "passwd_script"),
        *("delay", "debug", "debug_file", "verbose", "verbose_level"),
    }
)
"""Options that an operator does not set."""
INSTEAD = (
    "there are 'user', 'password_file', 'password_env' and 'plugs'; what is asked, and how much is "
    "said about it, is our business"
)

SECRET = re.compile(r"passw|secret|token|community|key$")
"""Options whose values do not go into the fencing file itself."""

_UNKNOWN_OPTION = re.compile(r"Ignoring unknown option '([a-z0-9_-]*)")
_ACCEPTED = "Timed out waiting to power OFF"
"""The device took it and does not read off yet: accepted, and whoever calls looks again."""
_NO_RETRY = (
    "set login password",
    "have to enter",
    "have to set",
    "correct privileges",
    "Parse error",
    "Unrecognised action",
)
"""What agents say of options and rights, which stay what they are."""


class Device(NamedTuple):
    """An agent, its options, and the outlets that the host hangs on, if the device has several."""

    agent: str
    options: Mapping[str, str]
    plugs: tuple[str, ...] = ()


class AgentPath:
    """`services.fence_ports.FencePath`. An agent cannot tell which machine it switches.

    With several outlets Off means that all of them are off (race 20, psu-one-of-two). `secrets` are
    options whose values are kept elsewhere: the password, and what else nobody may see.
    """

    def __init__(self, device: Device, secrets: Mapping[str, Secret], timeout_s: float) -> None:
        self._device = device
        self._secrets = secrets
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        return f"AgentPath({self._device.agent!r}, {self._secrets!r})"

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def ready(self) -> None:
        for secret in self._secrets.values():
            secret.read()
        installed(self._device.agent, PACKAGE)

    def look(self) -> Seen:
        end_s = SystemClock().monotonic() + self._timeout_s
        for plug in self._device.plugs or (None,):
            done = self._agent("status", plug, end_s)
            if done.status not in (0, 2):
                raise self._refusal(done)
            if done.status == 0:
                return Seen(Power.ON, None, None)
        return Seen(Power.OFF, None, None)

    def cut(self) -> None:
        """Sends to every outlet, also if it fails at one. An agent sends nothing to what is off."""
        end_s = SystemClock().monotonic() + self._timeout_s
        failed = None
        for plug in self._device.plugs or (None,):
            try:
                done = self._agent("off", plug, end_s)
                if done.status != 0 and _ACCEPTED not in done.err.decode(errors="replace"):
                    raise self._refusal(done)
            except FenceFailed as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def monitor(self) -> None:
        """Whether the device is there and lets us in; raises FenceFailed."""
        done = self._agent("monitor", None, SystemClock().monotonic() + self._timeout_s)
        if done.status != 0:
            raise self._refusal(done)

    def _agent(self, action: str, plug: str | None, end_s: float) -> Ended:
        options = {"action": action, **self._device.options}
        if plug is not None:
            options["plug"] = plug
        options |= {name: secret.read() for name, secret in self._secrets.items()}
        text = "".join(f"{name}={_quoted(value)}\n" for name, value in options.items())
        left_s = max(0.0, end_s - SystemClock().monotonic())
        agent = self._device.agent
        done = run(Call(agent, (agent,), left_s, text.encode(), package=PACKAGE))
        if unknown := _UNKNOWN_OPTION.search(done.err.decode(errors="replace")):
            sentence = f"{self._device.agent} has no option '{unknown[1]}'; 'man \
{self._device.agent}' names those it has."
            raise FenceFailed(sentence, retry=False)
        return done

    def _refusal(self, done: Ended) -> FenceFailed:
        said = (done.err + done.out).decode(errors="replace")
        lines = [line.strip() for line in done.err.decode(errors="replace").splitlines()]
        last = ([line for line in lines if line] or [f"status {done.status}"])[-1][-200:]
        secrets = [each.read() for each in self._secrets.values()]
        last = without(last, self._device.options.get("username"), secrets)
        retry = not any(each in said for each in _NO_RETRY)
        return FenceFailed(f"{self._device.agent} fails: {last}", retry)


def _quoted(value: str) -> str:
    """Agents take off white space at the ends, and one pair of quotes."""
    bare = value.strip() == value and not value.startswith('"')
    return value if bare else f'"{value}"'
