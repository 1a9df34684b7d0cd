"""Regular expressions that clients send: matched in time linear in the text, whatever they are.

Python's own engine goes back and tries again: `(a+)+$` against forty letters and a digit would keep
a worker busy for days. RE2 reads a text once, and gives up a pattern that needs too much memory
when it is compiled, not when it runs. It knows no backreferences and no looking around.
"""

from collections.abc import Callable

import re2

from hostdown.domain.errors import HostdownError

PATTERN_CHARS_MAX = 255
"""Characters of a pattern; every name that one could match is as short."""

PATTERN_MEMORY_BYTES_MAX = 128 * 1024
"""Of one compiled pattern; the library keeps the last 128 of them."""

_OPTIONS = re2.Options()
_OPTIONS.max_mem = PATTERN_MEMORY_BYTES_MAX
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True


class PatternInvalid(HostdownError):
    """A text that is no regular expression, or too large a one."""

    template = "{pattern!r} is not a 'regex'"
    code = "pattern-invalid"


def containing(pattern: str) -> Callable[[str], bool]:
    """Does a text contain what the pattern describes? Anchors are the pattern's own business.

    Raises PatternInvalid.
    """
    if len(pattern) > PATTERN_CHARS_MAX:
        raise PatternInvalid(pattern=pattern)
    try:
        search = re2.compile(pattern, _OPTIONS).search
    except (re2.error, UnicodeEncodeError) as error:
        raise PatternInvalid(pattern=pattern) from error
    return lambda text: search(text) is not None
