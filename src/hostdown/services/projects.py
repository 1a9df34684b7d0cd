"""Keep projects: make, change, delete, find."""

import uuid
from typing import NamedTuple

from hostdown.domain.errors import NameTaken
from hostdown.domain.identity_errors import NameUnknown
from hostdown.services import identity_journal as journal
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.identity import (
    PROJECTS_MAX,
    changing,
    check_name,
    check_room,
    existing,
    merged,
    revoke_stamp,
)
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import NOTHING, Extra, IdentityRows, Project
from hostdown.services.stamps import new_stamp


class Kept(NamedTuple):
    """What a client may say of a project; None leaves it as it is."""

    name: str | None = None
    enabled: bool | None = None
    extra: Extra = NOTHING


def add_project(directory: Directory, name: str, kept: Kept, by: By) -> Project:
    """A new project; raises NameRefused, NameTaken, TooManyKept."""
    check_name("project", name)
    project = _changed(Project(uuid.uuid4().hex, name, True, new_stamp(), {}), kept)

    def work(rows: DirectoryRows) -> Project:
        if rows.identity.projects.named(name) is not None:
            raise NameTaken(kind="project", name=name)
        check_room("project", rows.identity.projects, PROJECTS_MAX)
        rows.identity.projects.put(project)
        journal.project(rows, by, None, project)
        return project

    return changing(directory, work)


def change_project(directory: Directory, project_id: str, kept: Kept, by: By) -> Project:
    """Change a project; another name or `enabled` ends its tokens.

    Raises NoSuch, NameRefused, NameTaken, LastAdmin.
    """
    if kept.name is not None:
        check_name("project", kept.name)

    def work(rows: DirectoryRows) -> Project:
        seen = existing("project", rows.identity.projects, project_id)
        after = _changed(seen, kept)
        if (after.name, after.enabled) != (seen.name, seen.enabled):
            after = after._replace(stamp=new_stamp())
            revoke_stamp(rows, seen.stamp, by.now)
        if after != seen:
            rows.identity.projects.put(after)
            journal.project(rows, by, seen, after)
        return after

    return changing(directory, work)


def remove_project(directory: Directory, project_id: str, by: By) -> None:
    """Delete a project with the roles in it; its tokens end. Raises NoSuch, LastAdmin."""

    def work(rows: DirectoryRows) -> None:
        seen = existing("project", rows.identity.projects, project_id)
        revoke_stamp(rows, seen.stamp, by.now)
        rows.identity.projects.remove(project_id)
        journal.project(rows, by, seen, None)

    changing(directory, work)


def project_named(rows: IdentityRows, name: str) -> Project:
    """Raises NameUnknown."""
    project = rows.projects.named(name)
    if project is None:
        raise NameUnknown(kind="project", name=name)
    return project


def projects_of(rows: IdentityRows, user_id: str) -> list[Project]:
    """Those in which a user has roles, by name."""
    targets = rows.grants.targets(user_id)
    return [project for project in rows.projects.all() if project.id in targets]


def _changed(seen: Project, kept: Kept) -> Project:
    return seen._replace(
        name=seen.name if kept.name is None else kept.name,
        enabled=seen.enabled if kept.enabled is None else kept.enabled,
        extra=merged(seen.extra, kept.extra),
    )
