"""Options that hold several addresses, with commas between them."""

from urllib.parse import urlsplit

EVERY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on
"""What a server listens on that hears at each address of its machine."""
PULSE_ADDRESSES_MAX = 8
"""Ways from a host to one server."""


def several(text: str) -> tuple[str, ...]:
    """What is between the commas."""
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def are_urls(urls: tuple[str, ...]) -> bool:
    """Whether there are some, and each is of a server."""
    try:
        return bool(urls) and all(urlsplit(url).scheme in ("http", "https") for url in urls)
    except ValueError:  # an address in brackets that is none
        return False


def pulse_addresses(given: str | None, bind_host: str) -> tuple[str, ...]:
    """Those that were given, else the one that is listened on; empty if that is every one."""
    if given is None:
        return () if bind_host in EVERY else (bind_host,)
    return tuple(each.strip("[]") for each in several(given))
