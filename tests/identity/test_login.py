"""Logging in and out, over several workers that share a directory and nothing else."""

from datetime import timedelta

import pytest
from tests.identity.people import BY, PASSWORD, ManualClock, Worker, add_project, change_user

from hostdown.domain.identity_errors import LoginRefused, LoginsBusy, TokenRefused, TooManyGuesses
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services import login
from hostdown.services.directory_ports import Directory
from hostdown.services.guesses import PER_KNOWN_PLACE, PER_USER
from hostdown.services.identity import rotate_key
from hostdown.services.login import Logins, Scope
from hostdown.services.looks import Looks


def test_a_right_password_buys_a_token_that_says_who_where_and_as_what(worker: Worker) -> None:
    issued = worker.log_in()
    claims = worker.checks.claims(issued.text, worker.clock.now())
    assert claims == issued.claims
    assert (claims.user_name, claims.project_name) == ("ann", "demo")
    assert claims.roles == ("member", "reader")
    assert claims.expires_at == worker.clock.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "password"),
    [("ann", "wrong horse"), ("bob", PASSWORD), ("", ""), ("ann", "x" * 1000), ("ann", "\0")],
)
def test_a_wrong_password_and_an_unknown_user_are_refused_alike(
    worker: Worker, name: str, password: str
) -> None:
    with pytest.raises(LoginRefused) as refused:
        worker.log_in(name, password)
    assert str(refused.value) == "The request you have made requires authentication."


