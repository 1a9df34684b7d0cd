"""What several tests of processes need."""

from pathlib import Path

import pytest
from tests.processes.certificates import self_signed


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    return self_signed(tmp_path)
