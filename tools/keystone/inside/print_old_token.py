"""Prints a token of the past: USER_ID, PROJECT_ID, when it ended. Run by Keystone's Python."""

import sys

import keystone.conf
from keystone.token import token_formatters as formatters

keystone.conf.configure()
keystone.conf.CONF([], project="keystone", default_config_files=["keystone.conf"])
user_id, project_id, ended = sys.argv[1:]
token = formatters.TokenFormatter().create_token(
    user_id,
    ended,
    ["YWFhYWFhYWFhYWFhYWFhYQ"],
    formatters.ProjectScopedPayload,
    methods=["password"],
    project_id=project_id,
)
sys.stdout.write(token)
