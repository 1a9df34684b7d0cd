"""Runs in the environment of python-novaclient 9.1.3: HostManager.update, as its users call it.

Arguments: the host, and a JSON list of values. Prints what the client made of each answer.
"""

import json
import os
import sys
import warnings

from novaclient import client, exceptions

warnings.simplefilter("ignore")
host, values = sys.argv[1], json.loads(sys.argv[2])
nova = client.Client(
    "2.42",
    os.environ["OS_USERNAME"],
    os.environ["OS_PASSWORD"],
    project_name=os.environ["OS_PROJECT_NAME"],
    auth_url=os.environ["OS_AUTH_URL"],
    user_domain_name="Default",
    project_domain_name="Default",
)
answers = []
for each in values:
    try:
        answers.append(nova.hosts.update(host, each).to_dict())
    except exceptions.ClientException as error:
        answers.append([error.code, error.message])
print(json.dumps(answers))
