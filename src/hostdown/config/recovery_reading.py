"""What is done about hosts that fail, from option values to settings."""

from datetime import timedelta

from hostdown.config.reading import Reading
from hostdown.config.settings import (
    AlertmanagerOptions,
    EvacuateOptions,
    FencingOptions,
    RecoveryOptions,
)


class RecoveryReading(Reading):
    """Reads the sections [evacuate], [fencing], [recovery] and [alertmanager]."""

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

    def _recovery(self) -> RecoveryOptions:
        section = "recovery"
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
