"""`python -m benchmarks [--database URL]`: the table of docs/reference/speed.md, measured anew.

Nova's column is Nova 34 (2 API workers, MariaDB) on a machine of the same kind; it is data, not a
measurement of this run. Goals are issue goals; a figure beyond its goal is marked, not hidden.
"""

import argparse
import itertools
import statistics
import sys
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import bed, disk, policy, pulses, tokens
from benchmarks.load import Result, run

SECONDS = 6.0
CONNECTIONS = 16


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    goal: str
    nova: str


def _shown(result: Result) -> str:
    bad = f"  ({result.failed} FAILED)" if result.failed else ""
    p50, p99 = result.percentile_ms(0.50), result.percentile_ms(0.99)
    return f"p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {result.rate:7.0f}/s{bad}"


def lists(database: str, hosts: int, seconds: float) -> list[Row]:
    """The list and one service by host, on a deployment of `hosts`."""
    with bed.server(database, hosts) as server:
        listing = server.list_services()
        one = server.one_service()
        alone = run(server.port, listing, 1, seconds)
        rows = [
            Row(
                f"list services, {hosts} hosts",
                _shown(alone),
                "p50 <= 4, p99 <= 10 ms" if hosts == 1000 else "p50 <= 20 ms",
                "176 ms" if hosts == 1000 else "1,759 ms",
            )
        ]
        if hosts == 1000:
            crowd = run(server.port, listing, CONNECTIONS, seconds)
            rows.append(Row("  the same, 16 at once", _shown(crowd), ">= 400/s", "5.4/s"))
        single = run(server.port, one, 1, seconds)
        nova = "101 ms" if hosts == 1000 else "1,481 ms"
        rows.append(Row(f"one service by host, {hosts} hosts", _shown(single), "p50 <= 1 ms", nova))
        return rows


def hypervisors(database: str, seconds: float) -> list[Row]:
    """1,000 hypervisors with their details; then 5,000, page after page of 1,000."""
    rows = []
    with bed.server(database, 1000) as server:
        for version in ("2.104", "2.87"):
            pages = server.hypervisors(version)
            alone = run(server.port, pages, 1, seconds)
            crowd = run(server.port, pages, CONNECTIONS, seconds)
            what = f"1000 hypervisors, {version}"
            rows.append(Row(what, _shown(alone), "p50 <= 12 ms", "3,091 ms"))
            rows.append(Row("  the same, 16 at once", _shown(crowd), ">= 100/s", "-"))
    with bed.server(database, 5000) as server:
        paged = run(server.port, server.hypervisors("2.104"), 1, seconds)
    rows.append(Row("1000 of 5000 hypervisors, 2.104", _shown(paged), "p50 <= 15 ms", "-"))
    return rows


def servers(database: str, seconds: float) -> list[Row]:
    """10,000 servers on 1,000 hosts, each with its `host_status`."""
    with bed.server(database, 1000) as server:
        uuids = server.add_servers(10_000)
        page = server.get("/servers/detail?limit=1000")
        alone = run(server.port, page, 1, seconds)
        crowd = run(server.port, page, CONNECTIONS, seconds)
        one = run(server.port, server.each([f"/servers/{each}" for each in uuids]), 1, seconds)
        of_hosts = [f"/servers/detail?host={host.name}" for host in server.hosts]
        few = run(server.port, server.each(of_hosts), 1, seconds)
    return [
        Row("1000 of 10000 servers, in detail", _shown(alone), "p50 <= 40 ms", "2,584 ms"),
        Row("  the same, 16 at once", _shown(crowd), ">= 30/s", "0.6/s"),
        Row("one server", _shown(one), "p50 <= 1.5 ms", "23 ms"),
        Row("ten servers of one host, in detail", _shown(few), "p50 <= 3 ms", "70 ms"),
    ]


def zones(database: str, seconds: float) -> list[Row]:
    """1,000 hosts in four availability zones: the zones, the aggregates, and the services again."""
    with bed.server(database, 1000, zones=4) as server:
        detail = run(server.port, server.get("/os-availability-zone/detail"), 1, seconds)
        aggregates = run(server.port, server.get("/os-aggregates"), 1, seconds)
        listing = run(server.port, server.list_services(), 1, seconds)
    return [
        Row("zones with 1000 hosts", _shown(detail), "p50 <= 15 ms", "-"),
        Row("4 aggregates of 250 hosts", _shown(aggregates), "p50 <= 10 ms", "-"),
        Row("list services, 1000 hosts in zones", _shown(listing), "p50 <= 4, p99 <= 10 ms", "-"),
    ]


