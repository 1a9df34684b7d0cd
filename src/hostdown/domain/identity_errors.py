"""What can go wrong when somebody logs in, or when an operator keeps users and projects."""

from hostdown.domain.errors import HostdownError


class LoginRefused(HostdownError):
    """Unknown user, wrong password, disabled, no role in the project: which one is not told."""

    template = "The request you have made requires authentication."
    code = "login-refused"


class TokenRefused(HostdownError):
    """A token that is not ours, altered, expired or revoked: which one is not told."""

    template = "The token is not valid; ask for a new one."
    code = "token-refused"


class KeystoneUnavailable(HostdownError):
    """Keystone answered, but not whether the token is good; `reason` is for the log alone."""

    template = "The Keystone service is temporarily unavailable."
    code = "keystone-unavailable"


class KeystoneSilent(KeystoneUnavailable):
    """Keystone did not answer at all, or not in time."""

    code = "keystone-silent"


class TooManyGuesses(HostdownError):
    """Too many wrong passwords for this user or from this address."""

    template = "Too many failed log-ins; try again in {retry_after_s} seconds."
    code = "too-many-guesses"


class LoginsBusy(HostdownError):
    """More log-ins at once than may use the processor."""

    template = "Too many log-ins at this moment; try again in {retry_after_s} seconds."
    code = "logins-busy"


class NameRefused(HostdownError):
    """A user's or project's name that cannot be kept."""

    template = "The {kind} name {name!r} cannot be used: {reason}."
    code = "name-refused"


class PasswordRefused(HostdownError):
    """A password that cannot be kept; the password itself is never in the message."""

    template = "The password cannot be used: {reason}."
    code = "password-refused"


class NameUnknown(HostdownError):
    """No user or project with this name."""

    template = "There is no {kind} named '{name}'; 'hostdown user list' shows who there is."
    code = "name-unknown"


class NoSuch(HostdownError):
    """Nothing of this kind has this id, or nothing that this caller may know of."""

    template = "Could not find {kind}: {what}."
    code = "no-such"


class GrantUnknown(HostdownError):
    """The user was not given this role there."""

    template = (
        "Could not find role assignment with role: {role_id}, user or group: {user_id}, "
        "project, domain, or system: {target}."
    )
    code = "grant-unknown"


class LastAdmin(HostdownError):
    """Nobody could log in and put it right any more (Keystone lets one do it)."""

    template = (
        "Nobody who can log in would be an admin any more, so nothing was changed; make somebody "
        "else an admin first."
    )
    code = "last-admin"


class TooManyKept(HostdownError):
    """As many users, projects or role assignments as there may be."""

    template = "There are {count_max} {kind}s already, and there may not be more."
    code = "too-many-kept"


class ExtraTooLarge(HostdownError):
    """More than may be kept with one user or project."""

    template = "What is kept with it would be longer than {limit} bytes of JSON."
    code = "extra-too-large"


class RoleUnknown(HostdownError):
    """A role that no policy rule knows."""

    template = "There is no role '{role}'; the roles are {known}."
    code = "role-unknown"


class CredentialsNotKept(HostdownError):
    """The first admin's credentials could not be written, so no user was made."""

    template = (
        "The first admin's credentials could not be written to {path}: {reason}. No user was made; "
        "put that right and start again."
    )
    code = "credentials-not-kept"
