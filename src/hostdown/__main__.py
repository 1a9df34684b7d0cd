"""`python -m hostdown`, and the `hostdown` script."""

import sys

from hostdown.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
