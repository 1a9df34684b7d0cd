"""Puts the parts together: the only package that knows every other.

Law: builds objects from settings and starts nothing. Everything here runs after a fork, in the
process that uses it, because what it builds has threads, pools and connections.
"""

from hostdown.compose.notifier import TELL, NotifierParts, notifier
from hostdown.compose.observer import observer
from hostdown.compose.parts import (
    LOOK_HOSTS,
    LOOK_VERSIONS,
    Job,
    ObserverParts,
    Pulses,
    Worker,
)
from hostdown.compose.start import database_settings, get_ready, policy_settings, prepare
from hostdown.compose.worker import api_worker

__all__ = [
    "LOOK_HOSTS",
    "LOOK_VERSIONS",
    "TELL",
    "Job",
    "NotifierParts",
    "ObserverParts",
    "Pulses",
    "Worker",
    "api_worker",
    "database_settings",
    "get_ready",
    "notifier",
    "observer",
    "policy_settings",
    "prepare",
]
