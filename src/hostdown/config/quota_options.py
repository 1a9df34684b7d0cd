"""Section [quota], with Nova's names; unlike there, nothing is limited where nothing is said."""

from hostdown.config.option import Option, count
from hostdown.domain.quotas import UNLIMITED

SECTION = "quota"
MOST = 2**31 - 1
"""The largest quota that can be configured."""


def _quota(name: str, what: str) -> Option:
    text = f"{what}; {UNLIMITED} for as many as they like."
    return Option(SECTION, name, count(UNLIMITED, MOST), UNLIMITED, text)


QUOTA: tuple[Option, ...] = (
    _quota("instances", "Servers of a project"),
    _quota("cores", "Virtual processors of a project's servers"),
    _quota("ram", "MiB of memory of a project's servers"),
    _quota("metadata_items", "Metadata of one server"),
    _quota("key_pairs", "Key pairs of a user"),
    _quota("server_groups", "Server groups of a project"),
    _quota("server_group_members", "Servers of one server group"),
    _quota("injected_files", "Files that a request for a server may bring along, until 2.56"),
    _quota("injected_file_content_bytes", "Bytes of one such file"),
    _quota("injected_file_path_length", "Characters of the path of one such file"),
)
