"""What agents send, checked field by field and limit by limit; unknown fields are ignored.

An older server thus understands a newer agent, and the other way round.
"""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import cast

import orjson

from hostdown.domain.errors import MessageMalformed
from hostdown.domain.identity import Claim
from hostdown.domain.model import Resources
from hostdown.domain.pools import PoolClass
from hostdown.services.hosts import Wanted
from hostdown.services.reports import SEQUENCE_BITS, Report

INSTANCES_MAX = 1000
"""Instances in one report."""

TEXT_LENGTH_MAX = 255
"""Characters of a text without a limit of its own."""

CPU_INFO_LENGTH_MAX = 16_384
"""Characters of `cpu_info`."""

CPU_INFO_BRACKETS_MAX = 256
"""Objects and lists in `cpu_info`: readers of JSON break at some depth, Python's at 1,000."""

NUMBER_MAX = 2**31 - 1
"""What an integer column of every database holds."""
SESSION_MAX = 2**31 - 1
"""Sessions of one host; with the sequence they fill a 64-bit column."""

SEQUENCE_MAX = 2**SEQUENCE_BITS - 1
"""Reports in one session."""

_NUMBERS = (
    "vcpus",
    "memory_mb",
    "local_gb",
    "vcpus_used",
    "memory_mb_used",
    "local_gb_used",
    "running_vms",
    "hypervisor_version",
)
_TEXTS = ("hypervisor_type", "hypervisor_hostname")
POOL_ID_LENGTH_MAX = 36
"""Characters of a pool's id."""
_POOL_CLASSES = ("", *PoolClass)


def enrolment(body: bytes) -> Wanted:
    """`POST /agent/v1/enrolments`; the name itself is checked by the use case."""
    fields = json_object(body)
    return Wanted(
        name=text(fields, "name", shortest=0),
        machine_id=text(fields, "machine_id"),
        agent_nonce=text(fields, "agent_nonce", shortest=32),
    )


def session(body: bytes) -> Claim:
    """`POST /agent/v1/hosts/{id}/sessions`."""
    fields = json_object(body)
    return Claim(
        after=number(fields, "after", 0, SESSION_MAX),
        machine_id=text(fields, "machine_id"),
        boot_id=text(fields, "boot_id"),
        agent_version=text(fields, "agent_version"),
        sleeps=None if fields.get("sleeps") is None else flag(fields, "sleeps"),
    )


def report(body: bytes) -> Report:
    """`POST /agent/v1/hosts/{id}/report`."""
    fields = json_object(body)
    instances = fields.get("instances")
    if instances is not None and not _is_inventory(instances):
        raise wrong("instances", f"must be null or a list of at most {INSTANCES_MAX} lists")
    sequence = number(fields, "sequence", 1, SEQUENCE_MAX)
    return Report(
        session=session_of(fields),
        sequence=sequence,
        resources_since=number(fields, "resources_since", 1, sequence),
        resources=_resources(fields.get("resources")),
        silence=None if fields.get("silence") is None else text(fields, "silence", 0),
    )


def _is_inventory(instances: object) -> bool:
    if not isinstance(instances, list) or len(instances) > INSTANCES_MAX:
        return False
    return all(isinstance(instance, list) for instance in instances)


def _resources(fields: object) -> Resources:
    if not isinstance(fields, dict):
        raise wrong("resources", "must be an object")
    values: dict[str, object] = {name: number(fields, name, 0, NUMBER_MAX) for name in _NUMBERS}
    values |= {name: text(fields, name, 0) for name in _TEXTS}
    return Resources(
        host_ip=_ip_address(fields, "host_ip"),
        cpu_info=_cpu_info(fields),
        booted_at=_moment_or_none(fields, "booted_at"),
        pool_id=text({"pool_id": "", **fields}, "pool_id", 0, POOL_ID_LENGTH_MAX),
        pool_class=_pool_class(fields.get("pool_class", "")),
        **values,  # type: ignore[arg-type] # checked just above
    )


def _pool_class(value: object) -> str:
    if value not in _POOL_CLASSES:
        raise wrong("pool_class", f"must be empty or one of {', '.join(PoolClass)}")
    return str(value)


def _cpu_info(fields: Mapping[str, object]) -> str:
    said = text(fields, "cpu_info", longest=CPU_INFO_LENGTH_MAX)
    must = f"must be a JSON object as text, with at most {CPU_INFO_BRACKETS_MAX} brackets"
    if said.count("{") + said.count("[") > CPU_INFO_BRACKETS_MAX:
        raise wrong("cpu_info", must)
    try:
        valid = isinstance(orjson.loads(said), dict)
    except orjson.JSONDecodeError:
        valid = False
    if not valid:
        raise wrong("cpu_info", must)
    return said


def _ip_address(fields: Mapping[str, object], name: str) -> str:
    value = text(fields, name)
    try:
        # A zone is a text of any length and means something on one machine only.
        return str(ip_address(value.partition("%")[0]))
    except ValueError:
        raise wrong(name, "must be an IP address") from None


def _moment_or_none(fields: Mapping[str, object], name: str) -> datetime | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise wrong(name, "must be null or a time in UTC without an offset")
    return moment


def json_object(body: bytes) -> Mapping[str, object]:
    """The fields of a message; raises MessageMalformed."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MessageMalformed(reason="its body is not JSON") from error
    if not isinstance(fields, dict):
        raise MessageMalformed(reason="its body is not a JSON object")
    return cast(Mapping[str, object], fields)


def session_of(fields: Mapping[str, object]) -> int:
    """In which session of its host a message was sent; raises MessageMalformed."""
    return number(fields, "session", 1, SESSION_MAX)


def number(fields: Mapping[str, object], name: str, least: int, most: int) -> int:
    """A field within its bounds; raises MessageMalformed."""
    value = fields.get(name)
    if type(value) is not int or not least <= value <= most:
        raise wrong(name, f"must be an integer from {least} to {most}")
    return value


def text(
    fields: Mapping[str, object], name: str, shortest: int = 1, longest: int = TEXT_LENGTH_MAX
) -> str:
    """A field within its bounds; raises MessageMalformed."""
    value = fields.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest or "\0" in value:
        raise wrong(name, f"must be a text of {shortest} to {longest} characters")
    return value


def flag(fields: Mapping[str, object], name: str) -> bool:
    """A field that is true or false; raises MessageMalformed."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise wrong(name, "must be true or false")
    return value


def wrong(name: str, must: str) -> MessageMalformed:
    """What is said of a field that is not as it must be."""
    return MessageMalformed(reason=f"its field {name!r} {must}")
