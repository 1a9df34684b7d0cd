"""PUT /os-hosts/{host}: what may be asked, bare as in Nova or as in the blueprint, and by whom."""

import pytest
from falcon.testing import Result
from tests.api.asking import listed, told
from tests.api.servers import MEMBER
from tests.api.world import PROJECT, READER, World

HOST = "65c5d5b7e3bd44308e67fc50f362aee6"
EVERY_SPELLING = ("enable", "Enable", "ENABLE", "disable", "Disable", "DISABLE")


def put(world: World, body: object, version: str = "2.42", host: str = "a", **more: str) -> Result:
    return world.ask("PUT", f"/v2.1/os-hosts/{host}", version, body, **more)


def service(world: World) -> tuple[object, ...]:
    (found,) = listed(world, "?host=a")
    keys = ("status", "disabled_reason", "state", "forced_down")
    return tuple(found[key] for key in keys)


def test_the_blueprints_example_is_answered_as_it_is_printed(world: World) -> None:
    world.service(HOST)
    change = {"status": "enable", "maintenance_mode": "enable", "host_down_reported": "true"}
    for path in (f"/v2.1/os-hosts/{HOST}", f"/v2.1/{PROJECT}/os-hosts/{HOST}"):
        assert world.ask("PUT", path, "2.1", {"host": change}).json == {
            "host": {
                "host": HOST,
                "maintenance_mode": "enabled",
                "status": "enabled",
                "host_down_reported": "true",
            }
        }


def test_novas_sample_is_answered_as_it_is_printed(world: World) -> None:
    world.service(HOST)
    answer = put(world, {"status": "enable", "maintenance_mode": "disable"}, "2.1", HOST)
    assert answer.json == {
        "host": HOST,
        "maintenance_mode": "off_maintenance",
        "status": "enabled",
    }


@pytest.mark.parametrize("word", EVERY_SPELLING)
def test_switches_are_spelt_in_three_ways_and_answered_in_the_form_of_the_question(
    world: World, word: str
) -> None:
    world.service("a")
    on = word.lower() == "enable"
    change = {"status": word, "maintenance_mode": word}
    status = "enabled" if on else "disabled"
    assert put(world, change).json == {
        "host": "a",
        "status": status,
        "maintenance_mode": "on_maintenance" if on else "off_maintenance",
    }
    wrapped = {"host": "a", "status": status, "maintenance_mode": status}
    assert put(world, {"host": change}).json == {"host": wrapped}
    for name, value in change.items():
        assert list(put(world, {name: value}).json) == ["host", name]


@pytest.mark.parametrize(
    ("asked", "down", "answered"),
    [
        (True, True, True),
        (False, False, False),
        ("true", True, "true"),
        ("false", False, "false"),
        ("True", True, "true"),
        ("0", False, "false"),
    ],
)
def test_down_is_a_boolean_or_the_text_of_one(
    world: World, asked: object, down: bool, answered: object
) -> None:
    world.service("a")
    answer = {"host": "a", "host_down_reported": answered}
    assert put(world, {"host_down_reported": asked}).json == answer
    assert service(world)[3] is down
    assert put(world, {"host": {"host_down_reported": asked}}).json == {"host": answer}


NEITHER = "is not valid under any of the given schemas"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "None is not of type 'object'"),
        (b"[]", "[] is not of type 'object'"),
        (b"{", "Malformed request body"),
        ({}, f"{{}} {NEITHER}"),
        ({"reported": True}, f"{{'reported': True}} {NEITHER}"),
        ({"host": {}}, f"Invalid input for field/attribute host. Value: {{}}. {{}} {NEITHER}"),
        (
            {"host": "a"},
            "Invalid input for field/attribute host. Value: a. 'a' is not of type 'object'",
        ),
        (
            {"host": None},
            "Invalid input for field/attribute host. Value: None. None is not of type 'object'",
        ),
        (
            {"status": "enable", "more": 1},
            "Additional properties are not allowed ('more' was unexpected)",
        ),
        (
            {"host": {"status": "enable", "host": "a"}},
            "Invalid input for field/attribute host. Value: {'status': 'enable', 'host': 'a'}. "
            "Additional properties are not allowed ('host' was unexpected)",
        ),
        (
            {"host": {"status": "enable"}, "status": "enable"},
            "Additional properties are not allowed ('status' was unexpected)",
        ),
        (
            {"status": "enabled"},
            "Invalid input for field/attribute status. Value: enabled. 'enabled' is not one of "
            "['enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE']",
        ),
        (
            {"host": {"maintenance_mode": True}},
            "Invalid input for field/attribute maintenance_mode. Value: True. "
            "True is not of type 'string'",
        ),
        (
            {"host_down_reported": None},
            "Invalid input for field/attribute host_down_reported. Value: None. "
            "None is not of type 'boolean', 'string'",
        ),
        (
            {"host": {"host_down_reported": 1}},
            "Invalid input for field/attribute host_down_reported. Value: 1. "
            "1 is not of type 'boolean', 'string'",
        ),
    ],
)
def test_a_wrong_body_is_400_and_changes_nothing(world: World, body: object, message: str) -> None:
    made = world.service("a")
    assert told(put(world, body)) == (400, message)
    assert world.current(made) == made


def test_what_is_no_word_for_a_boolean_is_told_the_words(world: World) -> None:
    status, message = told(put(world, {"host_down_reported": "down"}))
    assert status == 400
    assert message.startswith(
        "Invalid input for field/attribute host_down_reported. Value: down. 'down' is not one of "
        "[True, 'True', 'TRUE', 'true',"
    )


def test_a_host_that_is_not_there_is_404(world: World) -> None:
    world.service("ctl", "nova-scheduler")
    for name in ("nowhere", "ctl"):
        message = f"Host '{name}' is not mapped to any cell"
        for body in ({"host_down_reported": True}, {"host": {"status": "disable"}}):
            assert told(put(world, body, host=name)) == (404, message)


def test_only_administrators_may_whatever_they_ask_of_whichever_host(world: World) -> None:
    made = world.service("a")
    message = "Policy doesn't allow os_compute_api:os-hosts:update to be performed."
    for token in (READER, MEMBER):
        for host in ("a", "nowhere"):
            for body in ({"host_down_reported": True}, {"host": {"status": "disable"}}):
                assert told(put(world, body, host=host, token=token)) == (403, message)
    assert world.current(made) == made


@pytest.mark.parametrize("version", ["2.43", "2.104"])
def test_it_is_gone_from_2_43_on(world: World, version: str) -> None:
    made = world.service("a")
    answer = put(world, {"host_down_reported": True}, version)
    assert told(answer) == (404, "The resource could not be found.")
    assert world.current(made) == made


def test_below_v2_what_is_unknown_is_left_out(world: World) -> None:
    world.service("a")
    body = {"host": {"host_down_reported": "true", "more": 1}, "more": 1}
    answer = world.ask("PUT", "/v2/os-hosts/a", None, body)
    assert answer.json == {"host": {"host": "a", "host_down_reported": "true"}}
