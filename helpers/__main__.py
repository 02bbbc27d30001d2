"""``python -m helpers report PATH``, ``scan PATH``, ``dashboard PATH``; each has a ``--help``."""

import sys

from helpers.dashboard.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
