"""Command lines as people have them: typed, or pasted from a manual."""

import argparse
import re
from collections.abc import Sequence
from typing import Any

from cliff._argparse import ArgumentParser

_DASHES = re.compile("^[\u2013\u2014]+(?=[^\\W\\d_])")


def with_hyphens(parser: argparse.ArgumentParser, argv: Sequence[str]) -> list[str]:
    """Options whose hyphens a word processor turned into a dash, as they were typed.

    The published manual of the force-down API prints `--unset` with an en dash; people copy it.
    Only words that are options of this parser change, and nothing after a `--`.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    return [_with_hyphens(parser, word) for word in argv[:end]] + list(argv[end:])


def _with_hyphens(parser: argparse.ArgumentParser, word: str) -> str:
    bare = _DASHES.sub("", word)
    if bare == word:
        return word
    known = parser._option_string_actions
    return next((h + bare for h in ("--", "-") if (h + bare).partition("=")[0] in known), word)


class Parser(ArgumentParser):
    """An argument parser that reads typographic dashes.

    The base is cliff's, which pages long help on a terminal.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - argparse's signature
        return super().parse_known_args(with_hyphens(self, args or []), namespace)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of descriptions and epilogs."""
