"""Whether the application answers what its own `/openapi.json` tells."""

import re
from functools import cache
from typing import Any

from falcon.testing import Result
from jsonschema import Draft202012Validator

from hostdown.api.compute.microversion import ALL, HEADER, Version
from hostdown.api.openapi import document

COMPUTE = "/v2.1"
SPOKEN = {f"compute {version}": version for version in ALL}
PROJECT = re.compile(f"(?<=^{COMPUTE})/[0-9a-f-]+(?=/)")


@cache
def told(version: Version) -> dict[str, Any]:
    """The document, without what is not the Compute API."""
    return document(version, (), "0")


@cache
def paths(version: Version) -> list[str]:
    """Literal segments go before placeholders."""
    return sorted(told(version)["paths"], key=lambda path: path.replace("{", "\x7f"))


@cache
def pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


@cache
def validator(version: Version, path: str, method: str, status: int) -> Draft202012Validator | None:
    """For the body of this answer; None if it has none or is not JSON. Raises KeyError."""
    response = told(version)["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = told(version)["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content", {}).get("application/json")
    return None if content is None else Draft202012Validator(content["schema"])


def check(method: str, path: str, answer: Result) -> None:
    """Fail unless the document for the answer's version has this answer.

    What was refused because no operation is there, or before a version was settled, is in none.
    """
    version = SPOKEN.get(answer.headers.get(HEADER.lower(), ""))
    if version is None or method == "HEAD":
        return
    plain = PROJECT.sub("", re.sub("/+", "/", path.partition("?")[0]))
    if plain.rstrip("/") == COMPUTE:
        method, plain = "GET", f"{COMPUTE}/"  # the version document answers any method
    found = next((each for each in paths(version) if pattern(each).fullmatch(plain)), None)
    known = found is not None and method.lower() in told(version)["paths"][found]
    where = f"{method} {plain} at {version}"
    if not known:
        assert answer.status_code >= 400, f"/openapi.json does not have {where}"
        return
    assert found is not None
    try:
        body = validator(version, found, method, answer.status_code)
    except KeyError:
        raise AssertionError(
            f"/openapi.json does not tell that {where} may be answered with {answer.status_code}: "
            "see Route.faults"
        ) from None
    if body is not None:
        body.validate(answer.json)
