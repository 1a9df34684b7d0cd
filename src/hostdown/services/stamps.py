"""Stamps: what ties tokens to the state of their user, of their project and of the roles there.

A stamp is random; a user's stands before the password hash in `User.password_hash`. Whatever makes
old tokens worthless (a new password, a role taken away, disabling, enabling) gives a new stamp and
revokes the old one; so it does not matter when a token was issued, by which server's clock, or what
it overtook.
"""

import secrets

STAMP_BYTES = 12


def new_stamp() -> str:
    """One that nothing has had before."""
    return secrets.token_hex(STAMP_BYTES)


def stamped(password_hash: str) -> str:
    """What is kept for a hash, under a new stamp."""
    return f"{new_stamp()}:{password_hash}"


def stamp_of(kept: str) -> str:
    """The stamp of what is kept."""
    return kept.partition(":")[0]


def hash_of(kept: str) -> str:
    """The password hash of what is kept; empty if the user has no password."""
    return kept.partition(":")[2]
