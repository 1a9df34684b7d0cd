"""A program that answers one line after another, kept from one call to the next.

Where a program's libraries take longer to load than a device takes to answer, and fifty hosts fail
at once, their loading would be most of the way to Off.
"""

import threading
import weakref

from hostdown.drivers.fencing.bounded_program import Call, Ended, Program


class KeptProgram:
    """For each thread that asks there is one process, which ends with the thread, or by itself.

    It must read lines on its standard input, answer each with a line, and end with status 0 if it
    is asked nothing for long. One that does not answer in time is killed, as by `run`.
    """

    def __init__(self) -> None:
        self._mine = threading.local()

    def ask(self, call: Call) -> Ended:
        """One line's answer; raises FenceFailed. A status other than 0: it ended without one."""
        kept: _Kept | None = getattr(self._mine, "kept", None)
        if kept is not None and kept.words == call.words:
            answer = self._asked(kept, call)
            if answer.out or answer.status:
                return answer
        # It had ended before it read anything.
        return self._asked(_Kept(call), call)

    def _asked(self, kept: "_Kept", call: Call) -> Ended:
        self._mine.kept = None
        out, err = kept.program.told(call, to_its_end=False)
        if out.endswith(b"\n"):
            self._mine.kept = kept
            return Ended(0, out, err)
        kept.program.end()
        return Ended(kept.program.status, b"", err)


class _Kept:
    def __init__(self, call: Call) -> None:
        self.words = call.words
        self.program = Program(call)
        # Not `__del__`, by which an interpreter that ends would call it when little works any more.
        weakref.finalize(self, self.program.end)
