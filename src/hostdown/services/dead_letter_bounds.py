"""Dead letters are bounded in number as well: the newest are kept, of each who has them.

Else one tenant whose receiver refuses everything would fill the disk, and hide what operators look
for among them.
"""

import logging
from collections import Counter
from collections.abc import Mapping

from hostdown.domain.deliveries import Channel
from hostdown.services.alarm_allowance import owner_of
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.outbox import BATCH_ROWS_MAX

LOG = logging.getLogger(__name__)

OF_PROJECT_MAX = 1_000
"""Dead letters of one project's alarms; some 2 MB."""
OF_RECEIVER_MAX = 10_000
"""Dead letters of one receiver of operators'."""
MOST: Mapping[Channel, int] = {
    Channel.ALARM: OF_PROJECT_MAX,
    Channel.WEBHOOK: OF_RECEIVER_MAX,
    Channel.BUS: OF_RECEIVER_MAX,
}


def trim(directory: Directory) -> None:
    """Drop what is beyond, the oldest; raises DirectoryUnavailable, StorageFull."""
    counts: Counter[tuple[Channel, str]] = Counter()
    for (channel, receiver), count in directory.read(
        lambda rows: rows.dead_letters.counts_of_receivers()
    ).items():
        counts[channel, owner_of(receiver) if channel is Channel.ALARM else receiver] += count
    for (channel, whose), count in counts.items():
        if count > MOST[channel]:
            _trim(directory, channel, whose, count - MOST[channel])


def _trim(directory: Directory, channel: Channel, whose: str, beyond: int) -> None:
    # The names of a project's receivers begin with it and a space, after which "!" comes next.
    first, last = (f"{whose} ", f"{whose}!") if channel is Channel.ALARM else (whose, whose)

    def work(rows: DirectoryRows) -> int:
        most = min(beyond - dropped, BATCH_ROWS_MAX)
        return rows.dead_letters.drop_first(channel, first, last, most)

    dropped = 0
    while dropped < beyond and (count := directory.write(work)):
        dropped += count
    LOG.warning(
        "%d dead letters of %s by %s were dropped, the oldest: no more than %d are kept",
        dropped,
        whose,
        channel,
        MOST[channel],
    )
