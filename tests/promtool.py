"""What Prometheus's own tool says."""

import subprocess
from pathlib import Path

from tests.debian import need


def promtool(*arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Of files, or of `text`."""
    program = need("promtool", "prometheus")
    return subprocess.run(
        [program, *arguments], input=text, capture_output=True, text=True, timeout=60
    )
