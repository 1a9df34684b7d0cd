"""What a row of the matrix is, and what rows are made with."""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from tests.api.world import World
from tests.policy.appendix_b import OWN, Target

Made = Callable[[World], str]

HOST = "host"
"""A host with a compute service that every world of the matrix has."""

_NUMBERS = count()


class Operation(NamedTuple):
    """`path` as the route table has it; `rule` says who may.

    `further` rules may refuse this request as well, in this order; `content_rules` only change what
    the answer holds. `target` is whose thing it is, of the callers' or of somebody else's.
    A route may have several rows: the plain request, one for a stranger's thing, and so on.

    `hidden`: callers of other projects, or of none, are told that it is not there, unless they are
    administrators.

    `made` puts into the world what the request needs and returns its path and query; it runs before
    each request, for one that was allowed has changed the world.
    """

    method: str
    path: str
    version: str
    rule: str | None
    made: Made
    body: object = None
    success: int = 200
    content_rules: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    target: Target = OWN
    hidden: bool = False
    kind: str = "application/json"
    """What the body is sent as."""
    words: str = ""
    """What is answered where the last of the further rules refuses, if it is not the usual."""

    def rules(self) -> set[str]:
        """All that are asked of a request that is allowed."""
        return {self.rule or "", *self.further, *self.content_rules} - {""}


def at(path: str) -> Made:
    """Nothing has to be there."""
    return lambda _: path


def new_name() -> str:
    """One that nothing in this process has."""
    return f"new{next(_NUMBERS)}"
