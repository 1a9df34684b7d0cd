"""A program that is kept answers one question after another, and is replaced when it cannot."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.bounded_program import Call
from hostdown.drivers.fencing.kept_program import KeptProgram

ECHO = """
import os, sys, time
for line in sys.stdin:
    word = line.strip()
    if word == "end": sys.exit(0)
    if word == "fail": sys.exit("it broke")
    if word == "hang": time.sleep(60)
    if word == "last": print(os.getpid(), flush=True); sys.exit(0)
    print(os.getpid(), word, flush=True)
"""


@pytest.fixture
def kept() -> KeptProgram:
    return KeptProgram()


def call(word: str, timeout_s: float = 10.0) -> Call:
    return Call("a device", (sys.executable, "-I", "-c", ECHO), timeout_s, f"{word}\n".encode())


def pid(kept: KeptProgram, word: str = "one") -> int:
    done = kept.ask(call(word))
    assert done.status == 0
    return int(done.out.split()[0])


def is_there(number: int) -> bool:
    return Path(f"/proc/{number}").exists()


def test_one_process_answers_all_that_a_thread_asks(kept: KeptProgram) -> None:
    first = pid(kept)
    assert kept.ask(call("two")).out == f"{first} two\n".encode()
    assert first != os.getpid()


def test_each_thread_has_its_own_which_ends_with_it(kept: KeptProgram) -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(pid(kept)))
    mine = pid(kept)
    thread.start()
    thread.join()
    assert found != [mine]
    assert not is_there(found[0])
    assert is_there(mine)


ASKER = f"""
import sys, threading
from hostdown.drivers.fencing.bounded_program import Call
from hostdown.drivers.fencing.kept_program import KeptProgram
KEPT = KeptProgram()
call = Call("a device", (sys.executable, "-I", "-c", {ECHO!r}), 10.0, b"one" + bytes([10]))
told = threading.Event()
def ask():
    print(KEPT.ask(call).out.decode())
    told.set()
    threading.Event().wait()
threading.Thread(target=ask, daemon=True).start()
told.wait()
"""


def test_it_ends_in_silence_with_an_interpreter_whose_threads_go_on() -> None:
    """What threads have goes last, when little works any more."""
    words = [sys.executable, "-X", "dev", "-c", ASKER]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert not is_there(int(done.stdout.split()[0]))
    assert done.stderr == ""


def test_one_that_ended_meanwhile_is_begun_anew(kept: KeptProgram) -> None:
    first = pid(kept, "last")
    again = pid(kept)
    assert again != first
    assert pid(kept) == again


def test_one_that_does_not_answer_in_time_is_killed_and_the_next_call_begins_anew(
    kept: KeptProgram,
) -> None:
    first = pid(kept)
    with pytest.raises(FenceFailed, match="did not answer in time"):
        kept.ask(call("hang", 0.5))
    assert not is_there(first)
    assert pid(kept) != first


def test_one_that_breaks_down_is_not_asked_again_by_itself(kept: KeptProgram) -> None:
    pid(kept)
    done = kept.ask(call("fail"))
    assert (done.status, done.out) == (1, b"")
    assert b"it broke" in done.err


def test_one_that_ends_without_a_word_each_time_is_asked_twice_at_most(kept: KeptProgram) -> None:
    pid(kept)
    done = kept.ask(call("end"))
    assert (done.status, done.out) == (0, b"")


def test_another_program_takes_the_place_of_the_one_before(kept: KeptProgram) -> None:
    first = pid(kept)
    other = Call("a device", ("/bin/sh", "-c", "read line; echo $line"), 10.0, b"hello\n")
    assert kept.ask(other).out == b"hello\n"
    assert not is_there(first)
