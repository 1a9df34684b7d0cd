"""One operation of the Compute API: a row of the route table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version

Handler = Callable[[Call], object]
"""Returns what becomes the JSON body; None means no body."""


@dataclass(frozen=True)
class Answer:
    """The body of a success: under `key` a record with these fields, or a list of them if `many`.

    `beside`: further keys that may stand beside it, such as `flavors_links`.
    """

    key: str
    fields: Sequence[Field[Any, Any]]
    many: bool = False
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """One operation. `{name}` in the path stands for one segment; `answer` is for documents."""

    method: str
    path: str
    handler: Handler
    rule: str | None
    since: Version = MINIMUM
    until: Version = MAXIMUM
    success: int = 200
    body: Sequence[Param] | None = None
    query: Query | None = None
    answer: Answer | None = None
