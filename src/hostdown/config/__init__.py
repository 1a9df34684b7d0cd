"""Configuration, read once into frozen settings.

Law: the only place that sees oslo.config; reads files and environment, decides nothing else.
"""

from hostdown.config.load import DEFAULT_FILE, ConfigInvalid, Loaded, Problem, load
from hostdown.config.settings import (
    AgentOptions,
    ApiOptions,
    DatabaseOptions,
    FencingOptions,
    IdentityOptions,
    KeystoneOptions,
    LabOptions,
    LibvirtOptions,
    MetricsOptions,
    ServerSettings,
    Settings,
)

__all__ = [
    "DEFAULT_FILE",
    "AgentOptions",
    "ApiOptions",
    "ConfigInvalid",
    "DatabaseOptions",
    "FencingOptions",
    "IdentityOptions",
    "KeystoneOptions",
    "LabOptions",
    "LibvirtOptions",
    "Loaded",
    "MetricsOptions",
    "Problem",
    "ServerSettings",
    "Settings",
    "load",
]
