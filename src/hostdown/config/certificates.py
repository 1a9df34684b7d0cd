"""Whether a certificate and a key can be served with."""

from pathlib import Path


def pair_problem(cert: Path, key: Path) -> str | None:
    """What is wrong with them; None too if they cannot be read, which is said elsewhere."""
    import ssl  # slow to import, and seldom needed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Never asks a terminal: nobody sits before a server.
        context.load_cert_chain(cert, key, password=_no_passphrase)
    except OSError as error:
        if not isinstance(error, ssl.SSLError):
            return None
        reason = (error.reason or "no PEM data").replace("_", " ").lower()
        return (
            f"{cert} and {key} are not the PEM files of a certificate and its key without "
            f"a passphrase: {reason}."
        )
    return None


def _no_passphrase() -> str:
    return ""
