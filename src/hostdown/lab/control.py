"""How the commands talk to the keeper: one JSON line there and one back, over a Unix socket.

The socket lies in the state directory, which only root may enter. Its path is spelled through an
open directory, because a socket's path may have 107 bytes and a state directory's more.
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import Any

from hostdown.domain.errors import HostdownError
from hostdown.lab.errors import LabError

LINE_BYTES_MAX = 65_536
"""Of a request to the keeper of a lab, and of its answer."""
ORDER_TIMEOUT_S = 40.0
"""What a command waits for the keeper: longer than a host takes to die and to boot."""

_NAME = "keeper.sock"

Do = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def ask(directory: Path, order: str, **facts: object) -> Mapping[str, Any]:
    """What the keeper answers; raises LabError, KeeperAway if there is none."""
    with _spelled(directory) as path, socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ORDER_TIMEOUT_S)
        try:
            line.connect(path)
        except OSError as error:
            raise KeeperAway(
                f"The keeper of the lab in {directory} is not running; 'hostdown lab up' starts it."
            ) from error
        try:
            line.sendall(json.dumps({"do": order, **facts}).encode() + b"\n")
            with line.makefile("rb") as file:
                answer = json.loads(file.readline(LINE_BYTES_MAX))
        except (OSError, ValueError) as error:
            raise LabError(f"The keeper of the lab does not answer: {error}.") from error
    if "error" in answer:
        raise LabError(answer["error"])
    found: Mapping[str, Any] = answer
    return found


class KeeperAway(LabError):
    """Nobody listens on the socket."""

    code = "keeper-away"


class ControlServer(ThreadingUnixStreamServer):
    """Hands each order to `do`; what that raises becomes the answer's `error`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, directory: Path, do: Do) -> None:
        self.do = do
        with contextlib.suppress(FileNotFoundError):
            (directory / _NAME).unlink()
        with _spelled(directory) as path:
            super().__init__(path, _Handler)


class _Handler(StreamRequestHandler):
    server: ControlServer
    timeout = ORDER_TIMEOUT_S

    def handle(self) -> None:
        try:
            answer = self.server.do(json.loads(self.rfile.readline(LINE_BYTES_MAX)))
        except HostdownError as error:
            answer = {"error": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            answer = {"error": f"The order is not understood: {error!r}."}
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(answer).encode() + b"\n")


@contextlib.contextmanager
def _spelled(directory: Path) -> Iterator[str]:
    try:
        descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KeeperAway(f"There is no lab in {directory}.") from error
    try:
        yield f"/proc/self/fd/{descriptor}/{_NAME}"
    finally:
        os.close(descriptor)
