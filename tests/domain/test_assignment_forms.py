"""Assignments and outcomes on the wire come back as they were sent, or are refused in words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.assignment import (
    Assignment,
    Disk,
    Failure,
    Had,
    Holder,
    ImageSource,
    Incoming,
    Outcome,
    PowerState,
    Reboot,
    Target,
    Wanted,
)
from hostdown.domain.assignment_forms import (
    NUMBER_MAX,
    OVER_MAX,
    PROGRESS_MAX,
    TEXT_LENGTH_MAX,
    assignment,
    assignment_form,
    had,
    had_form,
    outcome,
    outcome_form,
)

HOLDER = Holder(1, "h1", 2)
ASSIGNMENT = Assignment(
    uuid="u",
    name="instance-00000001",
    generation=2,
    boot=3,
    over=(HOLDER,),
    disk=Disk.KEEP,
    data_gen=1,
    wanted=Wanted.RUNNING,
    order=7,
    reboot=Reboot.SOFT,
    vcpus=1,
    memory_mb=64,
    root_gb=1,
    image=ImageSource("i", "ab" * 32, 2**40, "raw"),
    network="auto",
    mac="52:54:00:00:00:01",
    to=Target(HOLDER, "192.0.2.7", "a ticket", hurry=True, withdrawn=True),
    incoming=Incoming(Wanted.PAUSED, withdrawn=False),
)
OUTCOME = Outcome(
    *("u", 2, 7, PowerState.RUNNING, True, True, Failure("disk-full", "No room."), HOLDER),
    ticket="a ticket",
    kept=3,
    progress={"memory_total_bytes": 8 << 20},
)

NUMBERS = st.integers(0, NUMBER_MAX)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
HOLDERS = st.builds(Holder, NUMBERS, TEXTS, NUMBERS)
ASSIGNMENTS = st.builds(
    Assignment,
    uuid=TEXTS,
    name=TEXTS,
    generation=NUMBERS,
    boot=NUMBERS,
    over=st.lists(HOLDERS, max_size=3).map(tuple),
    disk=st.sampled_from(Disk),
    data_gen=NUMBERS,
    wanted=st.sampled_from(Wanted),
    order=NUMBERS,
    reboot=st.none() | st.sampled_from(Reboot),
    vcpus=NUMBERS,
    memory_mb=NUMBERS,
    root_gb=NUMBERS,
    image=st.none() | st.builds(ImageSource, TEXTS, TEXTS, NUMBERS, TEXTS),
    network=TEXTS,
    mac=TEXTS,
    quiet_ms=NUMBERS,
    to=st.none() | st.builds(Target, HOLDERS, TEXTS, TEXTS, st.booleans()),
    incoming=st.none() | st.builds(Incoming, st.sampled_from(Wanted), st.booleans()),
)
OUTCOMES = st.builds(
    Outcome,
    uuid=TEXTS,
    generation=NUMBERS,
    order=NUMBERS,
    state=st.sampled_from(PowerState),
    claimed=st.booleans(),
    gone=st.booleans(),
    failure=st.none() | st.builds(Failure, TEXTS, TEXTS),
    holder=st.none() | HOLDERS,
    ticket=st.none() | TEXTS,
    kept=NUMBERS,
    progress=st.none() | st.dictionaries(TEXTS, NUMBERS, max_size=3),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def sent(form: dict[str, object]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(json.dumps(form))


@given(made=ASSIGNMENTS)
def test_an_assignment_comes_back_as_it_was_sent(made: Assignment) -> None:
    assert assignment(sent(assignment_form(made))) == made


@given(made=OUTCOMES)
def test_an_outcome_comes_back_as_it_was_sent(made: Outcome) -> None:
    assert outcome(sent(outcome_form(made))) == made


def refused(read: Callable[[object], object], form: object) -> str:
    try:
        read(form)
    except ValueError as error:
        return str(error)
    return ""


@given(name=st.sampled_from(Assignment._fields), value=ANYTHING)
def test_an_assignment_with_something_odd_in_it_is_read_or_refused(
    name: str, value: object
) -> None:
    form = assignment_form(ASSIGNMENT) | {name: value}
    assert refused(assignment, form) or sent(assignment_form(assignment(form)))[name] == value


@given(name=st.sampled_from(Outcome._fields), value=ANYTHING)
def test_an_outcome_with_something_odd_in_it_is_read_or_refused(name: str, value: object) -> None:
    form = outcome_form(OUTCOME) | {name: value}
    assert refused(outcome, form) or sent(outcome_form(outcome(form)))[name] == value


def test_unknown_fields_are_ignored() -> None:
    assert outcome(outcome_form(OUTCOME) | {"later": {}}) == OUTCOME
    assert assignment(assignment_form(ASSIGNMENT) | {"later": {}}) == ASSIGNMENT


DEEP: list[object] = []
for _ in range(900):
    DEEP = [DEEP]

NUMBER = f"must be an integer from 0 to {NUMBER_MAX}"
TEXT = f"must be a text of at most {TEXT_LENGTH_MAX} characters"
OVER = f"'over' must be a list of at most {OVER_MAX} holders"
THREE = "a holder must be a generation, a host and a boot"
KIND = "must be a text or an integer"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"uuid": None}, f"'uuid' {TEXT}"),
        ({"uuid": "x" * (TEXT_LENGTH_MAX + 1)}, f"'uuid' {TEXT}"),
        ({"uuid": "a\0"}, f"'uuid' {TEXT}"),
        ({"generation": -1}, f"'generation' {NUMBER}"),
        ({"generation": NUMBER_MAX + 1}, f"'generation' {NUMBER}"),
        ({"order": True}, f"'order' {NUMBER}"),
        ({"order": 1.0}, f"'order' {NUMBER}"),
        ({"state": 2}, "'state' cannot be '2'"),
        ({"state": "running"}, "'state' cannot be 'running'"),
        ({"state": "x" * 50}, f"'state' cannot be '{'x' * 40}'"),
        ({"state": True}, f"'state' {KIND}"),
        ({"state": 1.0}, f"'state' {KIND}"),
        ({"state": None}, f"'state' {KIND}"),
        ({"state": DEEP}, f"'state' {KIND}"),
        ({"claimed": 1}, "'claimed' must be true or false"),
        ({"gone": None}, "'gone' must be true or false"),
        ({"failure": "no"}, "a failure must be an object"),
        ({"failure": {"code": "c"}}, f"'message' {TEXT}"),
        ({"holder": [1, "h"]}, THREE),
        ({"holder": {}}, THREE),
        ({"holder": ["1", "h", 1]}, f"'generation' {NUMBER}"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_with_what_is_wrong(
    changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("(", r"\(")):
        outcome(outcome_form(OUTCOME) | changed)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"over": None}, OVER),
        ({"over": [list(HOLDER)] * (OVER_MAX + 1)}, OVER),
        ({"over": [[1]]}, THREE),
        ({"disk": "make"}, "'disk' cannot be 'make'"),
        ({"wanted": "on"}, "'wanted' cannot be 'on'"),
        ({"reboot": "warm"}, "'reboot' cannot be 'warm'"),
        ({"image": []}, "an image must be an object"),
        ({"image": {"id": "i"}}, f"'digest' {TEXT}"),
        ({"vcpus": "1"}, f"'vcpus' {NUMBER}"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused_with_what_is_wrong(
    changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match="^" + reason):
        assignment(assignment_form(ASSIGNMENT) | changed)


@pytest.mark.parametrize("form", [None, [], "x", 1])
def test_what_is_no_object_is_neither(form: object) -> None:
    with pytest.raises(ValueError, match=r"^an assignment must be an object"):
        assignment(form)
    with pytest.raises(ValueError, match=r"^an outcome must be an object"):
        outcome(form)


def test_a_missing_field_is_named() -> None:
    for name in Assignment._fields:
        form = assignment_form(ASSIGNMENT)
        del form[name]
        # None is none, or what an older server knows.
        if name in ("reboot", "image", "quiet_ms", "to", "incoming"):
            assert not getattr(assignment(form), name)
            continue
        with pytest.raises(ValueError, match=f"^'{name}' must"):
            assignment(form)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"to": 1}, "'to' must be an object"),
        ({"to": {"holder": 1}}, "a holder must be a generation, a host and a boot"),
        ({"to": {"holder": [1, "h", 1], "address": 1}}, "'address' must be a text"),
        ({"incoming": 1}, "'incoming' must be an object"),
        ({"incoming": {"wanted": "x"}}, "'wanted' cannot be 'x'"),
        ({"incoming": {"wanted": "paused"}}, "'withdrawn' must be true or false"),
    ],
)
def test_what_is_not_sent_or_awaited_in_words_is_refused(
    form: dict[str, object], sentence: str
) -> None:
    assert refused(assignment, assignment_form(ASSIGNMENT) | form).startswith(sentence)


def test_only_so_much_is_told_of_how_far_it_is() -> None:
    much = {str(number): number for number in range(PROGRESS_MAX + 1)}
    assert refused(outcome, outcome_form(OUTCOME) | {"progress": much}) == (
        f"'progress' must have at most {PROGRESS_MAX} numbers"
    )


def test_a_long_sentence_is_cut_by_who_sends_it() -> None:
    long = OUTCOME._replace(failure=Failure("c", "x" * (TEXT_LENGTH_MAX + 1)))
    read = outcome(outcome_form(long))
    assert read.failure == Failure("c", "x" * TEXT_LENGTH_MAX)


HAD = Had("u", 2, 1, 7, PowerState.PAUSED, True)


BOTH = st.booleans(), st.booleans()


@given(st.builds(Had, TEXTS, NUMBERS, NUMBERS, NUMBERS, st.sampled_from(PowerState), *BOTH))
def test_what_a_host_has_comes_back_as_it_was_sent(made: Had) -> None:
    assert had(json.loads(json.dumps(had_form(made)))) == made


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({}, "must be a list of 7"),
        (had_form(HAD)[:6], "must be a list of 7"),
        (["u", -1, 1, 7, 3, True, False], "'generation' must be an integer"),
        (["u", 2, 1, 7, 9, True, False], "'state' cannot be"),
        (["u", 2, 1, 7, 3, 1, False], "'claimed' must be true or false"),
        (["u", 2, 1, 7, 3, True, 0], "'incoming' must be true or false"),
    ],
)
def test_what_no_host_can_have_is_refused(form: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        had(form)
