"""The consumer of alarms and webhooks that benchmarks tell, and the alarm of one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OWNERS_SEE = {"os_compute_api:servers:show:host_status": "rule:admin_or_owner"}
"""The policy that lets owners see what their server's host is."""


class Taker:
    """The consumer, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        assert process.stdin is not None  # noqa: S101 - so is it
        self._ask, self._hear = process.stdin, process.stdout
        self.port = int(process.stdout.readline())

    def has(self, wanted: int) -> bool:
        """Whether it has had so many."""
        return self.ask()[0] >= wanted

    def ask(self) -> tuple[int, int]:
        """How many it has had, and when the newest came (ns)."""
        self._ask.write("\n")
        self._ask.flush()
        taken, newest_ns = json.loads(self._hear.readline())
        return taken, newest_ns


@contextmanager
def taking() -> Iterator[Taker]:
    """A consumer that runs."""
    words = [sys.executable, "-m", "benchmarks.consumer"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Taker(process)
        finally:
            process.kill()


def alarm(uuid: str, url: str, **traits: str) -> dict[str, object]:
    """As Doctor's consumer makes one, but that it calls each time."""
    query = [
        {"field": f"traits.{name}", "op": "eq", "type": "string", "value": value}
        for name, value in {"instance_id": uuid, **traits}.items()
    ]
    return {
        "name": f"alarm of {uuid}",
        "type": "event",
        "event_rule": {"event_type": "compute.instance.update", "query": query},
        "alarm_actions": [url],
        "repeat_actions": True,
    }
