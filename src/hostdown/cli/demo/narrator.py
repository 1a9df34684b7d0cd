"""Tells the story on a terminal or in a log, and counts what held."""

import textwrap
from typing import TextIO

WIDTH = 96


class Narrator:
    """Prints steps, commands, their output and expectations, each at once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._step = 0
        self.held = 0
        self.failed: list[str] = []

    def step(self, sentence: str) -> None:
        """A new step: what is about to happen."""
        self._step += 1
        self._print(f"\n{textwrap.fill(f'{self._step}. {sentence}', WIDTH)}")

    def say(self, sentence: str) -> None:
        """Something to know."""
        self._print(textwrap.fill(sentence, WIDTH, initial_indent="   ", subsequent_indent="   "))

    def command(self, line: str) -> None:
        """A command that is run now, as one would type it."""
        self._print(f"\n   $ {line}")

    def output(self, text: str) -> None:
        """What the command printed, if anything."""
        if text.strip():
            self._print(textwrap.indent(text.strip("\r\n").replace("\r", ""), "     "))

    def expect(self, sentence: str, held: bool) -> None:
        """Something that must be so; `sentence` says what was expected."""
        if held:
            self.held += 1
        else:
            self.failed.append(sentence)
        self._print(
            textwrap.fill(
                sentence,
                WIDTH,
                initial_indent="   [ok] " if held else "   [NO] ",
                subsequent_indent="        ",
            )
        )

    def _print(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()
