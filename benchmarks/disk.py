"""What one durable write costs on this disk right now: the yardstick of every durable figure."""

import os
import tempfile
import time

TIMES = 200


def fdatasync_ms() -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds, of a 4 KiB overwrite and its fdatasync."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(4096))
        os.fsync(file.fileno())
        took = []
        for _ in range(TIMES):
            start = time.perf_counter()
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1e3)
    took.sort()
    return took[TIMES // 2], took[int(TIMES * 0.99)]
