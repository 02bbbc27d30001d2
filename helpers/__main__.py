"""``python -m helpers report PATH`` and ``python -m helpers scan PATH``; each has a ``--help``."""

import sys

from helpers.report.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
