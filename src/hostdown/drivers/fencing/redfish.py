"""Fences by the Redfish service of a BMC (DMTF DSP0266), in processes of their own.

Log-in is HTTP Basic, which every Redfish service must take: a session would stay open in a BMC,
which has room for few, whenever the process is killed.
"""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.bounded_program import Call
from hostdown.drivers.fencing.kept_program import KeptProgram
from hostdown.drivers.fencing.secret import Secret, printable, without
from hostdown.services.fence_ports import Power, Seen

TIMEOUT_S = 10.0
"""Seconds for one look or one power-off by Redfish, unless the file says otherwise: some BMCs take
a second for each of its three requests. Half a second of it is the start of our own program."""

_PROGRAM = Path(__file__).with_name("redfish_program.py")
_KEPT = KeptProgram()


class Service(NamedTuple):
    """A Redfish service and one system of it.

    `verify`: whether its certificate must be good, by `ca_file` or else the system's authorities.
    `system`: an Id or a path; None if there is only one.
    """

    url: str
    user: str
    verify: bool = True
    ca_file: Path | None = None
    system: str | None = None


class RedfishPath:
    """`services.fence_ports.FencePath`."""

    def __init__(self, service: Service, secret: Secret, timeout_s: float) -> None:
        self._service = service
        self._secret = secret
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        return f"RedfishPath({self._service.url!r}, {self._secret!r})"

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def ready(self) -> None:
        self._secret.read()
        authority = self._service.ca_file
        if authority is not None and not os.access(authority, os.R_OK):
            sentence = f"The file {authority}, named by 'ca_file', cannot be read."
            raise FenceFailed(sentence, retry=False)
        if find_spec("sushy") is None:
            sentence = "The driver 'redfish' needs sushy: pip install 'hostdown[redfish]'."
            raise FenceFailed(sentence, retry=False)

    def look(self) -> Seen:
        told = self._ask("look")
        serial = printable(told["serial"] or "").strip() or None
        return Seen(Power(told["power"]), told["uuid"], serial)

    def cut(self) -> None:
        self._ask("cut")

    def _ask(self, action: str) -> dict[str, str]:
        service, password = self._service, self._secret.read()
        verify = str(service.ca_file) if service.verify and service.ca_file else service.verify
        request = {
            "action": action,
            "url": service.url,
            "user": service.user,
            "password": password,
            "verify": verify,
            "system": service.system,
        }
        words = (sys.executable, "-I", str(_PROGRAM))
        line = json.dumps(request).encode() + b"\n"
        done = _KEPT.ask(Call(service.url, words, self._timeout_s, line))
        try:
            told: dict[str, str] = json.loads(done.out)
        except ValueError:
            said = done.err.decode(errors="replace").strip().splitlines()[-1:] or [""]
            last = without(said[0][-200:], service.user, [password])
            sentence = f"The program that asks {service.url} broke down ({last or done.status})."
            raise FenceFailed(sentence, retry=True) from None
        if "failed" in told:
            raise FenceFailed(
                without(told["failed"], service.user, [password]), retry=bool(told["retry"])
            )
        return told
