"""Ids as they stand in paths."""

import re
from uuid import UUID

from hostdown.api.compute.errors import IdNotInteger, UuidInvalid
from hostdown.api.compute.fields import Param
from hostdown.api.compute.types import INTEGER, is_uuid
from hostdown.api.compute.types import UUID as UUID_FORM

NUMBER_MAX = 2**63 - 1
"""The largest integer id a database can hold."""

BY_NUMBER = (Param("id", INTEGER),)
BY_UUID = (Param("id", UUID_FORM),)
"""What stands for `{id}` in a path, for `Route.names`."""


def number(text: str) -> int:
    """An integer id; beyond what a database can hold it is -1, which names nothing.

    Raises IdNotInteger.
    """
    if not re.fullmatch("-?[0-9]+", text):
        raise IdNotInteger
    if len(text) > len(str(NUMBER_MAX)) or abs(int(text)) > NUMBER_MAX:
        return -1
    return int(text)


def uuid(text: str) -> str:
    """The uuid in lower case with dashes, however it was written (contract 10.4, edge 54).

    Raises UuidInvalid.
    """
    if not is_uuid(text):
        raise UuidInvalid(id=text)
    return str(UUID(text.replace("-", "")))
