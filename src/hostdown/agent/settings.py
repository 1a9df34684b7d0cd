"""How an agent is set up."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

CONNECT_TIMEOUT_S = 3.0
"""What an agent waits for a connection, and for what it sent to be acknowledged by the machine."""

ANSWER_TIMEOUT_S = 10.0
"""What an agent waits for an answer."""

BACKOFF_FIRST_S = 0.25
"""The first wait after an exchange that failed; each further one is twice as long."""

BACKOFF_MAX_S = 10.0
"""The longest wait for a server that is away, or the report interval if that is shorter."""

JITTER = 0.1
"""Each wait is shortened by up to this fraction, so that hosts do not march in step."""


@dataclass(frozen=True)
class ServerAddress:
    """Where the servers are, the first to be asked first. `ca_file` verifies their certificates
    instead of the system's CAs."""

    urls: tuple[str, ...]
    ca_file: Path | None = None


@dataclass(frozen=True)
class AgentSettings:
    """One host's agent. `enrolment_secret` is needed for the first start only. `sleeps`: whether
    its machine may go to sleep; None where nobody knows.
    """

    name: str
    report_interval: timedelta
    agent_version: str
    enrolment_secret: bytes | None
    sleeps: bool | None = None
