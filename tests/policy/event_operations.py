"""What monitoring systems say of hosts."""

from tests.policy.operation import HOST, Operation, at

RULE = "hostdown:events:create"
_EVENT = {"type": "compute.host.degraded", "details": {"hostname": HOST}}

OPERATIONS: tuple[Operation, ...] = (
    Operation("PUT", "/events", "", RULE, at("/events"), _EVENT),
    Operation("POST", "/events", "", RULE, at("/events"), [_EVENT]),
    Operation("POST", "/alertmanager", "", RULE, at("/alertmanager"), {"alerts": []}),
)
