"""Lists, narrowed by what the query asks for."""

from collections.abc import Iterable, Sequence

from hostdown.api.identity import documents
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.documents import Document
from hostdown.domain.identity_errors import NoSuch

_FALSE = frozenset({"0", "f", "false", "off", "n", "no"})
"""Everything else in a query is true, a blank too, as in Keystone."""


def asked(call: Call, name: str) -> bool | None:
    """A parameter that is on or off; None if it is not there."""
    values = call.query.get(name)
    return None if values is None else values[-1].strip().lower() not in _FALSE


def listed(call: Call, key: str, rows: Iterable[Document], filters: Sequence[str]) -> Reply:
    """All rows, on one page, whose fields are as the query says; other parameters are ignored."""
    wanted = {name: call.query[name][-1] for name in filters if name in call.query}
    shown = [row for row in rows if all(_is(row, *pair) for pair in wanted.items())]
    return 200, documents.collection(key, shown, call.self_link)


def _is(row: Document, name: str, text: str) -> bool:
    value = row.get(name)
    if isinstance(value, bool):
        return value == (text.strip().lower() not in _FALSE)
    return value == text


def one(key: str, rows: Iterable[Document], wanted: str) -> Reply:
    """The row with this id; raises NoSuch."""
    for row in rows:
        if row["id"] == wanted:
            return 200, {key: row}
    raise NoSuch(kind=key, what=wanted[:64])
