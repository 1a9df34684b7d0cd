"""One operation of the Identity API: a row of its route table."""

from collections.abc import Callable
from typing import NamedTuple

from hostdown.api.described import NO_TOKEN, TOKEN, Described, Schema, in_path, record
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.errors import STATUS

Handler = Callable[[Call], Reply]

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
FAULT = record({"error": record({"code": {"type": "integer"}, "title": TEXT, "message": TEXT})})


class Route(NamedTuple):
    """A method, a path below /identity, and who answers. HEAD goes where GET goes.

    The rest is for documents; an operation that is always refused succeeds with 403.
    """

    method: str
    path: str
    handler: Handler
    answer: Schema | None = None
    success: int = 200
    body: Schema | None = None
    token: bool = True

    def described(self) -> Described:
        """What `/openapi.json` tells."""
        statuses = {*STATUS.values(), 500} - {405}
        return Described(
            self.method,
            self.path,
            self.success,
            self.answer,
            self.body,
            tuple(in_path(p[1:-1], TEXT) for p in self.path.split("/") if p.startswith("{")),
            dict.fromkeys(sorted(statuses), FAULT),
            TOKEN if self.token else NO_TOKEN,
        )


def one(key: str) -> Schema:
    """An answer with one thing."""
    return record({key: OBJECT})


def listing(key: str) -> Schema:
    """An answer with all things of a kind."""
    return record({key: {"type": "array", "items": OBJECT}, "links": OBJECT})
