"""Images by python-openstackclient 10.5.0 and openstacksdk 4.22.0, unmodified."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.debian import need

from hostdown.cli.demo.stage import Stage

from .conftest import CLIENT_TIMEOUT_S, run
from .test_session_openstack import typed

SCRIPT = Path(__file__).parent / "sdk_images.py"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A qcow2 file with some data in it."""
    raw, path = tmp_path / "raw", tmp_path / "disk.qcow2"
    raw.write_bytes(os.urandom(300_000) + bytes(700_000))
    program = need("qemu-img", "qemu-utils")
    subprocess.run([program, "convert", "-O", "qcow2", raw, path], check=True, timeout=30)
    return path


def test_the_client_keeps_images(stage: Stage, clients: Path, disk: Path, tmp_path: Path) -> None:
    kind = "--disk-format qcow2 --container-format bare --min-disk 1"
    said, complaints = typed(
        stage,
        clients,
        f"image create --file {disk} {kind} --property os_distro=debian one -f json",
        "image list --long -f json",
        "image set --name two --tag t --protected --public --property hw_disk_bus=virtio one",
        "image show two -f json",
        f"image save --file {tmp_path}/saved two",
        "image delete two",
        "image unset --tag t --property os_distro two",
        "image set --unprotected --private --deactivate two",
        "image show two -f json",
        "image delete two",
        "image list -f json",
    )
    made, listed, full, bare, left = said
    assert (made["name"], made["disk_format"], made["min_disk"]) == ("one", "qcow2", 1)
    size = disk.stat().st_size
    facts = [(row["Name"], row["Status"], row["Size"], row["Visibility"]) for row in listed]
    assert facts == [("one", "active", size, "shared")]
    assert (full["tags"], full["protected"], full["visibility"]) == (["t"], True, "public")
    assert full["properties"]["os_distro"] == "debian"
    assert (tmp_path / "saved").read_bytes() == disk.read_bytes()
    assert "is protected and cannot be deleted" in complaints
    assert (bare["status"], bare["tags"], bare["visibility"]) == ("deactivated", [], "private")
    assert "os_distro" not in bare["properties"]
    assert left == []


@pytest.mark.parametrize("size", ["", "--size 1000000"])
def test_the_client_takes_an_image_from_a_pipe(stage: Stage, clients: Path, size: str) -> None:
    """It sends chunks then, and their number only if it is told."""
    kind = "--disk-format raw --container-format bare"
    command = f"image create {kind} {size} piped -f json"
    done = subprocess.run(
        [clients / "openstack", "--os-cloud", "hostdown", *command.split()],
        input=bytes(1_000_000),
        capture_output=True,
        timeout=CLIENT_TIMEOUT_S,
        env=dict(stage.environment),
        check=True,
    )
    image_id = json.loads(done.stdout)["id"]
    (shown,), _ = typed(
        stage, clients, f"image show {image_id} -f json", f"image delete {image_id}"
    )
    assert (shown["status"], shown["size"]) == ("active", 1_000_000)


def test_the_sdk_keeps_images(stage: Stage, clients: Path, disk: Path) -> None:
    steps = json.loads(run(stage, clients / "python", SCRIPT, str(disk)))
    assert steps == {
        "created": ["active", disk.stat().st_size],
        "paged": ["i0", "i1", "i2"],
        "streamed": True,
        "changed": ["renamed", "x86_64"],
        "refused": "it has a backing file",
        "left": 0,
    }
