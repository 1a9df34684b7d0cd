"""Assignments and outcomes as JSON has them, both ways: the one place where their keys are named.

Whoever reads a form raises ValueError with what is wrong with it, and believes nothing else in it.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

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

Form = Mapping[str, object]
E = TypeVar("E", bound=Enum)

NUMBER_MAX = 2**63 - 1
"""What a database holds."""
TEXT_LENGTH_MAX = 2_000
"""Characters of a sentence; longer ones are cut by who sends them."""
OVER_MAX = 100
"""Holders that a permit may be over."""
HAD_MAX = 1_000
"""Permits that a host says it has."""
OUTCOMES_MAX = 100
"""Outcomes in one message of an agent; with sentences as long as they may be they do not fit into
one, and who sends them sends fewer."""
PROGRESS_MAX = 16
"""Numbers that tell how far a guest is sent."""


def assignment_form(of: Assignment) -> dict[str, object]:
    """An assignment, to be sent."""
    return {
        **of._asdict(),
        "over": [list(holder) for holder in of.over],
        "image": None if of.image is None else of.image._asdict(),
        "to": None if of.to is None else {**of.to._asdict(), "holder": list(of.to.holder)},
        "incoming": None if of.incoming is None else of.incoming._asdict(),
    }


def assignment(form: object) -> Assignment:
    """The assignment that was sent."""
    fields = _object(form, "an assignment")
    image = fields.get("image")
    return Assignment(
        uuid=_text(fields, "uuid"),
        name=_text(fields, "name"),
        generation=_number(fields, "generation"),
        boot=_number(fields, "boot"),
        over=_holders(fields),
        disk=_word(fields, "disk", Disk),
        data_gen=_number(fields, "data_gen"),
        wanted=_word(fields, "wanted", Wanted),
        order=_number(fields, "order"),
        reboot=None if fields.get("reboot") is None else _word(fields, "reboot", Reboot),
        vcpus=_number(fields, "vcpus"),
        memory_mb=_number(fields, "memory_mb"),
        root_gb=_number(fields, "root_gb"),
        image=None if image is None else _image(image),
        network=_text(fields, "network"),
        mac=_text(fields, "mac"),
        quiet_ms=_number(fields, "quiet_ms") if "quiet_ms" in fields else 0,
        to=None if fields.get("to") is None else _target(fields["to"]),
        incoming=None if fields.get("incoming") is None else _incoming(fields["incoming"]),
    )


def _target(form: object) -> Target:
    fields = _object(form, "'to'")
    holder = _holder(fields.get("holder"))
    texts = _text(fields, "address"), _text(fields, "ticket")
    flags = _flag(fields, "hurry"), _flag(fields, "withdrawn")
    return Target(holder, *texts, *flags)


def _incoming(form: object) -> Incoming:
    fields = _object(form, "'incoming'")
    return Incoming(_word(fields, "wanted", Wanted), _flag(fields, "withdrawn"))


def _image(form: object) -> ImageSource:
    fields = _object(form, "an image")
    return ImageSource(
        _text(fields, "id"),
        _text(fields, "digest"),
        _number(fields, "size"),
        _text(fields, "format"),
    )


def outcome_form(of: Outcome) -> dict[str, object]:
    """An outcome, to be sent."""
    failure = of.failure
    if failure is not None:
        failure = failure._replace(message=failure.message[:TEXT_LENGTH_MAX])
    return {
        **of._asdict(),
        "state": int(of.state),
        "failure": None if failure is None else failure._asdict(),
        "holder": None if of.holder is None else list(of.holder),
        "progress": None if of.progress is None else dict(of.progress),
    }


def outcome(form: object) -> Outcome:
    """The outcome that was sent."""
    fields = _object(form, "an outcome")
    failure, holder = fields.get("failure"), fields.get("holder")
    progress = fields.get("progress")
    return Outcome(
        uuid=_text(fields, "uuid"),
        generation=_number(fields, "generation"),
        order=_number(fields, "order"),
        state=_word(fields, "state", PowerState),
        claimed=_flag(fields, "claimed"),
        gone=_flag(fields, "gone"),
        failure=None if failure is None else _failure(failure),
        holder=None if holder is None else _holder(holder),
        ticket=None if fields.get("ticket") is None else _text(fields, "ticket"),
        kept=_number(fields, "kept") if "kept" in fields else 0,
        progress=None if progress is None else _progress(progress),
        waits=None if fields.get("waits") is None else _text(fields, "waits"),
    )


def _progress(form: object) -> Mapping[str, int]:
    fields = _object(form, "'progress'")
    if len(fields) > PROGRESS_MAX:
        raise ValueError(f"'progress' must have at most {PROGRESS_MAX} numbers")
    return {name: _number(fields, name) for name in fields}


def had_form(of: Had) -> list[object]:
    """A permit that a host has, to be sent."""
    return [of.uuid, of.generation, of.boot, of.order, int(of.state), of.claimed, of.incoming]


def had(form: object) -> Had:
    """The permit that was sent."""
    if not isinstance(form, list) or len(form) != len(Had._fields):
        raise ValueError(f"what a host has must be a list of {len(Had._fields)}")
    fields = dict(zip(Had._fields, form, strict=True))
    return Had(
        uuid=_text(fields, "uuid"),
        generation=_number(fields, "generation"),
        boot=_number(fields, "boot"),
        order=_number(fields, "order"),
        state=_word(fields, "state", PowerState),
        claimed=_flag(fields, "claimed"),
        incoming=_flag(fields, "incoming"),
    )


def _failure(form: object) -> Failure:
    fields = _object(form, "a failure")
    return Failure(_text(fields, "code"), _text(fields, "message"))


def _holders(fields: Form) -> tuple[Holder, ...]:
    over = fields.get("over")
    if not isinstance(over, list) or len(over) > OVER_MAX:
        raise ValueError(f"'over' must be a list of at most {OVER_MAX} holders")
    return tuple(map(_holder, over))


def _holder(form: object) -> Holder:
    if not isinstance(form, list) or len(form) != 3:
        raise ValueError("a holder must be a generation, a host and a boot")
    fields = dict(zip(Holder._fields, form, strict=True))
    return Holder(_number(fields, "generation"), _text(fields, "host"), _number(fields, "boot"))


def _object(form: object, what: str) -> Form:
    if not isinstance(form, dict):
        raise ValueError(f"{what} must be an object")
    return form


def _text(fields: Form, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX or "\0" in value:
        raise ValueError(f"'{name}' must be a text of at most {TEXT_LENGTH_MAX} characters")
    return value


def _number(fields: Form, name: str) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value <= NUMBER_MAX:
        raise ValueError(f"'{name}' must be an integer from 0 to {NUMBER_MAX}")
    return value


def _flag(fields: Form, name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"'{name}' must be true or false")
    return value


def _word(fields: Form, name: str, word: type[E]) -> E:
    value = fields.get(name)
    # Python takes true and 1.0 for 1, and cannot show a list in a list in a list, and so on.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"'{name}' must be a text or an integer")
    try:
        return word(value)
    except ValueError as error:
        raise ValueError(f"'{name}' cannot be {str(value)[:40]!r}") from error
