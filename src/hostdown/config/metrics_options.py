"""Section [metrics]: where Prometheus finds them, beside the API."""

from hostdown.config.option import Option, count, text

SECTION = "metrics"

METRICS: tuple[Option, ...] = (
    Option(
        SECTION,
        "bind_host",
        text(),
        "127.0.0.1",
        "IP address or host name on which metrics are told to anybody who asks: without TLS, "
        "without a token. They name no host, server or user, but say how many hosts there are and "
        "how they fare. Changes only with a restart.",
    ),
    Option(
        SECTION,
        "bind_port",
        count(0, 65535),
        None,
        "TCP port for that; 0 takes any. Changes only with a restart.",
        "none: metrics are told at /metrics of the API alone, to administrators",
    ),
)
