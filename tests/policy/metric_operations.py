"""What Prometheus asks for."""

from tests.policy.operation import Operation, at

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/metrics", "", "hostdown:metrics:show", at("/metrics")),
)
