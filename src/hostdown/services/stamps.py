"""The stamp of a user's log-in: what ties tokens to the state of its account.

It stands before the password hash in `User.password_hash` and is random. Whatever makes old tokens
worthless (a new password, disabling, enabling) gives the account a new stamp and revokes the old
one; so it does not matter when a token was issued, by which server's clock, or what it overtook.
"""

import secrets

STAMP_BYTES = 12


def stamped(password_hash: str) -> str:
    """What is kept for a hash, under a new stamp."""
    return f"{secrets.token_hex(STAMP_BYTES)}:{password_hash}"


def stamp_of(kept: str) -> str:
    """The stamp of what is kept."""
    return kept.partition(":")[0]


def hash_of(kept: str) -> str:
    """The password hash of what is kept."""
    return kept.partition(":")[2]
