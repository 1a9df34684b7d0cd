"""Why a rule says yes or no: the parts of it that decided."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from oslo_policy._checks import AndCheck, BaseCheck, Check, NotCheck, OrCheck, RuleCheck

from hostdown.api.policy_book import Asked, Book
from hostdown.domain.model import Caller

OUT_OF_SCOPE = "the token is of a project, as every rule of the API wants it"


class Part(NamedTuple):
    """One part of a rule and what it says; `depth` is how far inside it stands."""

    depth: int
    text: str
    holds: bool
    note: str = ""


def reasons(book: Book, rule: str, caller: Caller, target: Mapping[str, object]) -> Iterator[Part]:
    """The rule's own answer first, then what decided it, and nothing that did not matter.

    Of an `or`, that is the first part that holds, or all if none does; of an `and`, the reverse.
    """
    yield Part(0, rule, book.allows(rule, caller, target))
    if book.is_in_scope(rule, caller):
        yield from _decisive(book, book.rules[rule].check, book.asked(caller, target), 1)
    else:
        yield Part(1, OUT_OF_SCOPE, False)


def _decisive(book: Book, check: BaseCheck, asked: Asked, depth: int) -> Iterator[Part]:
    holds = book.holds(check, asked)
    match check:
        case RuleCheck():
            yield Part(depth, str(check), holds)
            yield from _decisive(book, book.rules[check.match].check, asked, depth + 1)
        case NotCheck():
            yield Part(depth, "not", holds)
            yield from _decisive(book, check.rule, asked, depth + 1)
        case AndCheck() | OrCheck():
            enough = isinstance(check, OrCheck) == holds
            for part in check.rules:
                if not enough or book.holds(part, asked) == holds:
                    yield from _decisive(book, part, asked, depth)
                    if enough:
                        return
        case _:
            yield Part(depth, str(check), holds, _note(check, asked))


def _note(check: BaseCheck, asked: Asked) -> str:
    """Both sides of a comparison with the target."""
    if not isinstance(check, Check) or "%(" not in check.match:
        return ""
    try:
        wanted = check.match % asked.target
    except KeyError as missing:
        return f"a target has no {missing}"
    return f"the caller's is {asked.credentials.get(check.kind)}, the target's {wanted}"
