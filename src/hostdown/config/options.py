"""Every option, once: `load` reads by this table, the sample and the reference are printed from it.

A section marked `shared` also exists in a `nova.conf`; there, names that are not ours are ignored.
"""

from hostdown.config.alarm_options import ALARMS
from hostdown.config.alertmanager_options import ALERTMANAGER
from hostdown.config.cloud_options import CLOUD
from hostdown.config.detect_options import DETECT
from hostdown.config.evacuate_options import EVACUATE
from hostdown.config.fencing_options import FENCING
from hostdown.config.keystone_options import KEYSTONE
from hostdown.config.metrics_options import METRICS
from hostdown.config.notification_options import NOTIFICATIONS
from hostdown.config.option import Option
from hostdown.config.own_options import OWN
from hostdown.config.placement_options import PLACEMENT
from hostdown.config.quota_options import QUOTA
from hostdown.config.recovery_options import RECOVERY
from hostdown.config.retention_options import RETENTION
from hostdown.config.shared_options import SHARED
from hostdown.config.watchdog_options import WATCHDOG

__all__ = ["OPTIONS", "OUR_SECTIONS", "SHARED_SECTIONS", "Option"]

RECOVERING = (*EVACUATE, *DETECT, *FENCING, *RECOVERY, *CLOUD, *ALERTMANAGER)

OPTIONS: tuple[Option, ...] = (
    *SHARED,
    *PLACEMENT,
    *RECOVERING,
    *NOTIFICATIONS,
    *ALARMS,
    *METRICS,
    *RETENTION,
    *KEYSTONE,
    *QUOTA,
    *OWN,
    *WATCHDOG,
)

SHARED_SECTIONS = frozenset(
    option.section for option in (*SHARED, *KEYSTONE, *QUOTA, *NOTIFICATIONS)
)
"""Sections that Nova has as well: unknown names there belong to Nova."""

OUR_SECTIONS = (
    frozenset(option.section for option in (*RECOVERING, *ALARMS, *METRICS, *RETENTION, *OWN))
    - SHARED_SECTIONS
)
"""Sections that only we have: an unknown name there is an error."""
