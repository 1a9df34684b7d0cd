"""schemathesis over `/openapi.json`: what it asked of each operation, and what it found."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tools.judge import documents, programs
from tools.judge.bed import Bed

RUN_S = 900.0
VALID = Path(__file__).parent / "inside" / "valid.py"
EXAMPLES = "100"
"""Random requests for each operation, beside those that cover its schema."""

COMPUTE = "/v2.1/"

SPARED_CHECKS = ("unsupported_method", "positive_data_acceptance")
"""The Compute API has no 405: an unknown method is a path that is not there (contract 1.5). And it
refuses more than a schema can say, such as a filter that is no number or a name that is taken."""

REFUSALS = """\
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 406, 409, 413, 414, 415, 429, 501]
"""
"""What may be said of a request that is wrong beside 400: too long, say, or not possible here."""


class Tally(NamedTuple):
    """What was asked of one operation."""

    requests: int
    statuses: Counter[str]
    failures: list[str]


class Round(NamedTuple):
    """One run: the Compute API at a version, or all the rest."""

    name: str
    version: str
    compute: bool


ROUNDS = (
    Round("Compute API at 2.1", "2.1", compute=True),
    Round("Compute API at 2.53", "2.53", compute=True),
    Round("Compute API at 2.104", "2.104", compute=True),
    Round("everything else", "2.104", compute=False),
)


def run(place: Path, bed: Bed, which: Round, seed: int) -> dict[str, Tally]:
    """Judge in `place`, a new directory; returns what was asked, by operation.

    Raises RuntimeError if the document is no OpenAPI or schemathesis could not do its work.
    """
    place.mkdir()
    document = bed.get(f"/openapi.json?version={which.version}")
    programs.output([programs.program("python"), str(VALID)], place, json.dumps(document).encode())
    document = documents.narrowed(document, lambda p: p.startswith(COMPUTE) == which.compute)
    document = documents.with_known(
        document, lambda path: bed.get(path, which.version), bed.admins_ids
    )
    (place / "openapi.json").write_text(json.dumps(document))
    headers = {
        "X-Auth-Token": bed.token,
        documents.VERSION_HEADER: f"compute {which.version}",
    }
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items()]
    (place / "schemathesis.toml").write_text("\n".join([REFUSALS, "[headers]", *lines, ""]))
    events = place / "events.ndjson"
    words = [
        programs.program("schemathesis"), "run", "openapi.json", "--url", bed.url,
        "--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", str(seed),
        "--exclude-checks", ",".join(SPARED_CHECKS), "--continue-on-failure", "--no-shrink",
        "--suppress-health-check", "all", "--generation-database", "none",
        "--warnings", "off", "--report", "ndjson", "--report-ndjson-path", str(events),
    ]  # fmt: skip
    status = programs.run(
        words, place, place / "output", RUN_S, lambda: f"{which.name}: {_done(events)}"
    )
    if status not in (0, 1):
        raise RuntimeError((place / "output").read_text())
    with events.open() as lines:
        return tallies(map(json.loads, lines))


def _done(events: Path) -> str:
    """Each operation is gone through twice: for what its schema covers, and at random."""
    text = events.read_text() if events.exists() else ""
    return f"{text.count('ScenarioFinished')} of its operations, counted twice"


def tallies(events: Iterable[dict[str, Any]]) -> dict[str, Tally]:
    """By operation. A round that ended before its time counts as a failure of it."""
    found: dict[str, Tally] = {}
    stopped = "it was cut off"
    for event in events:
        if "ScenarioFinished" in event:
            recorder = event["ScenarioFinished"]["recorder"]
            tally = found.setdefault(recorder["label"], Tally(0, Counter(), []))
            found[recorder["label"]] = _added(tally, recorder)
        if "NonFatalError" in event or "FatalError" in event:
            found["schemathesis"] = Tally(0, Counter(), [json.dumps(event)[:500]])
        if "EngineFinished" in event:
            stopped = event["EngineFinished"]["stop_reason"]
    if stopped != "completed":
        found["schemathesis"] = Tally(0, Counter(), [stopped])
    return found


def _added(tally: Tally, recorder: dict[str, Any]) -> Tally:
    interactions = recorder.get("interactions", {})
    statuses = Counter(
        f"{(each.get('response') or {}).get('status_code', 0) // 100}xx"
        for each in interactions.values()
    )
    failures = [
        f"{check['name']}: {_request(interactions[case])}"
        for case, checks in recorder.get("checks", {}).items()
        for check in checks
        if check["status"] == "failure" and not _is_as_told(check["name"], interactions[case])
    ]
    return Tally(
        tally.requests + len(interactions),
        tally.statuses + statuses,
        tally.failures + failures,
    )


def _is_as_told(check: str, interaction: dict[str, Any]) -> bool:
    """501 is how the Compute API says that nobody here can do this; the document has it."""
    return check == "not_a_server_error" and interaction["response"]["status_code"] == 501


def _request(interaction: dict[str, Any]) -> str:
    request, response = interaction["request"], interaction.get("response") or {}
    return f"{request['method']} {request['uri'][:200]} -> {response.get('status_code')}"


def table(found: dict[str, Tally]) -> Iterator[str]:
    """A line for each operation, and one for each kind of failure of it."""
    yield f"  {'requests':>8} {'2xx':>6} {'4xx':>6} {'5xx':>6} {'failures':>8}  operation"
    for label, tally in sorted(found.items(), key=lambda pair: pair[0].split(" ")[::-1]):
        counts = " ".join(f"{tally.statuses[kind]:6}" for kind in ("2xx", "4xx", "5xx"))
        yield f"  {tally.requests:8} {counts} {len(tally.failures):8}  {label}"
        kinds = {failure.partition(":")[0]: failure for failure in tally.failures}
        yield from (f"      {failure}" for failure in kinds.values())
