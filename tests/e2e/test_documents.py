"""The calls and commands of the documents that asked for this API, exactly as printed there."""

import json
from pathlib import Path

import pytest

from hostdown.cli.demo.stage import Stage
from hostdown.cli.demo.story import documented_answer, documented_call

from .conftest import Client, run

CALLS = [
    "".join(line.removeprefix("  ") for line in call.splitlines())
    for call in (Path(__file__).parent / "documented_calls.txt").read_text().split("\n\n")
]
"""As the documents print them: the lines break at column 78, in the middle of words."""


@pytest.mark.parametrize(("call", "flag"), [(CALLS[0], True), (CALLS[1], False)])
def test_the_demo_makes_the_documented_calls_byte_for_byte(call: str, flag: bool) -> None:
    assert documented_call(flag) == call


def answer(stage: Stage, call: str) -> tuple[list[str], object]:
    """Head lines and body that the documented call printed."""
    filled = (
        call.replace("{service_host_ip}", stage.address)
        .replace("{tenant_id}", stage.project_id)
        .replace("{token}", stage.token)
    )
    # Text mode has turned CR LF into LF.
    head, _, body = run(stage, "sh", "-c", filled).partition("\n\n")
    return head.splitlines(), json.loads(body)


def test_the_documented_calls_give_the_documented_answers(stage: Stage) -> None:
    down, up = CALLS
    head, body = answer(stage, down)
    assert head[0] == "HTTP/1.1 200 OK"
    assert {line.lower() for line in head} >= {
        "content-type: application/json",
        "x-openstack-nova-api-version: 2.11",
        "openstack-api-version: compute 2.11",
    }
    assert body == documented_answer(forced_down=True)
    assert stage.state("compute1") == "down"
    head, body = answer(stage, up)
    assert head[0] == "HTTP/1.1 200 OK"
    assert body == documented_answer(forced_down=False)
    assert stage.state("compute1") == "up"


def test_the_documented_nova_commands_work_in_the_client_of_their_time(
    stage: Stage, nova9: Client
) -> None:
    """`nova service-force-down compute1 nova-compute` is a form of microversions 2.11 to 2.52."""
    pinned = ("--os-compute-api-version", "2.11")
    printed = nova9(*pinned, "service-force-down", "compute1", "nova-compute")
    assert [word.strip() for word in printed.splitlines()[3].split("|")[1:-1]] == [
        "compute1",
        "nova-compute",
        "True",
    ]
    assert stage.state("compute1") == "down"
    printed = nova9(*pinned, "service-force-down", "--unset", "compute1", "nova-compute")
    assert "False" in printed
    assert stage.state("compute1") == "up"
