"""One operation of the Compute API: a row of the route table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.types import Schema

Handler = Callable[[Call], object]
"""Returns what becomes the JSON body; None means no body."""


class Located(NamedTuple):
    """What a handler returns whose answer says, in a header, where the new thing is."""

    body: object
    location: str


@dataclass(frozen=True)
class Answer:
    """The body of a success: under `key` a record with these fields, or a list of them if `many`.

    Without fields it is an object of which nothing more is told.

    `beside`: further keys that may stand beside it, such as `flavors_links`. `always`: the fields
    that no record lacks; all of them if None.
    """

    key: str
    fields: Sequence[Field[Any, Any]]
    many: bool = False
    beside: tuple[str, ...] = ()
    always: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Route:
    """One operation. `{name}` in the path stands for one segment; `rule` says who may.

    `more_rules` are asked as well: of requests that want more than others, or about parts of the
    answer.

    `action`: the only key of the body of a `POST …/action`, and what tells the operations of such a
    path apart; `body` and the handler's `call.body` are then what stands under it. `nullable`: null
    may stand there, for nothing.

    `whole_body`: JSON Schema of a body that is no object of known parameters; `whole_answer`: of an
    answer that is no record under a key.

    What follows `query` is for documents: `names` says what may stand for the placeholders (text
    where it has no row), `faults` lists statuses beyond those that any operation may answer with,
    and `note` tells in sentences what no table does.
    """

    method: str
    path: str
    handler: Handler
    rule: str | None
    since: Version = MINIMUM
    until: Version = MAXIMUM
    action: str | None = None
    success: int = 200
    body: Sequence[Param] | None = None
    whole_body: Schema | None = None
    query: Query | None = None
    answer: Answer | None = None
    whole_answer: Schema | None = None
    names: Sequence[Param] = ()
    faults: tuple[int, ...] = ()
    note: str = ""
    more_rules: tuple[str, ...] = ()
    nullable: bool = False
