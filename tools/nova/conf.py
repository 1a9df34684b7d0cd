"""The configuration files of a Nova and its placement."""

from dataclasses import dataclass
from pathlib import Path

from tools.keystone import PASSWORD

USER = "nova"
REPORT_S = 2
DOWN_S = 60
"""A host that was not heard for so long is down; on a busy machine they are late."""

NOVA = """\
[DEFAULT]
host = {host}
my_ip = 127.0.0.1
state_path = {directory}/{host}
transport_url = {messages}
compute_driver = fake.BootableFakeDriver
report_interval = {report_s}
service_down_time = {down_s}
heal_instance_info_cache_interval = -1
sync_power_state_interval = -1
instances_path = $state_path/instances
[wsgi]
api_paste_config = {paste}
[database]
connection = {databases}cell1
[api_database]
connection = {databases}api
[conductor]
workers = 1
[scheduler]
workers = 1
[oslo_concurrency]
lock_path = {directory}/locks
[oslo_policy]
policy_dirs = {directory}/policy.d
[service_user]
send_service_user_token = true
{login}
[keystone_authtoken]
www_authenticate_uri = {keystone}
service_token_roles_required = true
{login}
[placement]
{login}
[neutron]
{login}
[glance]
num_retries = 0
"""

PLACEMENT = """\
[DEFAULT]
state_path = {directory}
[placement_database]
connection = {databases}placement
[keystone_authtoken]
{login}
"""

LOGIN = """\
auth_type = password
auth_url = {keystone}
username = {user}
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
region_name = RegionOne
"""


@dataclass(frozen=True)
class Place:
    """What the files name; `databases` and `messages` are URLs, the first without a last name."""

    directory: Path
    paste: Path
    keystone: str
    databases: str
    messages: str

    def write(self, *hosts: str) -> None:
        """A file for each host, `control` is that of what runs on no compute host."""
        login = LOGIN.format(keystone=self.keystone, user=USER, password=PASSWORD)
        given = {**vars(self), "login": login, "report_s": REPORT_S, "down_s": DOWN_S}
        for host in hosts:
            (self.directory / host / "instances").mkdir(parents=True)
            self.file(host).write_text(NOVA.format(host=host, **given))
        (self.directory / "placement.conf").write_text(PLACEMENT.format(**given))

    def file(self, host: str) -> Path:
        """The configuration of what runs there."""
        return self.directory / f"{host}.conf"
