"""How much of what a project may have: the same for every project, by Nova's names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hostdown.domain.model import Flavor
from hostdown.domain.quota_errors import ServersOverQuota

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

    @property
    def limits_servers(self) -> bool:
        """Does it matter how many servers a project has, and how large they are?"""
        return (self.instances, self.cores, self.ram) != (UNLIMITED,) * 3


NOTHING_LIMITED = Quotas()


def exceeds(count: int, limit: int) -> bool:
    """Is it more than the limit allows?"""
    return limit != UNLIMITED and count > limit


class Use(NamedTuple):
    """What servers that are not deleted add up to, wherever they are."""

    instances: int
    cores: int
    ram_mb: int


NOTHING_USED = Use(0, 0, 0)


def total(uses: Iterable[Use]) -> Use:
    """What all of them add up to."""
    instances, cores, ram_mb = (sum(each) for each in zip(NOTHING_USED, *uses, strict=True))
    return Use(instances, cores, ram_mb)


def servers_allowed(quotas: Quotas, used: Use, flavor: Flavor, least: int, most: int) -> int:
    """As many as there is room for, at most `most`; raises ServersOverQuota below `least`."""
    limits = {"cores": quotas.cores, "instances": quotas.instances, "ram": quotas.ram}
    each = {"cores": flavor.vcpus, "instances": 1, "ram": flavor.memory_mb}
    have = {"cores": used.cores, "instances": used.instances, "ram": used.ram_mb}
    over = [name for name in limits if exceeds(have[name] + most * each[name], limits[name])]
    allowed = min([most, *((limits[name] - have[name]) // each[name] for name in over)])
    if allowed >= least:
        return allowed
    asked = {name: str(most * each[name]) for name in over}
    if least < most and "instances" in over:
        asked["instances"] = f"{least}-{most}"
    raise _refusal(over, asked, have, limits)


def check_growth(quotas: Quotas, used: Use, now: Flavor, asked: Flavor) -> None:
    """Whether a server may get another flavor; raises ServersOverQuota.

    What does not grow is not looked at, however much is used (as in Nova).
    """
    more = {"cores": asked.vcpus - now.vcpus, "ram": asked.memory_mb - now.memory_mb}
    limits = {"cores": quotas.cores, "ram": quotas.ram}
    have = {"cores": used.cores, "ram": used.ram_mb}
    over = [
        name
        for name, grows in more.items()
        if grows > 0 and exceeds(have[name] + grows, limits[name])
    ]
    if over:
        raise _refusal(over, {name: str(grows) for name, grows in more.items()}, have, limits)


def _refusal(
    over: Sequence[str],
    asked: Mapping[str, str],
    have: Mapping[str, int],
    limits: Mapping[str, int],
) -> ServersOverQuota:
    return ServersOverQuota(
        resources=", ".join(over),
        requested=", ".join(asked[name] for name in over),
        used=", ".join(str(have[name]) for name in over),
        limits=", ".join(str(limits[name]) for name in over),
    )
