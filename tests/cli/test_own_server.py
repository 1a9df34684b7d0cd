"""Where the commands look for the credentials that `hostdown serve` wrote."""

from pathlib import Path

import pytest

from hostdown.cli.client import clouds
from hostdown.config.shared_options import default_state_path

SYSTEM_STATE = clouds.SYSTEM_STATE
"""As it is outside these tests, which look elsewhere."""


def test_the_servers_own_file_is_where_the_server_puts_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "SYSTEM_STATE", SYSTEM_STATE)
    where = Path(default_state_path()) / "clouds.yaml"
    assert clouds.written_by_serve({"HOME": str(home)})[0] == where
