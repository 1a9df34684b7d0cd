"""A session at the stock client's own prompt: many commands, one process, one token."""

import json
import subprocess
from pathlib import Path

from hostdown.cli.demo.stage import Stage

from .conftest import CLIENT_TIMEOUT_S, Client, run

SESSION: tuple[tuple[str, str], ...] = (
    ("project create --description first trial -f value -c name -c description", "first trial"),
    ("project create --or-show trial -f value -c name", "trial"),
    (
        "user create --project trial --password correct-horse --email b@x eve -f value -c email",
        "b@x",
    ),
    ("user set --description other --email c@x eve", ""),
    ("user show eve -f value -c email -c description", "c@x other"),
    ("user set --name evelyn --disable eve", ""),
    ("user show evelyn -f value -c enabled", "False"),
    ("user set --enable --name eve evelyn", ""),
    ("user set --password better-horse eve", ""),
    ("role show reader -f value -c name", "reader"),
    ("role add --project trial --user eve member", ""),
    ("role add --system all --user eve reader", ""),
    (
        "role assignment list --user eve --names -f csv --quote none -c Role -c Project -c System",
        "Role,Project,System member,trial@Default, reader,,all",
    ),
    (
        "role assignment list --user eve --project trial --names --effective -f value -c Role",
        "member reader",
    ),
    ("role assignment list --project trial --role member --names -f value -c User", "eve@Default"),
    ("project list --user eve -f value -c Name", "trial"),
    ("user list --project trial -f value -c Name", "eve"),
    ("role remove --project trial --user eve member", ""),
    ("role assignment list --user eve --names -f value -c Role", "reader"),
    ("project set --description new --disable trial", ""),
    ("project show trial -f value -c enabled -c description", "new False"),
    ("project set --enable --name trial2 --property k=v trial", ""),
    ("project show trial2 -f value -c k", "v"),
    ("domain list -f value -c Name", "Default"),
    ("domain show default -f value -c id", "default"),
    ("service show compute -f value -c name", "nova"),
    ("endpoint list --service compute --interface public -f value -c Region", "RegionOne"),
    ("catalog show identity -f value -c name", "keystone"),
    ("region list -f value -c Region", "RegionOne"),
    ("group list -f value", ""),
    ("project delete trial2", ""),
)
"""Commands, and the words they print."""


def test_a_session_of_the_openstack_client(stage: Stage, openstack: Client, clients: Path) -> None:
    done = subprocess.run(
        [clients / "openstack"],
        input="\n".join(command for command, _ in SESSION),
        capture_output=True,
        text=True,
        timeout=CLIENT_TIMEOUT_S,
        env=stage.environment | {"OS_CLOUD": "hostdown"},
        check=False,
    )
    assert done.stdout.split() == " ".join(printed for _, printed in SESSION).split(), done.stderr
    assert done.stderr.strip() == ""
    assert "admin" in run(
        stage, "env", "-u", "OS_CLIENT_CONFIG_FILE", clients / "openstack",
        "--os-auth-url", f"{stage.url}/identity/v3", "--os-user-domain-id", "default",
        "--os-username", "eve", "--os-password", "better-horse", "--os-system-scope", "all",
        "user", "list", "-f", "value", "-c", "Name",
    ).split()  # fmt: skip
    openstack("user", "delete", "eve")


SDK_SCRIPT = """
import json, openstack
identity = openstack.connect(cloud="hostdown").identity
project = identity.create_project(name="sdk", description="d")
user = identity.create_user(name="sid", password="correct horse", default_project_id=project.id)
role = identity.find_role("member")
identity.assign_project_role_to_user(project, user, role)
identity.assign_system_role_to_user(user, role, "all")
told = {
    "has": identity.validate_user_has_project_role(project, user, role),
    "assignments": len(list(identity.role_assignments(user_id=user.id))),
    "renamed": identity.update_user(user, name="sidney").name,
    "found": identity.find_user("sidney").id == user.id,
    "projects": [each.name for each in identity.user_projects(user)],
    "domains": [each.name for each in identity.domains()],
    "services": sorted(each.type for each in identity.services()),
    "endpoints": len(list(identity.endpoints(interface="public"))),
}
identity.unassign_project_role_from_user(project, user, role)
told["left"] = len(list(identity.role_assignments(user_id=user.id)))
identity.delete_user(user)
identity.delete_project(project)
told["gone"] = identity.find_user("sidney") is None and identity.find_project("sdk") is None
print(json.dumps(told))
"""


def test_openstacksdks_identity_proxy(stage: Stage, clients: Path) -> None:
    told = json.loads(run(stage, clients / "python", "-c", SDK_SCRIPT))
    services = told.pop("services")
    assert {"compute", "identity"} <= set(services)
    assert told == {
        "has": True, "assignments": 2, "renamed": "sidney", "found": True, "projects": ["sdk"],
        "domains": ["Default"], "endpoints": len(services), "left": 1, "gone": True,
    }  # fmt: skip
