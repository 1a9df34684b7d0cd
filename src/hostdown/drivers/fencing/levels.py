"""What the fencing file says of each driver, read into the paths of a host.

A reader takes one level of the file and returns how that level is made for a host. What can be
wrong is found when the file is read, not when the host has died.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hostdown.domain.fence_errors import FencingFileUnusable
from hostdown.drivers.fencing import fence_agent, ipmi, redfish
from hostdown.drivers.fencing.secret import Secret
from hostdown.drivers.yaml_parts import Part
from hostdown.services.fence_ports import FenceLevel, FencePath, Identity

TIMEOUT_MIN = 0.5
"""Seconds; the shortest bound of one call to a fence device."""
TIMEOUT_MAX = 60.0
"""Seconds; the longest one: who leads must hold its lease for longer than a call may take."""
PLUGS_MAX = 16
"""Outlets of one level."""

HOST = "{host}"
"""What a value of the file has where the host's name goes."""

_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]*\Z")
"""A name that means nothing but itself in a URL, a path and a line of options."""

Make = Callable[[str], FencePath]
Fill = Callable[[str], str]


def filled(part: Part, text: str) -> Fill:
    """Puts a host's name into a text of the file; raises FencingFileUnusable for other braces."""
    if re.search(r"[{}]", text.replace(HOST, "")):
        part.refuse(f"'{text}': the only thing in braces that is filled in is {HOST}")

    def fill(host: str) -> str:
        # Hosts name themselves: "evil.example/" must not become whom we tell the password.
        if HOST in text and not _NAME.match(host):
            reason = (
                f"line {part.line}: the name of host '{host}' cannot be put into '{text}'; give it "
                f"a rule of its own without {HOST}"
            )
            raise FencingFileUnusable(path=part.path, reason=reason)
        return text.replace(HOST, host)

    return fill


def read_level(part: Part, number: int, environ: Mapping[str, str]) -> Callable[[str], FenceLevel]:
    """One entry of `levels`; raises FencingFileUnusable."""
    driver = part.text("driver")
    if driver not in (*_READERS, *PASSIVE):
        part.refuse(f"there is no driver '{driver}', but {', '.join((*_READERS, *PASSIVE))}")
    make: Make | None = None
    expects = None
    if driver not in PASSIVE:
        make = _READERS[driver](part, environ)
        expects = _expected(part)
    part.end()
    return lambda host: FenceLevel(number, driver, make(host) if make else None, expects)


PASSIVE = ("watchdog", "none")
"""Drivers without a device: the host's own watchdog, and nothing at all."""


def _expected(part: Part) -> Identity | None:
    uuid, serial = part.optional("uuid"), part.optional("serial")
    if uuid is not None and not re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid):
        part.refuse("'uuid' is five groups of hex digits in lower case, with dashes", "uuid")
    return Identity(uuid, serial) if uuid or serial else None


def _redfish(part: Part, environ: Mapping[str, str]) -> Make:
    url, user = filled(part, _url(part)), filled(part, part.text("user"))
    secret = _password(part, environ)
    verify, ca_file = part.truth("verify", True), part.optional("ca_file")
    if ca_file and not verify:
        part.refuse("'verify: false' and 'ca_file' contradict each other", "ca_file")
    authority = _path(part, ca_file) if ca_file else None
    system = part.optional("system")
    name = filled(part, system) if system else None
    timeout_s = _timeout(part, redfish.TIMEOUT_S)

    def make(host: str) -> FencePath:
        service = redfish.Service(
            url(host), user(host), verify, authority and authority(host), name and name(host)
        )
        return redfish.RedfishPath(service, secret(host), timeout_s)

    return make


def _url(part: Part) -> str:
    url, insecure = part.text("url"), part.truth("insecure", False)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        part.refuse(f"'{url}' is no URL", "url")
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        part.refuse("'url' must be an https:// URL", "url")
    if parts.scheme == "http" and not insecure:
        part.refuse("over http:// anybody on the way reads the password; use https://, or say "
                    "'insecure: true'", "url")  # fmt: skip
    if parts.username is not None or parts.query or parts.fragment:
        part.refuse("'url' has no login, '?' or '#'; there are 'user' and 'password_file'", "url")
    if parts.path.rstrip("/") not in ("", "/redfish", "/redfish/v1"):
        part.refuse("'url' ends after the address and port of the BMC", "url")
    return f"{parts.scheme}://{parts.netloc}"


