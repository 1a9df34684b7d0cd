"""Section [quota], with Nova's names; unlike there, little is limited where nothing is said."""

from hostdown.config.option import Option, count
from hostdown.domain.quotas import UNLIMITED

SECTION = "quota"
MOST = 2**31 - 1
"""The largest quota that can be configured."""


METADATA_ITEMS = 128
"""Metadata of one server, unless told otherwise: every list of servers carries them along."""


def _quota(name: str, what: str, default: int = UNLIMITED) -> Option:
    text = f"{what}; {UNLIMITED} for as many as they like."
    return Option(SECTION, name, count(UNLIMITED, MOST), default, text)


QUOTA: tuple[Option, ...] = (
    _quota("instances", "Servers of a project"),
    _quota("cores", "Virtual processors of a project's servers"),
    _quota("ram", "MiB of memory of a project's servers"),
    _quota("metadata_items", "Metadata of one server", METADATA_ITEMS),
    _quota("key_pairs", "Key pairs of a user"),
    _quota("server_groups", "Server groups of a project"),
    _quota("server_group_members", "Servers of one server group"),
    _quota("injected_files", "Files that a request for a server may bring along, until 2.56"),
    _quota("injected_file_content_bytes", "Bytes of one such file"),
    _quota("injected_file_path_length", "Characters of the path of one such file"),
)
