"""Section [cloud]: whose hosts are recovered."""

from pathlib import Path

import pytest
from tests.config.test_load import loaded, problems

from hostdown.config import recovery_reading
from hostdown.config.settings import CloudOptions


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostdown.conf"


def test_our_own_is_what_is_recovered_unless_something_else_is_said(file: Path) -> None:
    assert loaded(file, "").settings.cloud is None
    assert loaded(file, "[cloud]\ndriver = own\nos_cloud = nova\n").settings.cloud is None


def test_a_nova_is_named_as_openstacks_clients_name_it(file: Path) -> None:
    text = "[cloud]\ndriver = openstack\nos_cloud = nova\nclouds_yaml = clouds.yaml\ntimeout = 3\n"
    found = loaded(file, text).settings.cloud
    assert found == CloudOptions(file.parent / "clouds.yaml", "nova", 3.0)
    found = loaded(file, "[cloud]\ndriver = openstack\nos_cloud = nova\n").settings.cloud
    assert found == CloudOptions(Path("/etc/openstack/clouds.yaml"), "nova", 10.0)


def test_a_nova_without_a_name_or_of_another_kind_is_a_problem(file: Path) -> None:
    (problem,) = problems(file, "[cloud]\ndriver = openstack\n")
    assert "[cloud] os_cloud" in problem
    (problem,) = problems(file, "[cloud]\ndriver = nova\n")
    assert "[cloud] driver" in problem
    (problem,) = problems(file, "[cloud]\ntimeout = 0\n")
    assert "[cloud] timeout" in problem


def test_where_the_library_is_not_installed_it_is_said_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_reading, "PACKAGE", "no_such_package")
    (problem,) = problems(file, "[cloud]\ndriver = openstack\nos_cloud = nova\n")
    assert "install hostdown[openstack]" in problem
