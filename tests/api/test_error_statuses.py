"""Every error of the program has a status at the edge that it reaches, or reaches none."""

import importlib
import pkgutil
from collections.abc import Iterator

import hostdown
from hostdown.api import faults
from hostdown.api.agent import wire
from hostdown.api.alarm import errors as alarm
from hostdown.api.identity import errors as identity
from hostdown.api.image import errors as image
from hostdown.domain.errors import HostdownError

NOT_IMPORTED = ("hostdown.__main__", "hostdown.storage.migrations", "hostdown.drivers.libvirt_")
"""What runs when it is imported, or takes what is not on every machine; they define no errors."""

LISTED = {*faults.STATUS, *wire.STATUSES, *image.STATUS, *identity.STATUS, *alarm.STATUS} - {
    Exception,
    HostdownError,
}

ELSEWHERE = (
    "hostdown.agent",
    "hostdown.cli",
    "hostdown.lab",
    "hostdown.domain.disk_errors",
    "hostdown.domain.guest_errors",
    "hostdown.domain.pool_errors",
    "hostdown.domain.watchdog_errors",
)
"""Modules whose errors happen on a compute host or in a command, where nobody asks by HTTP."""

NOT_ANSWERED = {
    # told by commands, and where a process starts
    "PolicyRefused",
    "DatabaseSilent",
    "SchemaUnknown",
    "SecretFileUnusable",
    "WebhooksFileUnusable",
    "BusUnusable",
    "CredentialsNotKept",
    "NameUnknown",
    "RoleUnknown",
    # told on a compute host
    "MachineUnreadable",
    # becomes a sentence of the schema's
    "PatternInvalid",
    # would be a bug, for which 500 is right
    "PermitOpen",
    # keeps a recovery waiting, and is told in its timeline
    "FenceFailed",
    "CloudFailed",
    "CloudNotCleared",
    "CloudSilent",
    "CloudUnlike",
    "CloudsFileUnusable",
}


def errors_of(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from errors_of(each)


def without_status() -> set[type]:
    for module in pkgutil.walk_packages(hostdown.__path__, "hostdown."):
        if not module.name.startswith(NOT_IMPORTED):
            importlib.import_module(module.name)
    ours = {each for each in errors_of(HostdownError) if each.__module__.startswith("hostdown.")}
    return {each for each in ours if LISTED.isdisjoint(each.__mro__)}


def test_every_error_has_a_status_or_is_known_to_need_none() -> None:
    found = {each for each in without_status() if not each.__module__.startswith(ELSEWHERE)}
    assert {each.__name__ for each in found} == NOT_ANSWERED
