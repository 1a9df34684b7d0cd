"""`python -m tools.nova`: a Nova to try things with, until it is interrupted."""

import shlex
import signal
import sys
import tempfile
from pathlib import Path

from tools.nova import Nova


def main() -> None:
    """Start it, print what the stock clients read, and stay."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="nova-") as directory,
        Nova(Path(directory) / "nova") as nova,
    ):
        for name, value in sorted(nova.environ.items()):
            print(f"export {name}={shlex.quote(value)}")
        print(f"# Logs: {nova.directory}; end it with Ctrl-C", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            sys.stderr.write("Ending it …\n")


if __name__ == "__main__":
    main()
