"""Runs in the judges' environment: a subunit stream on stdin, one JSON object a test on stdout."""

import json
import sys

from subunit import ByteStreamToStreamResult
from testtools import StreamToDict


def tell(test):
    """Name, status, and why: a skip's reason or a failure's traceback."""
    details = {name: content.as_text() for name, content in test["details"].items()}
    why = details.get("reason") or "\n".join(
        text for name, text in sorted(details.items()) if "traceback" in name
    )
    print(json.dumps({"name": test["id"], "status": test["status"], "why": why.strip()}))


def main():
    """Read all of it."""
    results = StreamToDict(tell)
    results.startTestRun()
    ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name="stdout").run(results)
    results.stopTestRun()


main()
