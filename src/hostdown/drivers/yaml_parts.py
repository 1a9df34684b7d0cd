"""Reads a YAML file key by key, and says of everything that is wrong in which line it stands.

Only mappings, lists and plain values: what the file says is what it means, and a key that nobody
asked for is an error, for it would have meant something to whoever wrote it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from hostdown.domain.errors import HostdownError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where that was built
Unusable = type[HostdownError]
"""The error for a kind of file, of a `path` and a `reason`."""

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


class Part:
    """One mapping of the file; `what` names it in errors."""

    def __init__(self, path: Path, node: Node, what: str, error: Unusable) -> None:
        self.path = path
        self._error = error
        self.what = what
        self._node = node
        self._asked: set[str] = set()
        self._values: dict[str, Node] = {}
        if not isinstance(node, MappingNode):
            self.refuse(f"{what} must be lines of the form 'key: value'")
        for key, value in node.value:
            if key.value in self._values:
                self.refuse(f"'{key.value}' is there twice", key)
            self._values[str(key.value)] = value

    @property
    def line(self) -> int:
        """Where it begins, counted from 1."""
        return int(self._node.start_mark.line) + 1

    def refuse(self, reason: str, at: Node | str | None = None) -> NoReturn:
        """Raises the error for a node, for the value of a key, or for the whole part."""
        node = self._values.get(at) if isinstance(at, str) else at
        line = (node or self._node).start_mark.line + 1
        raise self._error(path=self.path, reason=f"line {line}: {reason}")

    def has(self, key: str) -> bool:
        """Whether it is there, whatever it says."""
        return key in self._values

    def optional(self, key: str) -> str | None:
        """A plain value as it is written; None if the key is not there."""
        node = self._take(key)
        return None if node is None else self._plain(node, key)

    def text(self, key: str) -> str:
        """The same of a key that must be there."""
        found = self.optional(key)
        if found is None:
            self.refuse(f"{self.what} needs '{key}'")
        return found

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Within bounds, these included."""
        text = self.optional(key)
        if text is None:
            return default
        try:
            found = float(text)
        except ValueError:
            found = low - 1
        if not low <= found <= high:
            self.refuse(f"'{key}' must be a number from {low:g} to {high:g}", key)
        return found

    def truth(self, key: str, default: bool) -> bool:
        """True or false."""
        text = self.optional(key)
        if text is None:
            return default
        if text.lower() not in _TRUTHS:
            self.refuse(f"'{key}' must be true or false", key)
        return _TRUTHS[text.lower()]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of plain values, or one; empty if the key is not there."""
        node = self._take(key)
        if node is None:
            return ()
        nodes = node.value if isinstance(node, SequenceNode) else [node]
        if not nodes:
            self.refuse(f"'{key}' is empty", node)
        return tuple(self._plain(each, key) for each in nodes)

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping of plain values; empty if the key is not there."""
        node = self._take(key)
        if node is None:
            return {}
        inner = Part(self.path, node, f"'{key}'", self._error)
        return {name: inner.text(name) for name in inner._values}

    def parts(self, key: str, what: str, most: int, least: int = 1) -> list["Part"]:
        """A list of mappings that must be there, so many of them."""
        node = self._take(key)
        if not isinstance(node, SequenceNode) or len(node.value) < least:
            self.refuse(f"{self.what} needs '{key}', a list with a '-' before each {what}", node)
        if len(node.value) > most:
            self.refuse(f"'{key}' has {len(node.value)} entries, more than {most}", node)
        return [Part(self.path, each, what, self._error) for each in node.value]

    def end(self) -> None:
        """Raises the error for a key that nobody asked for."""
        for key, node in self._values.items():
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.refuse(f"{self.what} has no '{key}'; there is {known}", node)

    def _take(self, key: str) -> Node | None:
        self._asked.add(key)
        return self._values.get(key)

    def _plain(self, node: Node, key: str) -> str:
        if not isinstance(node, ScalarNode) or node.tag == "tag:yaml.org,2002:null":
            self.refuse(f"'{key}' needs a value", node)
        text = str(node.value)
        if not text.strip() or not text.isprintable():
            self.refuse(f"'{key}' is empty or more than one line", node)
        return text


def read(path: Path, bytes_max: int, error: Unusable, needs: str) -> Part:
    """The file's outermost mapping, which `needs` a key; raises `error`."""
    return parsed(path, content(path, bytes_max, error), error, needs)


def content(path: Path, bytes_max: int, error: Unusable) -> bytes:
    """What the file holds, if nobody but its owner may change it; raises `error`."""
    with _refusing(path, error), open(path, "rb", opener=_opened) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise error(path=path, reason="it is not a file")
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            reason = f"others than its owner may change it; 'chmod go-w {path}' mends that"
            raise error(path=path, reason=reason)
        raw = file.read(bytes_max + 1)
    if len(raw) > bytes_max:
        raise error(path=path, reason=f"it is longer than {bytes_max} bytes")
    return raw


def _opened(path: str, flags: int) -> int:
    """Without waiting for anybody to write into it, if it is a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def parsed(path: Path, raw: bytes, error: Unusable, needs: str) -> Part:
    """The outermost mapping of a content, which `needs` a key; raises `error`."""
    with _refusing(path, error):
        node = yaml.compose(raw, _LOADER)
    if node is None:
        raise error(path=path, reason=f"it is empty; it needs '{needs}:'")
    return Part(path, node, "the file", error)


@contextmanager
def _refusing(path: Path, unusable: Unusable) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise unusable(path=path, reason=reason) from error
    except RecursionError as error:
        raise unusable(path=path, reason="it is nested too deep") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise unusable(path=path, reason=f"{where}it is not YAML: {problem}") from error
