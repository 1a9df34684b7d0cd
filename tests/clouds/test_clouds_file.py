"""How to log in at a cloud, out of a clouds.yaml."""

from pathlib import Path

import pytest
import yaml

from hostdown.domain.cloud_errors import CloudsFileUnusable
from hostdown.drivers.clouds_file import FILE_BYTES_MAX, cloud_access
from hostdown.drivers.openstack_cloud import CloudAccess

PASSWORD = "geh3im"
AUTH = {"auth_url": "https://k/v3", "username": "u", "password": PASSWORD, "project_name": "p"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clouds.yaml"
    path.touch(0o640)
    return path


def write(file: Path, **cloud: object) -> Path:
    file.write_text(yaml.safe_dump({"clouds": {"nova": cloud}}))
    return file


def refused(file: Path, name: str = "nova") -> str:
    with pytest.raises(CloudsFileUnusable) as caught:
        cloud_access(file, name, 5.0)
    assert PASSWORD not in str(caught.value)
    assert str(file) in str(caught.value)
    return str(caught.value)


def test_the_least_that_it_needs(file: Path) -> None:
    assert cloud_access(write(file, auth=AUTH), "nova", 5.0) == CloudAccess(
        "https://k/v3", "u", PASSWORD, "p", 5.0
    )


def test_where_it_is_and_whom_to_trust(file: Path) -> None:
    domains = {"user_domain_id": "d1", "project_domain_name": "D2"}
    cloud = {"region_name": "r", "interface": "internal", "cacert": "ca.pem"}
    found = cloud_access(write(file, auth=AUTH | domains, **cloud), "nova", 5.0)
    assert (found.user_domain_id, found.project_domain) == ("d1", "D2")
    where = (found.region, found.interface, found.ca_file)
    assert where == ("r", "internal", str(file.parent / "ca.pem"))


def test_what_is_missing_is_named(file: Path) -> None:
    auth = {"auth_url": "https://k/v3", "username": "u", "password": ""}
    assert "no password and no project_name" in refused(write(file, auth=auth))
    assert "no mapping 'auth'" in refused(write(file))
    assert "no cloud 'other'" in refused(write(file, auth=AUTH), "other")
    file.write_text("[]")
    assert "no mapping 'clouds'" in refused(file)


def test_a_file_that_others_may_read_or_that_is_none_is_refused(file: Path) -> None:
    write(file, auth=AUTH).chmod(0o644)
    assert "chmod o=" in refused(file)
    assert "cannot be read: No such file" in refused(file.parent / "missing")
    assert "cannot be read" in refused(file.parent)


def test_what_is_no_yaml_is_told_by_its_line_alone(file: Path) -> None:
    file.write_text(f"clouds:\n  nova: {{password: {PASSWORD}\n")
    assert "not valid YAML, line" in refused(file)
    file.write_text("#" * (FILE_BYTES_MAX + 1))
    assert "longer than" in refused(file)


@pytest.mark.parametrize("how", [{"verify": False}, {"insecure": True}])
def test_certificates_are_always_checked(file: Path, how: dict[str, bool]) -> None:
    assert "'cacert'" in refused(write(file, auth=AUTH, **how))