def force_downs(database: str, seconds: float) -> list[Row]:
    """Force-down alone and with 16 at once; every request is a change."""
    with bed.server(database, 1000) as server:
        alone = run(server.port, server.force_downs(), 1, seconds)
        crowd = run(server.port, server.force_downs(), CONNECTIONS, seconds)
    return [
        Row("force-down", _shown(alone), "p50 <= 1.2 ms + 1 sync", "9 ms"),
        Row("  the same, 16 at once", _shown(crowd), ">= 1,000/s, p99 <= 30 ms", "160/s"),
    ]


def reports(database: str, seconds: float) -> list[Row]:
    """Reports taken in by one core, and a force-down beside 2,000 of them a second."""
    with bed.server(database, 1000, cpu=0, workers=1) as server:
        flood = run(server.port, server.reports(), CONNECTIONS, seconds)
        quiet = run(server.port, server.force_downs(), 1, seconds)
        with bed.reporting(server, rate=2000.0, seconds=seconds + 2):
            busy = run(server.port, server.force_downs(), 1, seconds)
    ratio = busy.percentile_ms(0.5) / quiet.percentile_ms(0.5)
    return [
        Row("reports taken in, one core", _shown(flood), ">= 6,000/s", "-"),
        Row("force-down, one core, quiet", _shown(quiet), "", "-"),
        Row("  beside 2,000 reports/s", f"{_shown(busy)}  x{ratio:.2f}", "<= 2 x", "-"),
    ]


def start(database: str) -> list[Row]:
    """From the process's start to its first answer, and the memory of a worker after a load."""
    firsts, memory = [], 0.0
    for _ in range(5):
        with bed.server(database, 1000) as server:
            firsts.append(server.first_answer_s)
            run(server.port, server.list_services(), CONNECTIONS, 1.0)
            memory = max(memory, server.worker_rss_mb())
    return [
        Row("first answer after start", f"{statistics.median(firsts):.2f} s", "<= 1.5 s", "2.3 s"),
        Row("memory of a worker", f"{memory:.0f} MB", "<= 100 MB", "150-216 MB"),
    ]


def policy_checks() -> list[Row]:
    """Each beside the goal; of processor time, without a server."""
    return [
        Row(f"policy: {what}, by a {role}", f"{cost_us:.1f} µs", "<= 20 µs", "-")
        for what, role, cost_us in policy.checks()
    ]


def token_checks() -> list[Row]:
    """Each beside the goal; of processor time, without a server."""
    return [
        Row(f"token check, cached: {strategy}", f"{cost_us:.1f} µs", "<= 50 µs", "120 µs")
        for strategy, cost_us in tokens.checks()
    ]


def pulse_figures(seconds: float) -> list[Row]:
    """By the load; of the observer's processor time, its sender a process beside it."""
    rows = []
    for hosts, rate, found in pulses.measured(seconds):
        shown = f"{found.cost_us:5.1f} µs a pulse at {found.rate:6.0f}/s, {found.lost} lost"
        if found.unanswered:
            shown += f", {found.unanswered} unanswered"
        goal = "<= 15 µs, 0 lost" if rate == 20_000 else ""
        rows.append(Row(f"pulses of {hosts:,} hosts, {rate:,}/s", shown, goal, "-"))
    return rows


def main() -> int:
    """Measure, printing each row as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, or a SQLAlchemy URL of a server"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of each run")
    parser.add_argument(
        "--only",
        help="lists, hypervisors, zones, force-downs, reports, pulses, start, or checks",
    )
    options = parser.parse_args()
    shown = options.database.split("://")[0]
    print(f"database: {shown}; 2 workers unless said; {options.seconds:g} s a run\n")
    print(f"{'':46}{'measured':58}{'goal':26}Nova 34")
    sync = disk.fdatasync_ms()
    print(f"{'raw 4 KiB write + fdatasync':46}p50 {sync[0]:6.2f} ms  p99 {sync[1]:6.2f} ms")
    database, seconds = options.database, options.seconds
    parts: dict[str, tuple[Callable[[], list[Row]], ...]] = {
        "lists": (lambda: lists(database, 1000, seconds), lambda: lists(database, 5000, seconds)),
        "hypervisors": (lambda: hypervisors(database, seconds),),
        "servers": (lambda: servers(database, seconds),),
        "zones": (lambda: zones(database, seconds),),
        "force-downs": (lambda: force_downs(database, seconds),),
        "reports": (lambda: reports(database, seconds),),
        "pulses": (lambda: pulse_figures(seconds),),
        "start": (lambda: start(database),),
        "checks": (policy_checks, token_checks),
    }
    for part in itertools.chain.from_iterable(
        works for name, works in parts.items() if options.only in (None, name)
    ):
        for row in part():
            print(f"{row.what:46}{row.measured:58}{row.goal:26}{row.nova}", flush=True)
    sync = disk.fdatasync_ms()
    print(f"{'raw 4 KiB write + fdatasync, again':46}p50 {sync[0]:6.2f} ms  p99 {sync[1]:6.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
