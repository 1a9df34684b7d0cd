"""Is this token of Keystone good? Answered from memory, or by Keystone if not seen lately.

A Keystone that hangs must not take the worker with it. Each question is asked in a thread of its
own, and whoever waits for the answer gives up after `Limits.answer_s`; only `Limits.places` wait at
a time, fewer than the worker has threads, so some are always left for tokens that are known. Once
Keystone has been silent, one question at a time finds out whether it answers again, and nobody else
waits for that. A question that was given up keeps no place: the one after it may reach a Keystone
that answers.
"""

import logging
import re
import threading
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable, TokenRefused
from hostdown.services.keystone_ports import Identity, Question, Validator, Verdict
from hostdown.services.remembered import Remembered

LOG = logging.getLogger(__name__)

GOOD_MAX = 4096
"""Good tokens that a worker remembers, some 1 kB each."""

REFUSED_MAX = 4096
"""Refused tokens that a worker remembers; apart, so that bad ones never push out good ones."""

REFUSED_S = 5.0
"""For so long a token that Keystone refused is not asked about again."""

PLACE_WAIT_S = 1.0
"""How long a question waits for others to end before it is asked itself. For so long, and only when
Keystone falls silent, every thread of a worker may be waiting."""

GIVEN_UP_MAX = 32
"""Questions that nobody waits for any longer and that have not ended; beyond it none is asked."""

TOKEN_CHARS_MAX = 8192
"""Longer tokens are refused unread; Keystone's are 180 to 2,000 characters long."""

RETRY_AFTER_S = 1
"""What an answer 503 says; a Keystone that is back is found out at the next question."""

_FORM = re.compile(rf"[!-~]{{1,{TOKEN_CHARS_MAX}}}")


class Limits(NamedTuple):
    """Seconds for which a good token is remembered (0 or less: not at all) and that Keystone has
    for an answer; questions that are waited for at a time."""

    remember_s: float
    answer_s: float
    places: int


class KeystoneChecks:
    """The checks of one worker process; safe to use from many threads."""

    def __init__(self, validator: Validator, limits: Limits) -> None:
        self._validator = validator
        self._limits = limits
        self._good: Remembered[Verdict] = Remembered(GOOD_MAX)
        self._refused: Remembered[Verdict] = Remembered(REFUSED_MAX)
        self._changed = threading.Condition()
        self._waited_for = 0
        self._open = 0
        self._silent = False
        self._trouble = ""

    def identity(self, question: Question, now: datetime, now_s: float) -> Identity:
        """Whom a good token belongs to. `now_s` is monotonic.

        Raises TokenRefused; KeystoneUnavailable if that is what it takes to know.
        """
        _check_form(question)
        known = self._known(question, now_s)
        if known is not None and known.expires_at is not None and known.expires_at <= now:
            raise TokenRefused
        verdict = known or self._ask(question, now_s)
        if verdict.identity is None:
            raise TokenRefused
        return verdict.identity

    def _known(self, question: Question, now_s: float) -> Verdict | None:
        if question.service_token is not None:
            return None
        token = question.token
        return self._good.get(token, now_s) or self._refused.get(token, now_s)

    def _remember(self, question: Question, verdict: Verdict, asked_s: float) -> None:
        """From the moment of asking on: what Keystone revokes later is good no longer than said."""
        if not verdict.lasting or self._limits.remember_s <= 0:
            return
        if verdict.identity is None:
            until_s = asked_s + min(REFUSED_S, self._limits.remember_s)
            self._refused.put(question.token, verdict, until_s)
        else:
            self._good.put(question.token, verdict, asked_s + self._limits.remember_s)

    # ---------------------------------------------------------------------------- asking Keystone

    def _ask(self, question: Question, now_s: float) -> Verdict:
        self._take_place()
        answer: Future[Verdict] = Future()
        threading.Thread(
            target=self._carry, args=(question, answer, now_s), name="keystone", daemon=True
        ).start()
        try:
            return answer.result(self._limits.answer_s)
        except TimeoutError as error:
            answer.cancel()
            self._fell_silent(f"no answer within {self._limits.answer_s:g} s")
            raise KeystoneSilent(retry_after_s=RETRY_AFTER_S) from error
        finally:
            with self._changed:
                self._waited_for -= 1
                self._changed.notify_all()

    def _carry(self, question: Question, answer: Future[Verdict], asked_s: float) -> None:
        """Ask, also if nobody waits any longer: the next one with this token is glad to know."""
        try:
            verdict = self._known(question, asked_s) or self._validator.verdict(question)
            self._remember(question, verdict, asked_s)
            self._answered("")
            if answer.set_running_or_notify_cancel():
                answer.set_result(verdict)
        except KeystoneSilent as error:
            # Who gave up has told of the silence; since then others may have been answered.
            if answer.set_running_or_notify_cancel():
                self._fell_silent(str(error.facts.get("reason", "")))
                answer.set_exception(KeystoneSilent(retry_after_s=RETRY_AFTER_S))
        except KeystoneUnavailable as error:
            self._answered(str(error.facts.get("reason", "")))
            _refuse(answer)
        except BaseException:
            _refuse(answer)
            raise
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def _take_place(self) -> None:
        """Raises KeystoneSilent where waiting is in vain."""
        with self._changed:
            was_silent = self._silent
            self._changed.wait_for(lambda: self._silent or self._has_place(), PLACE_WAIT_S)
            is_silent = self._silent
            if is_silent == was_silent and self._has_place():
                self._waited_for += 1
                self._open += 1
                return
        if not is_silent:
            self._fell_silent(f"{self._limits.places} tokens wait for it")
        raise KeystoneSilent(retry_after_s=RETRY_AFTER_S)

    def _has_place(self) -> bool:
        places = 1 if self._silent else self._limits.places
        return self._waited_for < places and self._open < self._limits.places + GIVEN_UP_MAX

    def _fell_silent(self, reason: str) -> None:
        self._tell(f"Keystone does not answer ({reason}); only tokens seen lately are good now")
        with self._changed:
            self._silent = True
            self._changed.notify_all()

    def _answered(self, reason: str) -> None:
        self._tell(f"Keystone cannot say whether tokens are good: {reason}" if reason else "")
        if self._silent:
            with self._changed:
                self._silent = False
                self._changed.notify_all()

    def _tell(self, trouble: str) -> None:
        """One line when it begins, changes and ends."""
        before, self._trouble = self._trouble, trouble
        if trouble and trouble != before:
            LOG.error("%s", trouble)
        elif before and not trouble:
            LOG.warning("Keystone answers again")


def _check_form(question: Question) -> None:
    """Raises TokenRefused for what cannot be a token and need not travel."""
    for token in (question.token, question.service_token):
        if token is not None and _FORM.fullmatch(token) is None:
            raise TokenRefused


def _refuse(answer: Future[Verdict]) -> None:
    """Let whoever still waits know that there is no answer."""
    if answer.set_running_or_notify_cancel():
        answer.set_exception(KeystoneUnavailable(retry_after_s=RETRY_AFTER_S))
