"""``python -m helpers report PATH``, ``scan PATH``, ``dashboard PATH``; each has a ``--help``."""

import os
import sys

if not sys.stderr.isatty():  # a file keeps every line: tqdm reads this where it is first imported
    os.environ.setdefault("TQDM_MININTERVAL", "15")

from helpers.dashboard.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
