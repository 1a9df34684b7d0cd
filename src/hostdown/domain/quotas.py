"""How much of what a project may have: the same for every project, by Nova's names."""

from typing import NamedTuple

UNLIMITED = -1


class Quotas(NamedTuple):
    """Limits of one project; UNLIMITED is none.

    `ram` is in MiB. `metadata_items` are of one server or image, `injected_…` of one request,
    `server_group_members` of one group, and `key_pairs` of one user.
    """

    instances: int = UNLIMITED
    cores: int = UNLIMITED
    ram: int = UNLIMITED
    metadata_items: int = UNLIMITED
    key_pairs: int = UNLIMITED
    server_groups: int = UNLIMITED
    server_group_members: int = UNLIMITED
    injected_files: int = UNLIMITED
    injected_file_content_bytes: int = UNLIMITED
    injected_file_path_bytes: int = UNLIMITED


NOTHING_LIMITED = Quotas()


def exceeds(count: int, limit: int) -> bool:
    """Is it more than the limit allows?"""
    return limit != UNLIMITED and count > limit
