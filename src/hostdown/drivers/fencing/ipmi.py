"""Fences by IPMI 2.0 over the network, with `ipmitool`.

The password goes to ipmitool in its environment, the only way that is no file and no command line:
root and our own user can read it there while ipmitool runs, nobody else.
"""

import re
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.bounded_program import Call, Ended, installed, run
from hostdown.drivers.fencing.secret import Secret, without
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.fence_ports import Power, Seen

TIMEOUT_S = 5.0
"""Seconds for one look or one power-off by IPMI, unless the file says otherwise."""
PACKAGE = "ipmitool"
"""Debian's."""
PASSWORD_BYTES_MAX = 20
"""Of a password of IPMI 2.0 (specification, 22.30)."""

OPERATOR = "OPERATOR"
"""The least privilege that may switch a chassis off (IPMI 2.0, appendix G)."""
PRIVILEGES = (OPERATOR, "ADMINISTRATOR")
CIPHER_SUITES = ("3", "8", "12", "17")
"""Those that encrypt and authenticate (IPMI 2.0, table 22-20); without one, ipmitool chooses."""

_STATUS = re.compile(rb"^Chassis Power is (on|off)$", re.M)
_GUID = re.compile(r"^System GUID\s*:\s*([0-9a-fA-F-]{36})$", re.M)
_UNSET = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")

_REASONS: Mapping[str, tuple[str, bool]] = {
    "HMAC is invalid": ("does not know '{user}' by this password", False),
    "unauthorized name": ("does not know '{user}'", False),
    "nauthorized role": ("does not let '{user}' be {privilege}: see 'privilege'", False),
    "no response from RAKP 1": ("answers, but not to '{user}': does it know that name?", True),
    "invalid cipher": ("does not take the cipher suite: see 'cipher_suite'", False),
    "no matching cipher suite": ("does not take the cipher suite: see 'cipher_suite'", False),
    "nsufficient privilege": ("does not let '{user}' do that", False),
    "Could not open socket": ("has an address that leads nowhere", True),
    "Address lookup": ("has a name that is not known", True),
    "Unable to establish": ("does not answer", True),
}
"""What ipmitool says, in its words and in ours, and whether trying again can help."""
_NOT_IN_THIS_STATE = "ommand not supported in present state"
"""What some BMCs answer to a power-off of what is off."""


class Bmc(NamedTuple):
    """A BMC that speaks IPMI, and as whom; `cipher_suite` is None for ipmitool's own choice."""

    address: str
    user: str
    port: int = 623
    privilege: str = OPERATOR
    cipher_suite: str | None = None


class IpmiPath:
    """`services.fence_ports.FencePath`. A BMC tells the system's UUID, if any, and no serial."""

    def __init__(
        self, bmc: Bmc, secret: Secret, timeout_s: float, program: str = "ipmitool"
    ) -> None:
        self._bmc = bmc
        self._secret = secret
        self._timeout_s = timeout_s
        self._program = program

    def __repr__(self) -> str:
        return f"IpmiPath({self._bmc.address!r}, {self._secret!r})"

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def ready(self) -> None:
        self._password()
        installed(self._program, PACKAGE)

    def look(self) -> Seen:
        end_s = SystemClock().monotonic() + self._timeout_s
        power = self._power(end_s)
        # Some BMCs do not have the command: they cannot tell which machine they are in.
        told = self._tool(("mc", "guid"), end_s)
        found = _GUID.search(told.out.decode(errors="replace")) if told.status == 0 else None
        return Seen(power, _uuid(found[1]) if found else None, None)

    def cut(self) -> None:
        end_s = SystemClock().monotonic() + self._timeout_s
        done = self._tool(("chassis", "power", "off"), end_s)
        if done.status == 0:
            return
        if _NOT_IN_THIS_STATE.encode() in done.err and self._power(end_s) is Power.OFF:
            return
        raise self._refusal(done)

    def _power(self, end_s: float) -> Power:
        done = self._tool(("chassis", "power", "status"), end_s)
        found = _STATUS.search(done.out)
        if done.status != 0 or found is None:
            raise self._refusal(done)
        return Power.OFF if found[1] == b"off" else Power.ON

    def _tool(self, command: tuple[str, ...], end_s: float) -> Ended:
        bmc, password = self._bmc, self._password()
        # -v: without it, ipmitool does not say that a password is wrong.
        words = [self._program, "-v", "-I", "lanplus", "-N", "1", "-R", "1", "-E"]
        words += ["-H", bmc.address, "-p", str(bmc.port), "-U", bmc.user, "-L", bmc.privilege]
        words += ["-C", bmc.cipher_suite] if bmc.cipher_suite else []
        left_s = max(0.0, end_s - SystemClock().monotonic())
        variables = {"IPMITOOL_PASSWORD": password}
        call = Call(f"The BMC {bmc.address}", [*words, *command], left_s, b"", variables, PACKAGE)
        return run(call)

    def _password(self) -> str:
        password = self._secret.read()
        if len(password.encode()) > PASSWORD_BYTES_MAX:
            sentence = f"IPMI has passwords of {PASSWORD_BYTES_MAX} bytes at most; \
{self._bmc.address} has a longer one."
            raise FenceFailed(sentence, retry=False)
        return password

    def _refusal(self, done: Ended) -> FenceFailed:
        bmc, said = self._bmc, done.err.decode(errors="replace")
        for theirs, (ours, retry) in _REASONS.items():
            if theirs in said:
                words = ours.format(user=bmc.user, privilege=bmc.privilege)
                return FenceFailed(f"The BMC {bmc.address} {words}.", retry)
        last = (said.strip().splitlines() or [f"status {done.status}"])[-1][-200:]
        last = without(last, bmc.user, [self._secret.read()])
        return FenceFailed(f"ipmitool asks the BMC {bmc.address} in vain ({last}).", retry=True)


def _uuid(text: str) -> str | None:
    try:
        found = str(uuid.UUID(text))
    except ValueError:
        return None
    return None if found in _UNSET else found
