"""What an operator should know about the policy files before a server reads them."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from hostdown.api.policy_book import Book, InForce, unknown_rules
from hostdown.api.policy_files import Line, PolicyRefused, PolicySettings, files, lines
from hostdown.api.policy_rules import BASE, api_rules
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.model import Caller
from hostdown.domain.roles import MANAGER, MEMBER, READER, with_implied

_OWN, _OTHER = "own", "other"


class Review(NamedTuple):
    """`errors` keep a server from starting with these `files`; `warnings` do not."""

    files: tuple[Path, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


_HOSTS = "os_compute_api:os-services"
_FORCE_DOWN = "force any host down, so that its servers are started elsewhere"
_AGGREGATES = "os_compute_api:os-aggregates"
_MOVES = "os_compute_api:os-migrate-server"
_ZONES = "change which hosts are in which availability zone"
_FLAVORS = "change what servers are given"
_QUOTAS = "change how much projects may have"

DANGERS: dict[str, str] = {
    IS_ADMIN: "do everything",
    f"{_HOSTS}:update": _FORCE_DOWN,
    f"{_HOSTS}:delete": "delete compute services",
    "hostdown:hosts:enroll": "let a machine of theirs take the place of a host",
    "hostdown:hosts:fence_test": "have the devices asked that fence hosts, with their passwords",
    "hostdown:events:create": (
        "say that hosts are dead, and with [recovery] events = word force any host down"
    ),
    "hostdown:hosts:reserve": "keep hosts from being used, or take those that are kept",
    "hostdown:hosts:failure_domain": "change how many hosts the storm gate lets be switched off",
    "hostdown:deliveries:replay": "have old news sent to receivers again, or never",
    "hostdown:recoveries:release": "let hosts be switched off that the storm gate holds",
    "hostdown:recoveries:confirm_off": _FORCE_DOWN,
    "hostdown:recoveries:hold": "keep the servers of dead hosts from being brought back",
    "hostdown:recoveries:disarm": "keep the servers of dead hosts from being brought back",
    "hostdown:recoveries:arm": "have hosts recovered, and so switched off, that somebody disarmed",
    "os_compute_api:os-evacuate": "start the servers of a host that is down elsewhere",
    "os_compute_api:os-admin-actions:reset_state": "set the state of servers at will",
    "os_compute_api:os-admin-actions:inject_network_info": "change the networks of servers",
    "os_compute_api:os-hosts:update": _FORCE_DOWN,
    "os_compute_api:os-hosts:reboot": "restart hosts",
    "os_compute_api:os-hosts:shutdown": "switch hosts off",
    "os_compute_api:os-hosts:start": "switch hosts on",
    f"{_AGGREGATES}:create": _ZONES,
    f"{_AGGREGATES}:update": _ZONES,
    f"{_AGGREGATES}:delete": _ZONES,
    f"{_AGGREGATES}:add_host": _ZONES,
    f"{_AGGREGATES}:remove_host": _ZONES,
    f"{_AGGREGATES}:set_metadata": _ZONES,
    "compute:aggregates:images": "fill the disks of hosts with images",
    f"{_MOVES}:migrate:host": "choose the host that servers are moved to",
    f"{_MOVES}:migrate_live:host": "choose the host that servers are moved to",
    "os_compute_api:servers:create:forced_host": "choose the host of new servers",
    "compute:servers:create:requested_destination": "choose the host of new servers",
    "os_compute_api:servers:create:zero_disk_flavor": "make servers that take disk uncounted",
    "network:attach_external_network": "put servers into external networks",
    "compute:servers:resize:cross_cell": "move servers between cells",
    "os_compute_api:os-lock-server:unlock:unlock_override": "unlock what administrators locked",
    "os_compute_api:os-flavor-manage:create": _FLAVORS,
    "os_compute_api:os-flavor-manage:update": _FLAVORS,
    "os_compute_api:os-flavor-manage:delete": _FLAVORS,
    "os_compute_api:os-flavor-extra-specs:create": _FLAVORS,
    "os_compute_api:os-flavor-extra-specs:update": _FLAVORS,
    "os_compute_api:os-flavor-extra-specs:delete": _FLAVORS,
    "publicize_image": "give everybody images to make servers from",
    "os_compute_api:os-flavor-access:add_tenant_access": _FLAVORS,
    "os_compute_api:os-flavor-access:remove_tenant_access": _FLAVORS,
    "os_compute_api:os-quota-sets:update": _QUOTAS,
    "os_compute_api:os-quota-sets:delete": _QUOTAS,
    "telemetry:update_quotas": _QUOTAS,
    "telemetry:delete_quotas": _QUOTAS,
    "os_compute_api:os-quota-class-sets:update": _QUOTAS,
    "os_compute_api:os-server-external-events:create": "tell lies about networks and volumes",
}
"""What whoever passes the rule can do to others; such rules are for administrators and services."""

_EVERYBODY = {
    "anybody with a token": (),
    "every reader of any project": (READER,),
    "every member of any project": (MEMBER,),
    "every manager of any project": (MANAGER,),
}


def review(settings: PolicySettings) -> Review:
    """Read the files as a server would."""
    written: dict[str, Line] = {}
    errors = []
    for line in lines(settings):
        if isinstance(line, PolicyRefused):
            errors.append(_sentence(line))
        else:
            written[line.name] = line
    warnings: list[str] = []
    if not errors:
        try:
            book = Book(written)
            warnings = [*_unknown(book), *_older(written), *_openings(book)]
        except PolicyRefused as refused:
            errors.append(_sentence(refused))
    return Review(tuple(files(settings)), tuple(errors), tuple(warnings))


def _sentence(refused: PolicyRefused) -> str:
    return f"{refused.facts['path']}: {refused.facts['reason']}."


def _unknown(book: Book) -> Iterator[str]:
    known = [rule.name for rule in (*BASE, *api_rules())]
    for name in unknown_rules(book.rules.values()):
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ", and no other rule refers to it."
        yield f"{_where(book.rules[name])}: there is no such rule{hint}"


def _older(written: Mapping[str, Line]) -> Iterator[str]:
    names = {rule.name for rule in api_rules()}
    for name, line in written.items():
        heirs = [rule for rule in api_rules() if rule.replaces == name]
        if heirs and name not in names:
            instead = ", ".join(rule.name for rule in heirs)
            none = str(line.check) == heirs[0].old_default
            effect = ", and its old default has no effect" if none else ""
            yield f"{line.path}: {name}: is an older name{effect}; write {instead}."


def _openings(book: Book) -> Iterator[str]:
    """Rules by which people who hold nothing but an ordinary role can now harm others."""
    defaults = Book({})
    for name in (IS_ADMIN, *(rule.name for rule in api_rules())):
        opened = None
        if name in DANGERS:
            opened = _opened(book, defaults, name, _OWN)
        elif not _is_of_administrators(defaults, name):
            opened = _opened(book, defaults, name, _OTHER)
        if opened:
            yield _told(book, name, opened)
            if name == IS_ADMIN:
                return  # the rest follows from it


def _is_of_administrators(defaults: Book, rule: str) -> bool:
    """By default; such a rule knows no owner, and to look at something harms nobody."""
    return not any(_may(defaults, rule, roles, _OWN) for roles in _EVERYBODY.values())


def _opened(book: Book, defaults: Book, rule: str, project: str) -> str | None:
    """The widest circle that may now, of those that may not by default."""
    for who, roles in _EVERYBODY.items():
        if _may(book, rule, roles, project) and not _may(defaults, rule, roles, project):
            return who
    return None


def _may(book: Book, rule: str, roles: tuple[str, ...], project: str) -> bool:
    caller = Caller(_OWN, _OWN, _OWN, with_implied(roles), "")
    return book.allows(rule, caller, {"project_id": project, "user_id": project})


def _told(book: Book, name: str, who: str) -> str:
    harm = DANGERS.get(name, "do this to what belongs to other projects")
    return f"{_where(book.rules[name])}: {who} may {harm}."


def _where(rule: InForce) -> str:
    """The line's file and name; a default is open where a rule that it refers to is."""
    return f"{rule.line.path}: {rule.name}" if rule.line else rule.name