def test_a_failed_log_in_is_logged_without_what_may_be_a_password(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    for name, password in (("ann", "wrong horse"), (PASSWORD, PASSWORD)):
        with pytest.raises(LoginRefused):
            worker.log_in(name, password)
    assert [record.getMessage() for record in caplog.records] == [
        "A log-in as 'ann' from 192.0.2.1 failed: login-refused",
        "A log-in as an unknown user from 192.0.2.1 failed: login-refused",
    ]


def test_an_unknown_user_costs_as_many_looks_at_a_hash_as_a_known_one(
    worker: Worker, directory: Directory
) -> None:
    counted = _Counting()
    logins = Logins(directory, worker.checks, Looks(counted), timedelta(hours=1))
    with pytest.raises(LoginRefused):
        logins.with_password("bob", "name", "?", login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0)
    before = counted.looks
    for name in ("ann", "bob"):
        with pytest.raises(LoginRefused):
            logins.with_password(
                name, "name", "wrong", login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0
            )
    assert counted.looks == before + 2


class _Counting(BcryptPasswords):
    def __init__(self) -> None:
        super().__init__(4)
        self.looks = 0

    def matches(self, password: str, password_hash: str) -> bool:
        self.looks += 1
        return super().matches(password, password_hash)


def test_a_right_password_is_looked_at_slowly_once(worker: Worker, directory: Directory) -> None:
    counted = _Counting()
    logins = Logins(directory, worker.checks, Looks(counted), timedelta(hours=1))
    for _ in range(5):
        logins.with_password(
            "ann", "name", PASSWORD, login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0
        )
    assert counted.looks == 1


def test_a_scope_is_a_project_by_id_by_name_or_none(worker: Worker) -> None:
    project_id = worker.log_in().claims.project_id
    by_id = worker.log_in(scope=Scope("project", project_id=project_id)).claims
    by_name = worker.log_in(scope=Scope("project", project_name="demo")).claims
    none = worker.log_in(scope=Scope("none")).claims
    assert by_id.project_id == by_name.project_id == project_id
    assert (none.project_id, none.project_name, none.roles) == (None, None, ())


@pytest.mark.parametrize(
    "scope", [Scope("project", project_name="other"), Scope("project", project_name="nowhere")]
)
def test_a_project_without_a_role_is_refused_like_one_that_is_not_there(
    worker: Worker, directory: Directory, scope: Scope
) -> None:
    add_project(directory, "other")
    with pytest.raises(LoginRefused):
        worker.log_in(scope=scope)


def test_a_token_ends_when_its_time_is_over(worker: Worker) -> None:
    issued = worker.log_in()
    worker.clock.forward(3599.9)
    worker.checks.claims(issued.text, worker.clock.now())
    worker.clock.forward(0.1)
    with pytest.raises(TokenRefused):
        worker.checks.claims(issued.text, worker.clock.now())


def test_a_token_exchanged_for_another_lives_no_longer(worker: Worker) -> None:
    first = worker.log_in(scope=Scope("none"))
    worker.clock.forward(1000)
    second = worker.logins.with_token(first.text, login.DEFAULT_SCOPE, worker.clock.now())
    assert second.claims.expires_at == first.claims.expires_at
    assert second.claims.parent_id == first.claims.token_id
    assert second.claims.project_name == "demo"


def test_logging_out_counts_here_at_once_and_elsewhere_after_a_refresh(
    worker: Worker, directory: Directory, clock: ManualClock
) -> None:
    other = Worker(directory, clock)
    gone, kept = worker.log_in(), worker.log_in()
    other.checks.claims(gone.text, clock.now())
    worker.logins.log_out(gone.claims, clock.now())
    with pytest.raises(TokenRefused):
        worker.checks.claims(gone.text, clock.now())
    other.checks.refresh(clock.now())
    with pytest.raises(TokenRefused):
        other.checks.claims(gone.text, clock.now())
    worker.checks.claims(kept.text, clock.now())
    other.checks.claims(kept.text, clock.now())


def test_a_worker_whose_refreshes_stopped_looks_for_itself(
    worker: Worker, directory: Directory, clock: ManualClock
) -> None:
    other = Worker(directory, clock)
    issued = worker.log_in()
    other.checks.claims(issued.text, clock.now())
    worker.logins.log_out(issued.claims, clock.now())
    clock.forward(5.1)
    with pytest.raises(TokenRefused):
        other.checks.claims(issued.text, clock.now())


def test_a_changed_password_ends_old_tokens_and_not_new_ones_even_at_the_same_instant(
    worker: Worker, directory: Directory, passwords: BcryptPasswords
) -> None:
    old = worker.log_in()
    change_user(directory, "ann", worker.clock.now(), password="better horse")
    new = worker.log_in(password="better horse")
    worker.checks.refresh(worker.clock.now())
    worker.checks.claims(new.text, worker.clock.now())
    with pytest.raises(TokenRefused):
        worker.checks.claims(old.text, worker.clock.now())
    with pytest.raises(LoginRefused):
        worker.log_in()


def test_an_old_token_cannot_be_exchanged_before_the_revocation_is_known(
    worker: Worker, directory: Directory, passwords: BcryptPasswords
) -> None:
    old = worker.log_in()
    change_user(directory, "ann", worker.clock.now(), password="better horse")
    with pytest.raises(LoginRefused):
        worker.logins.with_token(old.text, login.DEFAULT_SCOPE, worker.clock.now())


def test_a_login_that_overlaps_a_change_of_password_is_refused(
    worker: Worker, directory: Directory, passwords: BcryptPasswords
) -> None:
    class Overtaken(BcryptPasswords):
        def matches(self, password: str, password_hash: str) -> bool:
            right = super().matches(password, password_hash)
            change_user(directory, "ann", worker.clock.now(), password="better horse")
            return right

    logins = Logins(directory, worker.checks, Looks(Overtaken(4)), timedelta(hours=1))
    with pytest.raises(LoginRefused):
        logins.with_password(
            "ann", "name", PASSWORD, login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0
        )


def test_a_disabled_user_is_out_and_comes_back_with_new_tokens_only(
    worker: Worker, directory: Directory
) -> None:
    old = worker.log_in()
    change_user(directory, "ann", worker.clock.now(), enabled=False)
    worker.checks.refresh(worker.clock.now())
    with pytest.raises(TokenRefused):
        worker.checks.claims(old.text, worker.clock.now())
    with pytest.raises(LoginRefused):
        worker.log_in()
    change_user(directory, "ann", worker.clock.now(), enabled=True)
    new = worker.log_in()
    worker.checks.refresh(worker.clock.now())
    worker.checks.claims(new.text, worker.clock.now())
    with pytest.raises(TokenRefused):
        worker.checks.claims(old.text, worker.clock.now())


def test_guesses_are_limited_whether_the_user_is_named_or_numbered(worker: Worker) -> None:
    user_id = worker.log_in(source="198.51.100.1").claims.user_id
    now = worker.clock.now()
    for number in range(PER_USER.guesses_max):
        by, who = ("name", "ann") if number % 2 else ("id", user_id)
        with pytest.raises(LoginRefused):
            worker.logins.with_password(
                who, by, "wrong horse", login.DEFAULT_SCOPE, "192.0.2.1", now, 0.0
            )
    with pytest.raises(TooManyGuesses):
        worker.log_in()
    worker.log_in(source="198.51.100.1")


def test_even_a_right_password_waits_when_there_were_too_many_guesses(worker: Worker) -> None:
    worker.log_in()
    for _ in range(PER_KNOWN_PLACE.guesses_max):
        with pytest.raises(LoginRefused):
            worker.log_in(password="wrong horse")
    with pytest.raises(TooManyGuesses) as refused:
        worker.log_in()
    worker.clock.forward(float(str(refused.value.facts["retry_after_s"])))
    worker.log_in()


def test_many_log_ins_at_once_are_turned_away_instead_of_filling_the_worker(
    worker: Worker, directory: Directory
) -> None:
    """Inside each slow look the next log-in begins, as deep as the gate lets them."""
    deepest: list[BaseException] = []

    class Nested(BcryptPasswords):
        def matches(self, password: str, password_hash: str) -> bool:
            try:
                logins.with_password(
                    "bob", "name", "?", login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0
                )
            except LoginsBusy as error:
                deepest.append(error)
            return False

    logins = Logins(directory, worker.checks, Looks(Nested(4), 0.01), timedelta(hours=1))
    with pytest.raises(LoginRefused):
        logins.with_password("bob", "name", "?", login.DEFAULT_SCOPE, "::1", worker.clock.now(), 0)
    assert len(deepest) == 1


def test_logging_out_very_often_ends_all_tokens_of_the_user_and_not_the_memory(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "TOKEN_REVOCATIONS_PER_USER_MAX", 3)
    for _ in range(5):
        kept = worker.log_in()
        worker.clock.forward(1)
        worker.logins.log_out(worker.log_in().claims, worker.clock.now())
    assert worker.checks.revoked_tokens(kept.claims.user_id) == 3
    with pytest.raises(TokenRefused):
        worker.checks.claims(kept.text, worker.clock.now())
    worker.clock.forward(1)
    worker.checks.claims(worker.log_in().text, worker.clock.now())


def test_a_new_signing_key_ends_every_token_at_every_worker(
    worker: Worker, directory: Directory, clock: ManualClock
) -> None:
    other = Worker(directory, clock)
    old = worker.log_in()
    for each in (worker, other):
        each.checks.claims(old.text, clock.now())
    rotate_key(directory, BY)
    for each in (worker, other):
        each.checks.refresh(clock.now())
        with pytest.raises(TokenRefused):
            each.checks.claims(old.text, clock.now())
    other.checks.claims(worker.log_in().text, clock.now())
