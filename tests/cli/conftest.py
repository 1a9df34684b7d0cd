"""Every test starts as a user who has no credentials, in an empty directory."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command_line import Ended, Run
from tests.cli.fake_cloud import PASSWORD, Cloud, serve

from hostdown.cli.app import main
from hostdown.cli.client import clouds


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("OS_", "XDG_", "CLIFF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # A server that really runs on this machine is none of the tests' business.
    monkeypatch.setattr(clouds, "SYSTEM_STATE", tmp_path / "system")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line in this process."""

    def go(*argv: str) -> Ended:
        capsys.readouterr()
        try:
            code = main(list(argv))
        except SystemExit as error:
            code = int(str(error.code))
        return Ended(code, *capsys.readouterr())

    return go


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def openrc(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The cloud, and the variables that lead to it."""
    for name, value in {
        "OS_AUTH_URL": f"{cloud.url}/identity",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": "admin",
        "OS_REGION_NAME": "RegionOne",
    }.items():
        monkeypatch.setenv(name, value)
    return cloud
