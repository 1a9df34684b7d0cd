"""What is done about hosts that fail, from option values to settings."""

from datetime import timedelta
from importlib.util import find_spec
from ipaddress import ip_network

from hostdown.config.addresses import several
from hostdown.config.reading import Reading
from hostdown.config.settings import (
    AlarmOptions,
    AlertmanagerOptions,
    CloudOptions,
    EvacuateOptions,
    FencingOptions,
    RecoveryOptions,
)

PACKAGE = "openstack"


class RecoveryReading(Reading):
    """Reads the sections of what is done about hosts that fail, and of who is told."""

    def _evacuate(self) -> EvacuateOptions:
        section = "evacuate"
        return EvacuateOptions(
            self._text(section, "silent_source"),
            self._text(section, "word_covers"),
            self._text(section, "local_disks"),
            self._count(section, "at_once"),
            self._count(section, "per_destination"),
        )

    def _fencing(self) -> FencingOptions:
        """Whether it is there is for the server to say: a host may have the same configuration."""
        given = self._optional("fencing", "file")
        check_s = self._number("fencing", "check_interval")
        return FencingOptions(
            None if given is None else self._base / given,
            timedelta(seconds=check_s) if check_s > 0 else None,
        )

    def _alarms(self) -> AlarmOptions:
        section = "alarms"
        networks = []
        for each in several(self._optional(section, "allowed_networks") or ""):
            try:
                networks.append(ip_network(each))
            except ValueError as error:
                self.problems.append((f"[{section}] allowed_networks", f"{error}."))
        return AlarmOptions(
            tuple(networks),
            self._count(section, "project_alarm_quota"),
            self._count(section, "user_alarm_quota"),
        )

    def _recovery(self) -> RecoveryOptions:
        section = "recovery"
        if self._flag(section, "enabled") and self._optional("fencing", "file") is None:
            what = "without a [fencing] file nothing can fence a host: each recovery is held until \
an operator says that its host is off."
            self.warnings.append((f"[{section}] enabled", what))
        return RecoveryOptions(
            self._flag(section, "enabled"),
            timedelta(seconds=self._number(section, "hold_off")),
            self._flag(section, "ha_default"),
            self._text(section, "events"),
        )

    def _alertmanager(self) -> AlertmanagerOptions:
        section = "alertmanager"
        return AlertmanagerOptions(
            self._text(section, "host_label"), self._pairs(section, "alerts")
        )

    def _cloud(self) -> CloudOptions | None:
        """None for our own. Whether the file is there is for the server to say: a host may have the
        same configuration."""
        section = "cloud"
        if self._text(section, "driver") == "own":
            return None
        if find_spec(PACKAGE) is None:
            what = "openstack takes the Python package openstacksdk; install hostdown[openstack]."
            self.problems.append((f"[{section}] driver", what))
        name = self._optional(section, "os_cloud")
        if name is None:
            what = "must name a cloud of [cloud] clouds_yaml, where driver is openstack."
            self.problems.append((f"[{section}] os_cloud", what))
        return CloudOptions(
            self._base / self._text(section, "clouds_yaml"),
            name or "",
            self._number(section, "timeout"),
        )
