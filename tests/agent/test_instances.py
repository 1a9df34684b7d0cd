"""Assignments and outcomes on the wire: authentic, of this session, bounded, repeatable."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
import pytest
from tests.agent.house import ADMIN, Host, House, TestMachine
from tests.contracts.test_migrations import put
from tests.servers.scene import FLAVOR, WISH, Scene

from hostdown.agent.client import _Raw
from hostdown.api.agent.wire import BODY_BYTES_MAX
from hostdown.domain.assignment import Failure, Outcome, PowerState
from hostdown.domain.assignment_forms import OUTCOMES_MAX, TEXT_LENGTH_MAX, assignment, outcome_form
from hostdown.domain.migration import MigrationType, Status
from hostdown.domain.server_errors import ServerNotFound
from hostdown.domain.signing import answer_mac, request_mac
from hostdown.services import server_lookup

EPOCH, NONCE = datetime(1970, 1, 1), "n" * 32
QUIET, NEW = {"ended": [], "tell": False}, {"database_id": "", "commit": 0}
Sent = tuple[str, bytes, dict[str, str]]


@pytest.fixture
def scene(house: House) -> Scene:
    return Scene(house.storage, house.clock.now())


def message(
    house: House,
    host: Host,
    what: str,
    content: object,
    nonce: str = NONCE,
    method: str = "POST",
) -> Sent:
    """A message as the host signs it."""
    assert host.store.identity is not None
    path = f"/agent/v1/hosts/{host.store.identity.id}/{what}"
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    time_ms = (house.clock.now() - EPOCH) // timedelta(milliseconds=1)
    mac = request_mac(host.store.identity.secret, method, path, body, time_ms, nonce)
    headers = {
        "X-Hostdown-Time": str(time_ms),
        "X-Hostdown-Nonce": nonce,
        "X-Hostdown-Mac": mac,
    }
    return path, body, headers


def asked(house: House, host: Host, what: str, **fields: object) -> _Raw:
    return host.client.raw(*message(house, host, what, {"session": 1, **fields}))


def answered(house: House, host: Host, what: str, **fields: object) -> Mapping[str, object]:
    """The answer of success, which is signed."""
    raw = asked(house, host, what, **fields)
    assert raw.status == 200
    assert host.store.identity is not None
    assert raw.mac == answer_mac(host.store.identity.secret, 200, NONCE, raw.body)
    content: Mapping[str, object] = orjson.loads(raw.body)
    return content


def refusal(raw: _Raw) -> tuple[int, str, str]:
    error = orjson.loads(raw.body)["error"]
    return raw.status, error["code"], error["message"]


def test_a_host_asks_acts_and_tells(house: House, scene: Scene) -> None:
    host = house.reporting("compute1")
    nothing = answered(house, host, "assignments", known=0)
    assert len(str(nothing.pop("database_id"))) == 36
    assert nothing == {
        "commit": 1,
        "version": 0,
        "held": False,
        "instances": [],
        "moved": [],
        **QUIET,
    }
    (server,) = scene.create()
    told = answered(house, host, "assignments", known=0)
    (form,) = told["instances"]  # type: ignore[misc] # a list
    read = assignment(form)
    assert (read.uuid, read.generation, read.boot, read.order) == (server.uuid, 1, 1, 1)
    same = answered(house, host, "assignments", seen=NEW, known=told["version"])
    assert same == {name: told[name] for name in told if name in same} | {"unchanged": True}
    said = Outcome(server.uuid, 1, 1, PowerState.RUNNING, claimed=True)
    after = answered(house, host, "outcomes", outcomes=[outcome_form(said)])
    assert after == {"database_id": told["database_id"], "commit": told["commit"]}
    assert scene.get(server.uuid).vm_state == "active"


@pytest.mark.parametrize("settled", [None, -1, 2**63, "1", True])
def test_what_is_settled_may_be_missing_and_must_be_a_number(
    house: House, scene: Scene, settled: object
) -> None:
    host = house.reporting("compute1")
    scene.create()
    put(scene.cell, type=MigrationType.EVACUATION, source_host="compute1", status=Status.DONE)
    version = answered(house, host, "assignments", known=0)["version"]
    refused = refusal(asked(house, host, "assignments", known=version, settled=settled))
    assert refused[:2] == (400, "malformed")
    answered(house, host, "assignments", known=version, settled=version)
    assert scene.cell.read(lambda rows: rows.settled.of(scene.record("compute1").id)) == version


def test_a_server_that_is_gone_is_forgotten_by_the_directory(house: House, scene: Scene) -> None:
    host = house.reporting("compute1")
    (server,) = scene.create()
    scene.delete(server.uuid)
    gone = scene.said(server.uuid, PowerState.NOSTATE, gone=True)
    commit = scene.fetch("compute1").commit
    after = answered(house, host, "outcomes", outcomes=[outcome_form(gone)])
    assert after["commit"] == commit + 1
    with pytest.raises(ServerNotFound):
        server_lookup.find(house.storage.cells, house.storage.directory, server.uuid)
    mapping = house.storage.directory.read(
        lambda rows: rows.instance_mappings.get(server.uuid, deleted=True)
    )
    assert mapping is not None
    assert mapping.deleted


def test_a_host_that_is_forced_down_is_held_at_once(house: House, scene: Scene) -> None:
    """Also by a worker whose memory has not heard of it."""
    host = house.reporting("compute1")
    scene.create()
    known = answered(house, host, "assignments", known=0)
    assert known["held"] is False
    scene.force("compute1", down=True)
    assert answered(house, host, "assignments", known=known["version"])["held"] is True


@pytest.mark.parametrize("what", ["assignments", "outcomes"])
@pytest.mark.parametrize("part", ["body", "mac", "nonce", "time", "path", "stranger"])
def test_what_was_changed_on_its_way_is_refused(house: House, what: str, part: str) -> None:
    host, other = house.reporting("compute1"), house.reporting("compute2")
    content = {"session": 1, "known": 0, "outcomes": []}
    path, body, headers = message(house, host, what, content)
    if part == "body":
        body = body.replace(b'"session":1', b'"session":2')
    elif part == "path":
        path, _, _ = message(house, other, what, content)
    elif part == "stranger":
        path = path.replace(path.split("/")[4], "00000000-0000-4000-8000-000000000000")
    else:
        name = f"X-Hostdown-{part.capitalize()}"
        headers[name] = headers[name][:-1] + ("1" if headers[name][-1] == "0" else "0")
    raw = host.client.raw(path, body, headers)
    expected = (404, "host-unknown") if part == "stranger" else (401, "bad-signature")
    assert refusal(raw)[:2] == expected
    assert raw.mac == ""


@pytest.mark.parametrize("what", ["assignments", "outcomes"])
def test_an_older_session_is_told_that_it_ended(house: House, what: str) -> None:
    host = house.reporting("compute1")
    house.reporting("compute1", store=host.store)
    fields = {"known": 0, "outcomes": []}
    status, code, said = refusal(asked(house, host, what, **fields))
    assert (status, code) == (410, "session-ended")
    assert said.startswith("Session 1 of host 'compute1' ended when session 2 began")
    assert asked(house, host, what, **(fields | {"session": 2})).status == 200
    assert refusal(asked(house, host, what, **(fields | {"session": 3})))[:2] == (
        409,
        "session-unknown",
    )


@pytest.mark.parametrize("what", ["assignments", "outcomes"])
def test_a_stale_message_is_refused(house: House, what: str) -> None:
    host = house.reporting("compute1")
    sent = message(house, host, what, {"session": 1, "known": 0, "outcomes": []})
    house.clock.forward(3600)
    assert refusal(host.client.raw(*sent))[:2] == (401, "stale-time")


SAID = outcome_form(Outcome("u", 1, 1, PowerState.RUNNING, claimed=True))
IN = "in its field 'outcomes'"
LIST = f"its field 'outcomes' must be a list of at most {OUTCOMES_MAX} objects"


@pytest.mark.parametrize(
    ("what", "content", "reason"),
    [
        ("assignments", b"{", "its body is not JSON"),
        ("assignments", [], "its body is not a JSON object"),
        ("assignments", {"session": 1}, "its field 'known' must be an integer from 0 to "),
        ("assignments", {"session": 1, "known": -1}, "its field 'known' must be an integer"),
        ("assignments", {"session": 1, "known": 2**63}, "its field 'known' must be an integer"),
        ("assignments", {"session": True, "known": 0}, "its field 'session' must be an integer"),
        ("outcomes", {"session": 1}, LIST),
        ("outcomes", {"session": 1, "outcomes": {}}, LIST),
        ("outcomes", {"session": 1, "outcomes": [SAID] * (OUTCOMES_MAX + 1)}, LIST),
        ("outcomes", {"session": 1, "outcomes": [1]}, f"{IN} an outcome must be an object"),
        ("outcomes", {"session": 1, "outcomes": [SAID, {}]}, f"{IN} 'uuid' must be a text"),
        (
            "outcomes",
            {"session": 1, "outcomes": [SAID | {"state": True}]},
            f"{IN} 'state' must be a text or an integer",
        ),
        (
            "outcomes",
            b'{"session": 1, "outcomes": [{"state": ' + b"[" * 900 + b"]" * 900 + b"}]}",
            f"{IN} 'uuid' must be a text",
        ),
    ],
)
def test_a_malformed_message_is_refused_with_a_sentence_and_counted(
    house: House, what: str, content: object, reason: str
) -> None:
    host = house.reporting("compute1")
    status, code, said = refusal(host.client.raw(*message(house, host, what, content)))
    assert (status, code) == (400, "malformed")
    assert reason in said
    assert house.refused() == {"malformed": 1}


def test_one_wrong_outcome_keeps_all_of_them_out(house: House, scene: Scene) -> None:
    host = house.reporting("compute1")
    (server,) = scene.create()
    forms = [outcome_form(scene.said(server.uuid)), {}]
    assert asked(house, host, "outcomes", outcomes=forms).status == 400
    assert scene.get(server.uuid) == server


def test_outcomes_about_what_nobody_has_do_no_harm(house: House) -> None:
    host = house.reporting("compute1")
    odd = [SAID | {"uuid": uuid, "gone": True} for uuid in ("", "x" * TEXT_LENGTH_MAX, "🦆", "'")]
    answered(house, host, "outcomes", outcomes=odd)


def test_a_message_heard_twice_changes_nothing_the_second_time(house: House, scene: Scene) -> None:
    host = house.reporting("compute1")
    (server,) = scene.create()
    content = {"session": 1, "outcomes": [outcome_form(scene.said(server.uuid))]}
    sent = message(house, host, "outcomes", content)
    first = host.client.raw(*sent)
    seen, told = scene.get(server.uuid), scene.told(server.uuid)
    assert host.client.raw(*sent) == first
    assert (scene.get(server.uuid), scene.told(server.uuid)) == (seen, told)


def test_a_failure_in_many_words_fits_and_too_many_of_them_are_too_large(
    house: House, scene: Scene
) -> None:
    host = house.reporting("compute1")
    (server,) = scene.create()
    long = Failure("c" * 40, "x" * 2 * TEXT_LENGTH_MAX)
    said = outcome_form(scene.said(server.uuid, PowerState.NOSTATE, failure=long))
    fitting = (BODY_BYTES_MAX - 100) // (len(orjson.dumps(said)) + 1)
    answered(house, host, "outcomes", outcomes=[said] * fitting)
    fault = scene.get(server.uuid).fault
    assert fault is not None
    assert fault.message == "x" * TEXT_LENGTH_MAX
    raw = asked(house, host, "outcomes", outcomes=[said] * (fitting + 2))
    assert refusal(raw)[:2] == (413, "too-large")


def test_a_new_boot_is_served_its_own_permits(house: House, scene: Scene) -> None:
    host = house.reporting("compute1")
    (server,) = scene.create()
    house.clock.forward(600)
    again = house.reporting("compute1", machine=TestMachine(boot="boot-2"), store=host.store)
    told = answered(house, again, "assignments", session=2, known=0)
    (form,) = told["instances"]  # type: ignore[misc] # a list
    assert (form["boot"], form["generation"]) == (2, 2)
    assert len(scene.permits(server.uuid)) == 2


def test_a_thousand_instances_are_served_told_of_and_moved_to_a_new_boot(
    house: House, scene: Scene
) -> None:
    host = house.reporting("compute1")
    wish = WISH._replace(flavor=FLAVOR._replace(memory_mb=1), hosts=["compute1"], forced=True)
    made = [each for _ in range(5) for each in scene.create(200, wish)]
    told = answered(house, host, "assignments", known=0)
    assert {form["uuid"] for form in told["instances"]} == {each.uuid for each in made}  # type: ignore[attr-defined, index] # a list
    forms = [
        outcome_form(Outcome(each.uuid, 1, 1, PowerState.RUNNING, claimed=True)) for each in made
    ]
    for number in range(0, 1000, OUTCOMES_MAX):
        answered(house, host, "outcomes", outcomes=forms[number : number + OUTCOMES_MAX])
    scene.boot("compute1")
    assigned = scene.assigned("compute1")
    assert len(assigned) == 1000
    assert {(each.generation, each.boot, each.wanted) for each in assigned} == {(2, 2, "stopped")}


def test_no_caller_but_hosts_is_asked_for_a_token(house: House) -> None:
    host = house.reporting("compute1")
    path, body, headers = message(house, host, "assignments", {"session": 1, "known": 0})
    del headers["X-Hostdown-Mac"]
    raw = host.client.raw(path, body, headers | {"X-Auth-Token": ADMIN.user_name})
    assert refusal(raw)[:2] == (401, "bad-signature")
