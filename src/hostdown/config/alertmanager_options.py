"""Section [alertmanager]: what alerts of Prometheus say of hosts."""

from hostdown.config.option import Option, pairs, text
from hostdown.domain.fault_events import FaultKind

SECTION = "alertmanager"

ALERTMANAGER: tuple[Option, ...] = (
    Option(
        SECTION,
        "host_label",
        text(),
        "instance",
        "The label of alerts that names the host: by the name that it reports, or by its address; "
        "a port behind it is cut off.",
    ),
    Option(
        SECTION,
        "alerts",
        pairs(*FaultKind),
        {},
        "What alerts mean, by their names: HostDown:compute.host.down,HostHot:compute.host.degraded"
        ". Others are ignored. A resolved alert means compute.host.up.",
        "none",
    ),
)