def _ipmi(part: Part, environ: Mapping[str, str]) -> Make:
    address, user = filled(part, part.text("address")), filled(part, part.text("user"))
    secret = _password(part, environ)
    port = int(part.number("port", 623, 1, 65535))
    privilege = part.optional("privilege") or ipmi.OPERATOR
    if privilege not in ipmi.PRIVILEGES:
        part.refuse(f"'privilege' is one of {', '.join(ipmi.PRIVILEGES)}", "privilege")
    suite = part.optional("cipher_suite")
    if suite is not None and suite not in ipmi.CIPHER_SUITES:
        part.refuse(f"'cipher_suite' is one of {', '.join(ipmi.CIPHER_SUITES)}", "cipher_suite")
    timeout_s = _timeout(part, ipmi.TIMEOUT_S)

    def make(host: str) -> FencePath:
        bmc = ipmi.Bmc(address(host), user(host), port, privilege, suite)
        return ipmi.IpmiPath(bmc, secret(host), timeout_s)

    return make


def _fence_agent(part: Part, environ: Mapping[str, str]) -> Make:
    agent = part.text("agent")
    if not fence_agent.NAME.fullmatch(agent):
        part.refuse("'agent' is a program's name like fence_apc", "agent")
    if agent in fence_agent.NO_POWER:
        part.refuse(f"{agent} does not switch the power off, so its 'off' proves nothing", "agent")
    user = part.optional("user")
    options = _options(part, "options")
    secrets = _agent_secrets(part, environ, options)
    login = {"username": user} if user else {}
    fills = {name: filled(part, text) for name, text in {**login, **options}.items()}
    plugs = [filled(part, each) for each in part.texts("plugs")]
    if len(plugs) > PLUGS_MAX or len(set(part.texts("plugs"))) < len(plugs):
        part.refuse(f"'plugs' are up to {PLUGS_MAX} different outlets", "plugs")
    timeout_s = _timeout(part, fence_agent.TIMEOUT_S)

    def make(host: str) -> FencePath:
        device = fence_agent.Device(
            agent,
            {name: fill(host) for name, fill in fills.items()},
            tuple(each(host) for each in plugs),
        )
        return fence_agent.AgentPath(
            device, {name: each(host) for name, each in secrets.items()}, timeout_s
        )

    return make


def _agent_secrets(
    part: Part, environ: Mapping[str, str], options: Mapping[str, str]
) -> Mapping[str, Callable[[str], Secret]]:
    """The password, if there is one, and other options whose values are in files."""
    kept = _options(part, "option_files")
    for name in options:
        if fence_agent.SECRET.search(name) or name in kept:
            part.refuse(f"'{name}' does not go into 'options': name a file that holds it in "
                        "'option_files'", "options")  # fmt: skip
    secrets = {name: _secret_file(part, text) for name, text in kept.items()}
    if any(part.has(each) for each in ("password", "password_file", "password_env")):
        secrets["password"] = _password(part, environ)
    return secrets


def _options(part: Part, key: str) -> dict[str, str]:
    options = part.pairs(key)
    for name in options:
        if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
            part.refuse(f"the option '{name}' is not written as agents have it", key)
        if name.replace("-", "_") in fence_agent.OURS:
            part.refuse(f"'{name}' does not go into '{key}': {fence_agent.INSTEAD}", key)
    return options


_READERS: Mapping[str, Callable[[Part, Mapping[str, str]], Make]] = {
    "redfish": _redfish,
    "ipmi": _ipmi,
    "fence_agent": _fence_agent,
}


def _timeout(part: Part, default_s: float) -> float:
    return part.number("timeout", default_s, TIMEOUT_MIN, TIMEOUT_MAX)


def _password(part: Part, environ: Mapping[str, str]) -> Callable[[str], Secret]:
    if part.has("password"):
        part.refuse("a password does not go into this file: name one in 'password_file' or a "
                    "variable in 'password_env'", "password")  # fmt: skip
    file, variable = part.optional("password_file"), part.optional("password_env")
    if (file is None) == (variable is None):
        part.refuse(f"{part.what} needs one of 'password_file' and 'password_env'")
    if variable is not None:
        name = filled(part, variable)
        return lambda host: Secret(name(host), environ)
    return _secret_file(part, file or "")


def _secret_file(part: Part, text: str) -> Callable[[str], Secret]:
    path = _path(part, text)
    return lambda host: Secret(path(host))


def _path(part: Part, text: str) -> Callable[[str], Path]:
    """Relative ones begin where the file is."""
    fill = filled(part, text)
    return lambda host: part.path.parent / fill(host)
